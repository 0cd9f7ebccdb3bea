"""Decides whether a webhook delivery is authentic."""

from ._errors import ConfigError, Rejected
from ._native import Rejection, Secret, Verified, Verifier, __version__

__all__ = ["ConfigError", "Rejected", "Rejection", "Secret", "Verified", "Verifier", "__version__"]

"""Decides whether a webhook delivery is authentic.

    from countersign_webhooks import Verifier

    verifier = Verifier.preset("github", "It's a Secret to Everybody")
    verifier.verify(request.headers, request.body)

`verify` returns for an authentic delivery and raises `Rejected` for any other. The README describes the rest.
"""

from ._errors import ConfigError, Rejected, Replayed
from ._native import (
    Codes,
    DeliveryId,
    Explanation,
    Handshake,
    Rejection,
    ReplayMemory,
    Secret,
    Signer,
    Stream,
    Ticket,
    Verified,
    Verifier,
    __version__,
    presets,
)
from ._types import Algorithm, Delivery, Encoding, Headers, Verdict

__all__ = [
    "Algorithm",
    "Codes",
    "ConfigError",
    "Delivery",
    "DeliveryId",
    "Encoding",
    "Explanation",
    "Handshake",
    "Headers",
    "Rejected",
    "Rejection",
    "ReplayMemory",
    "Replayed",
    "Secret",
    "Signer",
    "Stream",
    "Ticket",
    "Verdict",
    "Verified",
    "Verifier",
    "__version__",
    "presets",
]

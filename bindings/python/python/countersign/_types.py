"""Types that need no Rust."""

from __future__ import annotations

from collections.abc import Buffer, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeAlias

from ._native import Rejection, Verified

Verdict: TypeAlias = Verified | Rejection
"""What a batch says of a delivery. True in a condition if the delivery is authentic."""


class Delivery(NamedTuple):
    """One HTTP request as it was received, for `Verifier.verify_deliveries`. A plain tuple in this order does as well."""

    headers: object
    """Any of the shapes that `Verifier.verify` takes."""

    body: object
    """The raw body."""

    method: str = ""
    """The request method, for schemes that sign it."""

    url: str = ""
    """The URL as the sender called it, for schemes that sign it."""

    now: float | datetime | None = None
    """When it was received; `None` is the present moment."""

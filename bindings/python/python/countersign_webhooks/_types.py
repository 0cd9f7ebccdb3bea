"""Types that need no Rust."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from ._native import Rejection, Verified

Verdict: TypeAlias = Verified | Rejection
"""What a batch says of a delivery: true in a condition if it is authentic."""


class Delivery(NamedTuple):
    """One HTTP request as it was received, for `Verifier.verify_deliveries`. A plain tuple in this order does as well."""

    headers: Any
    """Any of the shapes that `Verifier.verify` takes."""

    body: Any
    """The raw body, as bytes."""

    method: str | None = None
    """The request method, for senders that sign it."""

    url: str | None = None
    """The URL as the sender called it, for senders that sign it."""

    now: float | datetime | None = None
    """When it was received: seconds since 1970, or a `datetime` with a time zone. `None` is the present moment."""

"""Types that need no Rust."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from ._native import Rejection, Verified

Verdict: TypeAlias = Verified | Rejection
"""The verdict on a delivery of a batch: true in a condition if it is authentic."""


class Delivery(NamedTuple):
    """One HTTP request as it was received, for `Verifier.verify_deliveries`. A plain tuple in this order is accepted as
    well.
    """

    headers: Any
    """In any form that `Verifier.verify` accepts."""

    body: Any
    """The raw body, as bytes."""

    method: str | None = None
    """The request method, for senders that sign it."""

    url: str | None = None
    """The URL that the sender called, for senders that sign it."""

    now: float | datetime | None = None
    """When it was received: seconds since 1970, or a `datetime` with a time zone. `None` is the current time."""

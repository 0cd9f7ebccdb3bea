"""Types that need no Rust."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from ._native import Rejection, Verified

Algorithm: TypeAlias = Literal["SHA_256", "SHA_512", "SHA_384", "SHA_224", "SHA_1", "MD5", "INFER_FROM_HEADER"]
"""The name of an algorithm, or of the way to infer it."""

Encoding: TypeAlias = Literal["BASE64", "HEXA_DECIMAL", "BASE64_URL"]
"""The encoding of a signature."""

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

    def __repr__(self) -> str:
        """Shows neither headers nor URL, which may contain a token, nor the body."""
        body = "" if not hasattr(self.body, "__len__") else f", body of {len(self.body)}"
        return f"Delivery(method={self.method!r}, now={self.now!r}{body}, …)"

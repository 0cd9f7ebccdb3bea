"""Types that need no Rust."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from ._native import Rejection, Verified

Algorithm: TypeAlias = Literal["SHA_256", "SHA_512", "SHA_384", "SHA_224", "SHA_1", "MD5", "INFER_FROM_HEADER"]
"""The name of an algorithm, or of the way to infer it."""

Encoding: TypeAlias = Literal["BASE64", "HEXA_DECIMAL", "BASE64_URL"]
"""The encoding of a signature."""

Verdict: TypeAlias = Verified | Rejection
"""The verdict on a delivery of a batch: true in a condition if it is authentic."""


class _HasItems(Protocol):
    def items(self) -> Iterable[tuple[Any, Any]]: ...


Headers: TypeAlias = Mapping[Any, Any] | _HasItems | Iterable[tuple[Any, Any] | list[Any]]
"""The headers of a delivery, in any form in which Python's servers and frameworks hold them:

- a mapping of names to values: a `dict`, or the `headers` of a request in Starlette, FastAPI, Django, aiohttp, httpx or
  requests;
- an object with `items()`: the `headers` of a request in Flask and werkzeug, `email.message.Message`, and with it the headers
  of `http.server`;
- pairs of a name and a value, as tuples or lists: `scope["headers"]` of ASGI, `request.raw_headers` of aiohttp;
- a WSGI environ or Django's `META`: a `dict` with `REQUEST_METHOD`, of which the keys `HTTP_…`, `CONTENT_TYPE` and
  `CONTENT_LENGTH` are read.

Names and values are `str` or `bytes`. A `list` as value is one line for each item.
"""


class Delivery(NamedTuple):
    """One HTTP request as it was received, for `Verifier.verify_deliveries`. A plain tuple in this order is accepted as
    well.
    """

    headers: Headers
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

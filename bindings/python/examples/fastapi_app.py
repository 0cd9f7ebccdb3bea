"""A FastAPI application that takes webhooks: a dependency verifies the raw body.

    read -rs WEBHOOK_SECRET && export WEBHOOK_SECRET
    uvicorn fastapi_app:app

Take the body from that dependency, as `webhook` does, and parse it there. Never declare a body model (or `Body`, `Form`, `File`) in
such a route: FastAPI then reads and parses the whole body, of any size, before it calls the dependency. Anyone would get an answer
about its content, 422, without a signature.

WEBHOOK_PRESET names another sender than github. One that signs the URL needs WEBHOOK_ORIGIN, such as https://hooks.example.com,
and WEBHOOK_QUERY if the URL that you gave it has a query, such as token=7 for https://hooks.example.com/webhook?token=7.

What has no such dependency is not verified: every other route, and WebSockets, of which nothing is signed. `starlette_app.py`
verifies all. In Starlette the same works without `Depends`: `async with asynccontextmanager(authentic)(request) as body`.

The budget of bodies belongs to one process. In front of it belongs a proxy that limits the time of a head, idle TCP connections and
their number: uvicorn limits no time of a head, and its `--limit-concurrency` counts idle connections too.
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import quote

import anyio
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.requests import ClientDisconnect

from countersign_webhooks import Handshake, Rejected, Verifier

# GitHub sends up to 25 MB.
LARGEST_BODY = 25 * 1024 * 1024
SECONDS_FOR_A_BODY = 30
# Of a body that stands still.
SECONDS_FOR_MORE = 5
# The bytes of all bodies that are in memory together, without the first SMALL of each: anyone can send large ones, many at once,
# and they must not keep out events of that size. Allow the process three times as much.
BUDGET = 10 * LARGEST_BODY
SMALL = 64 * 1024
ORIGIN = os.environ.get("WEBHOOK_ORIGIN", "").rstrip("/")
# The query of the URL that the sender was given.
QUERY = os.environ.get("WEBHOOK_QUERY", "")

app = FastAPI()
verifier = Verifier.preset(os.environ.get("WEBHOOK_PRESET", "github"), os.environ["WEBHOOK_SECRET"])
if verifier.signs_url and not ORIGIN:
    raise ValueError("this sender signs the URL: say by which origin it knows us, with WEBHOOK_ORIGIN=https://hooks.example.com")
log = logging.getLogger("webhooks")


class Answered(Exception):
    """The request is a handshake, for which some senders wait before they send events. It is answered and not handed on."""

    def __init__(self, handshake: Handshake) -> None:
        super().__init__()
        self.handshake = handshake


def called_url(request: Request) -> str:
    """The URL that the sender called. Its origin is configured: the Host header says whatever a sender writes there. Without
    one it is path and query, which is enough for a sender that does not sign the URL.

    Under one signature, the end of a signed query can be moved into the body, and back. So a URL with another query than the
    sender was given is empty, which no signature fits.
    """
    path = (request.scope.get("raw_path") or quote(request.scope["path"]).encode()).decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    if verifier.signs_url and query != QUERY:
        return ""
    return f"{ORIGIN}{path}?{query}" if query else ORIGIN + path


class Bodies:
    """Reads raw bodies within the limits of size, time and memory."""

    def __init__(self) -> None:
        self.held = 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """The whole body. It counts until the block ends, so end it with the answer."""
        body, counted = bytearray(), 0
        end = anyio.current_time() + SECONDS_FOR_A_BODY
        try:
            try:
                with anyio.fail_after(min(SECONDS_FOR_MORE, SECONDS_FOR_A_BODY)) as time:
                    async for chunk in request.stream():
                        time.deadline = min(end, anyio.current_time() + SECONDS_FOR_MORE)
                        more = max(len(body) + len(chunk) - SMALL - counted, 0)
                        if len(body) + len(chunk) > LARGEST_BODY:
                            raise HTTPException(413, "too large")
                        if self.held + more > BUDGET:
                            # A sender that does not try again, as GitHub does not, loses this event.
                            raise HTTPException(503, "try again later", {"Retry-After": "1"})
                        self.held, counted = self.held + more, counted + more
                        body += chunk
            except TimeoutError:
                raise HTTPException(408, "too slow") from None
            except ClientDisconnect:
                # Nobody reads this, and it is no error of ours.
                raise HTTPException(400, "the body is not whole") from None
            # Not both of them while the event is handled.
            whole = bytes(body)
            body.clear()
            yield whole
        finally:
            self.held -= counted


bodies = Bodies()


async def authentic(request: Request) -> AsyncIterator[bytes]:
    """The raw body of a delivery that is authentic."""
    async with bodies.read(request) as body:
        url = called_url(request)
        handshake = verifier.handshake(request.headers, body, method=request.method, url=url)
        # Where the sender chooses the secret, only the service can say whether it expects one.
        if handshake and handshake.secret is None:
            raise Answered(handshake)
        try:
            verifier.verify(request.headers, body, method=request.method, url=url)
        except Rejected as rejected:
            # The reason is for the log. To the sender every rejection looks the same.
            log.warning("delivery rejected: %s (%d)", rejected.reason, rejected.code)
            raise HTTPException(401, "not accepted") from None
        yield body


@app.exception_handler(HTTPException)
async def plain(request: Request, error: HTTPException) -> PlainTextResponse:
    return PlainTextResponse(error.detail, error.status_code, error.headers)


@app.exception_handler(Answered)
async def answer(request: Request, answered: Answered) -> Response:
    handshake = answered.handshake
    return Response(handshake.body, handshake.status, dict(handshake.headers))


@app.get("/webhook")
@app.head("/webhook")
async def only_handshakes(body: Annotated[bytes, Depends(authentic)]) -> None:
    """Handshakes come with these methods too, and events never."""
    raise HTTPException(405, "only POST")


@app.post("/webhook")
async def webhook(body: Annotated[bytes, Depends(authentic)]) -> PlainTextResponse:
    # A model of Pydantic is made of it here: `Event.model_validate_json(body)`.
    return PlainTextResponse(f"{len(body)} bytes")

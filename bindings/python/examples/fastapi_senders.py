"""A FastAPI application for several senders, which handles each message once: /webhook/github, /webhook/stripe and so on.

    read -rs WEBHOOK_SENDERS && export WEBHOOK_SENDERS   # paste one line: {"github": "SECRET", "stripe": "whsec_…"}
    uvicorn fastapi_senders:app

A sender that signs the body alone and gives no id is not for this application: of two events with the same body, the second is
answered as seen before, and lost. `PRESETS.md` says what each sender signs, and where its id is.

Whether a message was handled says the status of the answer, which a dependency does not learn. So a route class stands around the
endpoints. What has another route class is not verified, and neither are WebSockets, of which nothing is signed.

The memory of messages belongs to one process. For several workers, keep the 32 bytes of `message` in a table that they share.
WEBHOOK_ORIGIN, such as https://hooks.example.com, is needed for senders that sign the URL. Give them a URL without a query: its end
could be moved into the body, and back, under the same signature, so a query is refused, except the one that Twilio adds.

The budget of bodies belongs to one process too. In front of it belongs a proxy that limits the time of a head, idle TCP connections
and their number: uvicorn limits no time of a head, and its `--limit-concurrency` counts idle connections too.
"""

import hashlib
import json
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import anyio
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.types import Message

from countersign_webhooks import ConfigError, Rejected, Replayed, ReplayMemory, Verifier

LARGEST_BODY = 25 * 1024 * 1024  # GitHub sends up to 25 MB, and does not repeat what is refused
SECONDS_FOR_A_BODY = 30
# Of a body that stands still.
SECONDS_FOR_MORE = 5
# The bytes of all bodies that are in memory together, without the first SMALL of each: anyone can send large ones, many at once,
# and they must not keep out events of that size. Allow the process three times as much.
BUDGET = 10 * LARGEST_BODY
SMALL = 64 * 1024
# Seconds for which a sender may repeat a message: longer than Stripe tries, which is three days.
REPEATS = 4 * 24 * 3600
ORIGIN = os.environ.get("WEBHOOK_ORIGIN", "").rstrip("/")

log = logging.getLogger("webhooks")


class Sender:
    """A sender, and its messages that were accepted: two senders may use the same ids."""

    def __init__(self, name: str, secret: str) -> None:
        self.name = name
        try:
            self.verifier = Verifier.preset(name, secret)
            # A token has none: this application is for senders that sign.
            self.window = self.verifier.replay_window(REPEATS)
        except ConfigError as error:
            # A name that is no preset's could be a secret, if the two were swapped.
            if error.reason not in ("empty_secret", "malformed_secret", "unsupported"):
                raise
            raise ValueError(f"WEBHOOK_SENDERS: {name}: {error}") from None
        if self.verifier.signs_url and not ORIGIN:
            raise ValueError(f"{name} signs the URL: say by which origin it knows us, with WEBHOOK_ORIGIN=https://hooks.example.com")
        self.memory = ReplayMemory(100_000)

    def takes_query(self, query: str, content_type: str) -> bool:
        """Whether the URL that was called may have this query. A sender that signs the URL was given it without one. Twilio adds the
        hash of a body that is no form, and a form with that parameter is refused: its end could be moved into the query, and back.
        """
        if not self.verifier.signs_url or not query:
            return True
        is_form = content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"
        return self.name == "twilio" and not is_form and re.fullmatch("bodySHA256=[0-9a-f]{64}", query) is not None

    def message(self, request: Request, body: bytes, url: str) -> bytes:
        """What identifies the message of an authentic delivery: its id, if the sender signs it, since a repetition may be
        signed anew. Otherwise all that is signed. Only where that is the body alone, the id that is not signed counts too: two
        events may have the same body (Shopify's of two topics), and the second would be lost. But then whoever has recorded
        a delivery can have it handled again with another id.
        """
        found = self.verifier.delivery_id(request.headers, body, url=url)
        # An id is the sender's text, which could turn the direction of writing in the log, so it is written with escapes.
        log.info("%s: delivery %s", self.name, ascii(found.text) if found else "without an id")
        if found and found.is_signed:
            return hashlib.sha256(found.text.encode()).digest()
        identity = self.verifier.identify(request.headers, body, method=request.method, url=url)
        if found and self.verifier.signs_body_alone:
            return hashlib.sha256(identity + found.text.encode()).digest()
        return identity


senders = {name: Sender(name, secret) for name, secret in json.loads(os.environ["WEBHOOK_SENDERS"]).items()}


def called_url(request: Request) -> str:
    """The URL that the sender called. Its origin is configured: the Host header says whatever a sender writes there. Without
    one it is path and query, which is enough for a sender that does not sign the URL.
    """
    path = (request.scope.get("raw_path") or quote(request.scope["path"]).encode()).decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
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


def with_body(request: Request, body: bytes) -> Request:
    """The request, to be read once more."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def again() -> Message:
        # Once the body is read, what comes is the word that the client has gone.
        return next(messages, None) or await request.receive()

    return Request(request.scope, again)


class Once(APIRoute):
    """Calls the endpoint for deliveries that are authentic and whose message was not handled yet. A message is handled if the
    status of the answer is a success; otherwise the sender's next attempt is accepted.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            sender = senders.get(request.path_params["sender"])
            if sender is None:
                raise HTTPException(404, "not found")
            async with bodies.read(request) as body:
                return await once(sender, request, body)

        async def once(sender: Sender, request: Request, body: bytes) -> Response:
            url = called_url(request)
            if not sender.takes_query(request.scope["query_string"].decode("latin-1"), request.headers.get("Content-Type", "")):
                url = ""  # which no signature fits
            handshake = sender.verifier.handshake(request.headers, body, method=request.method, url=url)
            # Where the sender chooses the secret, only the service can say whether it expects one.
            if handshake and handshake.secret is None:
                return Response(handshake.body, handshake.status, dict(handshake.headers))
            try:
                sender.verifier.verify(request.headers, body, method=request.method, url=url)
                ticket = sender.memory.take(sender.message(request, body, url), window=sender.window)
            except Replayed as replayed:
                # 409 makes the sender try again: the first delivery of this message is not handled yet.
                return PlainTextResponse("seen before", 200 if replayed.handled else 409)
            except Rejected as rejected:
                # The reason is for the log. To the sender every rejection looks the same.
                log.warning("%s: delivery rejected: %s (%d)", sender.name, rejected.reason, rejected.code)
                return PlainTextResponse("not accepted", 401)
            # An exception forgets the message; an error that is returned leaves the block as success does.
            with ticket:
                response = await endpoint(with_body(request, body))
                if response.status_code >= 300:
                    sender.memory.forget(ticket)
                return response

        return guarded


async def handle(sender: str, body: bytes) -> tuple[str, int]:
    """What is done with a message: text and status of the answer."""
    return f"{len(body)} bytes", 200


app = FastAPI()
router = APIRouter(route_class=Once)


@app.exception_handler(HTTPException)
async def plain(request: Request, error: HTTPException) -> PlainTextResponse:
    return PlainTextResponse(error.detail, error.status_code, error.headers)


@router.get("/webhook/{sender}")
@router.head("/webhook/{sender}")
async def only_handshakes(sender: str) -> None:
    """Handshakes come with these methods too, and events never."""
    raise HTTPException(405, "only POST")


@router.post("/webhook/{sender}")
async def webhook(sender: str, request: Request) -> PlainTextResponse:
    return PlainTextResponse(*await handle(sender, await request.body()))


app.include_router(router)

"""A Starlette application whose middleware verifies every request to it. It is plain ASGI, so it fits other frameworks too.

    read -rs WEBHOOK_SECRET && export WEBHOOK_SECRET
    uvicorn starlette_app:app

WEBHOOK_PRESET names another sender than github. One that signs the URL needs WEBHOOK_ORIGIN, such as https://hooks.example.com,
and WEBHOOK_QUERY if the URL that you gave it has a query, such as token=7 for https://hooks.example.com/webhook?token=7.

The budget of bodies belongs to one process. In front of it belongs a proxy that limits the time of a head, idle TCP connections and
their number: uvicorn limits no time of a head, and its `--limit-concurrency` counts idle connections too.
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from countersign_webhooks import Rejected, Verifier

# GitHub sends up to 25 MB.
LARGEST_BODY = 25 * 1024 * 1024
SECONDS_FOR_A_BODY = 30
# Of a body that stands still.
SECONDS_FOR_MORE = 5
# The bytes of all bodies that are in memory together, without the first SMALL of each: anyone can send large ones, many at once,
# and they must not keep out events of that size. Allow the process three times as much.
BUDGET = 10 * LARGEST_BODY
SMALL = 64 * 1024

log = logging.getLogger("webhooks")


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


class AuthenticOnly:
    """Hands on what is authentic, with its body, and answers the rest: handshakes, for which some senders wait before they
    send events, and what it rejects.
    """

    def __init__(self, app: ASGIApp, verifier: Verifier, origin: str = "", query: str = "") -> None:
        """`query` is that of the URL which the sender was given; it matters if the sender signs the URL."""
        if verifier.signs_url and not origin:
            raise ValueError("this sender signs the URL: say by which origin it knows us, such as https://hooks.example.com")
        self.app = app
        self.verifier = verifier
        self.origin = origin.rstrip("/")
        self.query = query

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            # The start and the end of the application, of which no sender knows.
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            # Nothing of it is signed. Closed before it is accepted, it is answered with 403.
            await receive()
            return await send({"type": "websocket.close", "code": 1008, "reason": "not accepted"})
        if scope["type"] != "http":
            raise ValueError(f"nothing is known of how to verify {scope['type']!r}")
        request, is_read = Request(scope, receive), False
        try:
            async with bodies.read(request) as body:
                is_read = True
                await self.verified(request, body, receive, send)
        except HTTPException as error:
            if is_read:
                raise  # of the application
            await PlainTextResponse(error.detail, error.status_code, error.headers)(scope, receive, send)

    async def verified(self, request: Request, body: bytes, receive: Receive, send: Send) -> None:
        """Answers a request whose body is there."""
        scope = request.scope
        url = self.called_url(scope)
        handshake = self.verifier.handshake(scope["headers"], body, method=request.method, url=url)
        # Where the sender chooses the secret, only the service can say whether it expects one.
        if handshake and handshake.secret is None:
            return await Response(handshake.body, handshake.status, dict(handshake.headers))(scope, receive, send)
        try:
            self.verifier.verify(scope["headers"], body, method=request.method, url=url)
        except Rejected as rejected:
            # The reason is for the log. To the sender every rejection looks the same.
            log.warning("delivery rejected: %s (%d)", rejected.reason, rejected.code)
            return await PlainTextResponse("not accepted", 401)(scope, receive, send)
        whole = {"type": "http.request", "body": body, "more_body": False}
        messages = iter([whole])

        async def again() -> Message:
            # Once the body is read, what comes is the word that the client has gone.
            return next(messages, None) or await receive()

        await self.app(scope, again, send)

    def called_url(self, scope: Scope) -> str:
        """The URL that the sender called. Its origin is configured: the Host header says whatever a sender writes there.
        Without one it is path and query, which is enough for a sender that does not sign the URL.

        Under one signature, the end of a signed query can be moved into the body, and back. So a URL with another query than
        the sender was given is empty, which no signature fits.
        """
        path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        if self.verifier.signs_url and query != self.query:
            return ""
        return f"{self.origin}{path}?{query}" if query else self.origin + path


async def webhook(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(await request.body())} bytes")


verifier = Verifier.preset(os.environ.get("WEBHOOK_PRESET", "github"), os.environ["WEBHOOK_SECRET"])
routes = [Route("/webhook", webhook, methods=["POST"])]
origin, query = (os.environ.get(name, "") for name in ("WEBHOOK_ORIGIN", "WEBHOOK_QUERY"))
app = AuthenticOnly(Starlette(routes=routes), verifier, origin, query)

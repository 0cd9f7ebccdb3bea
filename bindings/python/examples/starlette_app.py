"""A Starlette application whose middleware verifies every request to it. It is plain ASGI, so it fits other frameworks too.

    WEBHOOK_SECRET=… uvicorn starlette_app:app
"""

import logging
import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from countersign_webhooks import Rejected, Verifier

LARGEST_BODY = 1024 * 1024

log = logging.getLogger("webhooks")


class AuthenticOnly:
    """Hands on what is authentic, with its body, and answers the rest."""

    def __init__(self, app: ASGIApp, verifier: Verifier) -> None:
        self.app = app
        self.verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope, receive)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                return await PlainTextResponse("too large", 413)(scope, receive, send)
        try:
            self.verifier.verify(scope["headers"], body, method=request.method, url=str(request.url))
        except Rejected as rejected:
            # The reason is for the log. To the sender every rejection looks the same.
            log.warning("delivery rejected: %s (%d)", rejected.reason, rejected.code)
            return await PlainTextResponse("not authentic", 401)(scope, receive, send)
        whole = {"type": "http.request", "body": bytes(body), "more_body": False}
        messages = iter([whole])

        async def again():
            # Once the body is read, what comes is the word that the client has gone.
            return next(messages, None) or await receive()

        await self.app(scope, again, send)


async def webhook(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(await request.body())} bytes")


verifier = Verifier.preset("github", os.environ["WEBHOOK_SECRET"])
app = AuthenticOnly(Starlette(routes=[Route("/webhook", webhook, methods=["POST"])]), verifier)

"""A FastAPI application that takes webhooks: a dependency verifies the raw body before anything parses it.

    WEBHOOK_SECRET=… uvicorn fastapi_app:app

WEBHOOK_PRESET names another sender than github. One that signs the URL needs WEBHOOK_ORIGIN, such as https://hooks.example.com.

What has no such dependency is not verified: every other route, and WebSockets, of which nothing is signed. `starlette_app.py`
verifies all. In Starlette the same works without `Depends`: call `authentic(request)` in the endpoint.
"""

import logging
import os
from typing import Annotated
from urllib.parse import quote

import anyio
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse

from countersign_webhooks import Rejected, Verifier

LARGEST_BODY = 1024 * 1024
SECONDS_FOR_A_BODY = 30
ORIGIN = os.environ.get("WEBHOOK_ORIGIN", "").rstrip("/")

app = FastAPI()
verifier = Verifier.preset(os.environ.get("WEBHOOK_PRESET", "github"), os.environ["WEBHOOK_SECRET"])
if verifier.signs_url and not ORIGIN:
    raise ValueError("this sender signs the URL: say by which origin it knows us, with WEBHOOK_ORIGIN=https://hooks.example.com")
log = logging.getLogger("webhooks")


def called_url(request: Request) -> str | None:
    """The URL that the sender called. Its origin is configured: the Host header says whatever a sender writes there."""
    if not ORIGIN:
        return None
    path = (request.scope.get("raw_path") or quote(request.scope["path"]).encode()).decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    return f"{ORIGIN}{path}?{query}" if query else ORIGIN + path


async def authentic(request: Request) -> bytes:
    """The raw body of a delivery that is authentic."""
    body = bytearray()
    try:
        with anyio.fail_after(SECONDS_FOR_A_BODY):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise HTTPException(413, "too large")
    except TimeoutError:
        raise HTTPException(408, "too slow") from None
    try:
        verifier.verify(request.headers, body, method=request.method, url=called_url(request))
    except Rejected as rejected:
        # The reason is for the log. To the sender every rejection looks the same.
        log.warning("delivery rejected: %s (%d)", rejected.reason, rejected.code)
        raise HTTPException(401, "not accepted") from None
    return bytes(body)


@app.exception_handler(HTTPException)
async def plain(request: Request, error: HTTPException) -> PlainTextResponse:
    return PlainTextResponse(error.detail, error.status_code)


@app.post("/webhook")
async def webhook(body: Annotated[bytes, Depends(authentic)]) -> PlainTextResponse:
    return PlainTextResponse(f"{len(body)} bytes")

"""A FastAPI application that takes webhooks: a dependency verifies the raw body before anything parses it.

    WEBHOOK_SECRET=… uvicorn fastapi_app:app

In Starlette the same works without `Depends`: call `authentic(request)` in the endpoint.
"""

import logging
import os
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse

from countersign_webhooks import Rejected, Verifier

LARGEST_BODY = 1024 * 1024

app = FastAPI()
verifier = Verifier.preset("github", os.environ["WEBHOOK_SECRET"])
log = logging.getLogger("webhooks")


async def authentic(request: Request) -> bytes:
    """The raw body of a delivery that is authentic."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413, "too large")
    try:
        verifier.verify(request.headers, body, method=request.method, url=str(request.url))
    except Rejected as rejected:
        # The reason is for the log. To the sender every rejection looks the same.
        log.warning("delivery rejected: %s (%d)", rejected.reason, rejected.code)
        raise HTTPException(401, "not authentic") from None
    return bytes(body)


@app.exception_handler(HTTPException)
async def plain(request: Request, error: HTTPException) -> PlainTextResponse:
    return PlainTextResponse(error.detail, error.status_code)


@app.post("/webhook")
async def webhook(body: Annotated[bytes, Depends(authentic)]) -> PlainTextResponse:
    return PlainTextResponse(f"{len(body)} bytes")

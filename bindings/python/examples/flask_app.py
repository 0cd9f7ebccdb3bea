"""A Flask application that takes webhooks: a decorator verifies the raw body before anything parses it.

    WEBHOOK_SECRET=… flask --app flask_app run
"""

import functools
import os

from flask import Flask, Response, request

from countersign_webhooks import Rejected, Verifier

app = Flask(__name__)
# Flask answers 413 for what is larger.
app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
verifier = Verifier.preset("github", os.environ["WEBHOOK_SECRET"])


def authentic_only(view):
    """Calls `view` for deliveries that are authentic."""

    @functools.wraps(view)
    def guarded(*args, **kwargs):
        try:
            verifier.verify(request.headers, request.get_data(), method=request.method, url=request.url)
        except Rejected as rejected:
            # The reason is for the log. To the sender every rejection looks the same.
            app.logger.warning("delivery rejected: %s (%d)", rejected.reason, rejected.code)
            return Response("not authentic", 401)
        return view(*args, **kwargs)

    return guarded


@app.errorhandler(413)
def too_large(error):
    return Response("too large", 413)


@app.post("/webhook")
@authentic_only
def webhook():
    return f"{len(request.get_data())} bytes"

"""A Flask application that takes webhooks: a decorator verifies the raw body before anything parses it.

    read -rs WEBHOOK_SECRET && export WEBHOOK_SECRET
    flask --app flask_app run

WEBHOOK_PRESET names another sender than github. One that signs the URL needs WEBHOOK_ORIGIN, such as https://hooks.example.com,
and WEBHOOK_QUERY if the URL that you gave it has a query, such as token=7 for https://hooks.example.com/webhook?token=7.
How long a body may take to arrive is for the server to limit.
"""

import functools
import os

from flask import Flask, Response, abort, request

from countersign_webhooks import Rejected, Verifier

app = Flask(__name__)
# GitHub sends up to 25 MB.
LARGEST_BODY = 25 * 1024 * 1024
# One byte more: of a body in chunks, Werkzeug cuts off what is beyond, without an error.
app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY + 1
ORIGIN = os.environ.get("WEBHOOK_ORIGIN", "").rstrip("/")
# The query of the URL that the sender was given.
QUERY = os.environ.get("WEBHOOK_QUERY", "")
verifier = Verifier.preset(os.environ.get("WEBHOOK_PRESET", "github"), os.environ["WEBHOOK_SECRET"])
if verifier.signs_url and not ORIGIN:
    raise ValueError("this sender signs the URL: say by which origin it knows us, with WEBHOOK_ORIGIN=https://hooks.example.com")


def called_url():
    """The URL that the sender called. Its origin is configured: the Host header says whatever a sender writes there. Without
    one it is path and query, which is enough for a sender that does not sign the URL.

    Under one signature, the end of a signed query can be moved into the body, and back. So a URL with another query than the
    sender was given is empty, which no signature fits.
    """
    # As it came, where the server tells that.
    raw = (request.environ.get(name, "") for name in ("RAW_URI", "REQUEST_URI"))
    target = next((uri for uri in raw if uri.startswith("/")), request.full_path)
    path, _, query = target.partition("?")
    if verifier.signs_url and query != QUERY:
        return ""
    return f"{ORIGIN}{path}?{query}" if query else ORIGIN + path


def raw_body():
    """The body as it came."""
    body = request.get_data()
    if len(body) > LARGEST_BODY:
        abort(413)
    if not body and request.headers.get("Transfer-Encoding") and not request.environ.get("wsgi.input_terminated"):
        # Of a body in chunks, such a server hands on nothing.
        abort(411)
    return body


def authentic_only(view):
    """Calls `view` for deliveries that are authentic, and answers handshakes, for which some senders wait before they send
    events.
    """

    @functools.wraps(view)
    def guarded(*args, **kwargs):
        body, url = raw_body(), called_url()
        handshake = verifier.handshake(request.headers, body, method=request.method, url=url)
        # Where the sender chooses the secret, only the service can say whether it expects one.
        if handshake and handshake.secret is None:
            return Response(handshake.body, handshake.status, handshake.headers)
        try:
            verifier.verify(request.headers, body, method=request.method, url=url)
        except Rejected as rejected:
            # The reason is for the log. To the sender every rejection looks the same.
            app.logger.warning("delivery rejected: %s (%d)", rejected.reason, rejected.code)
            return Response("not accepted", 401)
        return view(*args, **kwargs)

    return guarded


@app.errorhandler(413)
def too_large(error):
    return Response("too large", 413)


@app.errorhandler(411)
def without_length(error):
    return Response("give Content-Length", 411)


@app.get("/webhook")
@authentic_only
def only_handshakes():
    """Handshakes come with GET and HEAD too, and events never."""
    return Response("only POST", 405)


@app.post("/webhook")
@authentic_only
def webhook():
    return f"{len(request.get_data())} bytes"

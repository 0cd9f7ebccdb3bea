"""A Flask application for several senders, which handles each message once: /webhook/github, /webhook/stripe and so on.

    read -rs WEBHOOK_SENDERS && export WEBHOOK_SENDERS   # paste one line: {"github": "SECRET", "stripe": "whsec_…"}
    flask --app flask_senders run

A sender that signs the body alone and gives no id is not for this application: of two events with the same body, the second is
answered as seen before, and lost. `PRESETS.md` says what each sender signs, and where its id is.

The memory of messages belongs to one process. For several workers, keep the 32 bytes of `message` in a table that they share.
WEBHOOK_ORIGIN, such as https://hooks.example.com, is needed for senders that sign the URL. Give them a URL without a query: its end
could be moved into the body, and back, under the same signature, so a query is refused, except the one that Twilio adds. How long a
body may take to arrive is for the server to limit, and how many there are at once: each takes up to LARGEST_BODY. Put a proxy in
front that takes in bodies before it calls the application, or ten slow uploads keep everybody out.
"""

import functools
import hashlib
import json
import os
import re

from flask import Flask, Response, abort, request

from countersign_webhooks import ConfigError, Rejected, Replayed, ReplayMemory, Verifier

LARGEST_BODY = 25 * 1024 * 1024  # GitHub sends up to 25 MB, and does not repeat what is refused
# Seconds for which a sender may repeat a message: longer than Stripe tries, which is three days.
REPEATS = 4 * 24 * 3600
ORIGIN = os.environ.get("WEBHOOK_ORIGIN", "").rstrip("/")

app = Flask(__name__)
# One byte more: of a body in chunks, Werkzeug cuts off what is beyond, without an error.
app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY + 1


class Sender:
    """A sender, and its messages that were accepted: two senders may use the same ids."""

    def __init__(self, name, secret):
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

    def takes_query(self, query, content_type):
        """Whether the URL that was called may have this query. A sender that signs the URL was given it without one. Twilio adds the
        hash of a body that is no form, and a form with that parameter is refused: its end could be moved into the query, and back.
        """
        if not self.verifier.signs_url or not query:
            return True
        is_form = content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"
        return self.name == "twilio" and not is_form and re.fullmatch("bodySHA256=[0-9a-f]{64}", query) is not None

    def message(self, headers, body, method, url):
        """What identifies the message of an authentic delivery: its id, if the sender signs it, since a repetition may be
        signed anew. Otherwise all that is signed. Only where that is the body alone, the id that is not signed counts too: two
        events may have the same body (Shopify's of two topics), and the second would be lost. But then whoever has recorded
        a delivery can have it handled again with another id.
        """
        found = self.verifier.delivery_id(headers, body, url=url)
        # An id is the sender's text, which could turn the direction of writing in the log, so it is written with escapes.
        app.logger.info("%s: delivery %s", self.name, ascii(found.text) if found else "without an id")
        if found and found.is_signed:
            return hashlib.sha256(found.text.encode()).digest()
        identity = self.verifier.identify(headers, body, method=method, url=url)
        if found and self.verifier.signs_body_alone:
            return hashlib.sha256(identity + found.text.encode()).digest()
        return identity


senders = {name: Sender(name, secret) for name, secret in json.loads(os.environ["WEBHOOK_SENDERS"]).items()}


def called_url():
    """The URL that the sender called. Its origin is configured: the Host header says whatever a sender writes there. Without
    one it is path and query, which is enough for a sender that does not sign the URL.
    """
    # As it came, where the server tells that.
    for name in ("RAW_URI", "REQUEST_URI"):
        if request.environ.get(name, "").startswith("/"):
            return ORIGIN + request.environ[name]
    return ORIGIN + request.full_path.rstrip("?")


def raw_body():
    """The body as it came. Call it before anything reads the form: then there is no raw body any more."""
    body = request.get_data()
    if len(body) > LARGEST_BODY:
        abort(413)
    if not body and request.headers.get("Transfer-Encoding") and not request.environ.get("wsgi.input_terminated"):
        # Of a body in chunks, such a server hands on nothing.
        abort(411)
    return body


def once(view):
    """Calls `view` for deliveries that are authentic and whose message was not handled yet. A message is handled if the status
    of the answer is a success; otherwise the sender's next attempt is accepted.
    """

    @functools.wraps(view)
    def guarded(sender):
        if sender not in senders:
            abort(404)
        sender = senders[sender]
        url = called_url()
        if not sender.takes_query(url.partition("?")[2], request.headers.get("Content-Type", "")):
            url = ""  # which no signature fits
        delivery, called = (request.headers, raw_body()), {"method": request.method, "url": url}
        handshake = sender.verifier.handshake(*delivery, **called)
        # Where the sender chooses the secret, only the service can say whether it expects one.
        if handshake and handshake.secret is None:
            return Response(handshake.body, handshake.status, handshake.headers)
        try:
            sender.verifier.verify(*delivery, **called)
            ticket = sender.memory.take(sender.message(*delivery, **called), window=sender.window)
        except Replayed as replayed:
            # 409 makes the sender try again: the first delivery of this message is not handled yet.
            return Response("seen before", 200 if replayed.handled else 409)
        except Rejected as rejected:
            # The reason is for the log. To the sender every rejection looks the same.
            app.logger.warning("%s: delivery rejected: %s (%d)", sender.name, rejected.reason, rejected.code)
            return Response("not accepted", 401)
        # An exception forgets the message; an error that is returned leaves the block as success does.
        with ticket:
            response = app.make_response(view(sender.name))
            if response.status_code >= 300:
                sender.memory.forget(ticket)
            return response

    return guarded


def handle(sender, body):
    """What is done with a message: text and status of the answer."""
    return f"{len(body)} bytes", 200


@app.errorhandler(413)
def too_large(error):
    return Response("too large", 413)


@app.errorhandler(411)
def without_length(error):
    return Response("give Content-Length", 411)


@app.get("/webhook/<sender>")
@once
def only_handshakes(sender):
    """Handshakes come with GET and HEAD too, and events never."""
    return Response("only POST", 405)


@app.post("/webhook/<sender>")
@once
def webhook(sender):
    return handle(sender, request.get_data())

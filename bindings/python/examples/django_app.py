"""A Django application in one file that takes webhooks: a decorator verifies the raw body before anything parses it.

    read -rs WEBHOOK_SECRET && export WEBHOOK_SECRET
    python django_app.py runserver

or, with a server for production, `gunicorn django_app:application` (WSGI) or `uvicorn django_app:asgi_application`.

Under WSGI, Django reads nothing of a body that is sent in chunks, without a length. Such a delivery is answered with 411. If your
sender sends them, use ASGI, or a proxy in front that sends the length (nginx does so by default).

WEBHOOK_PRESET names another sender than github. One that signs the URL needs WEBHOOK_ORIGIN, such as https://hooks.example.com,
and WEBHOOK_QUERY if the URL that you gave it has a query, such as token=7 for https://hooks.example.com/webhook?token=7.
How long a body may take to arrive is for the server to limit.
"""

import functools
import logging
import os
import sys

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.exceptions import RequestDataTooBig
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, UnreadablePostError
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from countersign_webhooks import Rejected, Verifier

ORIGIN = os.environ.get("WEBHOOK_ORIGIN", "").rstrip("/")
# The query of the URL that the sender was given.
QUERY = os.environ.get("WEBHOOK_QUERY", "")
verifier = Verifier.preset(os.environ.get("WEBHOOK_PRESET", "github"), os.environ["WEBHOOK_SECRET"])
if verifier.signs_url and not ORIGIN:
    raise ValueError("this sender signs the URL: say by which origin it knows us, with WEBHOOK_ORIGIN=https://hooks.example.com")
log = logging.getLogger("webhooks")


def called_url(request):
    """The URL that the sender called. Its origin is configured: the Host header says whatever a sender writes there. Without
    one it is path and query, which is enough for a sender that does not sign the URL.

    Under one signature, the end of a signed query can be moved into the body, and back. So a URL with another query than the
    sender was given is empty, which no signature fits.
    """
    # As it came, where the server tells that.
    raw = (request.META.get(name, "") for name in ("RAW_URI", "REQUEST_URI"))
    target = next((uri for uri in raw if uri.startswith("/")), request.get_full_path())
    path, _, query = target.partition("?")
    if verifier.signs_url and query != QUERY:
        return ""
    return f"{ORIGIN}{path}?{query}" if query else ORIGIN + path


def authentic_only(view):
    """Calls `view` for deliveries that are authentic, and answers handshakes, for which some senders wait before they send
    events. Neither are forms of this site, so CSRF tokens mean nothing here.
    """

    @csrf_exempt
    @functools.wraps(view)
    def guarded(request, *args, **kwargs):
        if hasattr(request, "environ") and "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length"):
            # WSGI: the body would be empty, and the delivery a mismatch.
            return HttpResponse("give Content-Length", status=411)
        try:
            body = request.body
        except RequestDataTooBig:
            return HttpResponse("too large", status=413)
        except UnreadablePostError:
            # The upload broke off. Nobody reads this, and it is no error of ours.
            return HttpResponse("the body is not whole", status=400)
        url = called_url(request)
        handshake = verifier.handshake(request.headers, body, method=request.method, url=url)
        # Where the sender chooses the secret, only the service can say whether it expects one.
        if handshake and handshake.secret is None:
            return HttpResponse(handshake.body, status=handshake.status, headers=dict(handshake.headers))
        try:
            verifier.verify(request.headers, body, method=request.method, url=url)
        except Rejected as rejected:
            # The reason is for the log. To the sender every rejection looks the same.
            log.warning("delivery rejected: %s (%d)", rejected.reason, rejected.code)
            return HttpResponse("not accepted", status=401)
        return view(request, *args, **kwargs)

    return guarded


# `require_POST` comes second, since handshakes come with GET and HEAD too.
@authentic_only
@require_POST
def webhook(request):
    return HttpResponse(f"{len(request.body)} bytes")


urlpatterns = [path("webhook", webhook)]

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["localhost", "testserver"],
        # GitHub sends up to 25 MB. Django's default is 2.5 MB.
        DATA_UPLOAD_MAX_MEMORY_SIZE=25 * 1024 * 1024,
        ROOT_URLCONF=__name__,
        SECRET_KEY=os.urandom(32).hex(),
    )

application, asgi_application = get_wsgi_application(), get_asgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)

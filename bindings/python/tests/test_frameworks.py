"""The examples, with the real frameworks and their own test clients."""

import importlib
import sys
from pathlib import Path

import pytest

from countersign_webhooks import Rejected, Signer, Verifier

BODY = b"Hello, World!"
# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
SECRET = "It's a Secret to Everybody"
SIGNED = {
    "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    "Content-Type": "application/json",
}
FORGED = SIGNED | {"X-Hub-Signature-256": SIGNED["X-Hub-Signature-256"][:-1] + "0"}
NOT_ASCII = SIGNED | {"X-Hub-Signature-256": "sha256=\xe9"}


@pytest.fixture
def example(monkeypatch):
    """Imports an example as a person who runs it would, with what is set in the environment by now."""
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    for name in ("WEBHOOK_PRESET", "WEBHOOK_ORIGIN", "WEBHOOK_QUERY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "examples"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def imported(name):
        sys.modules.pop(name, None)
        module = importlib.import_module(name)
        if name == "django_app":
            import django
            from django.urls import clear_url_caches

            django.setup()
            clear_url_caches()
        return module

    return imported


def check(post):
    """`post(body, headers)` gives status and text."""
    assert post(BODY, SIGNED) == (200, "13 bytes")
    # To a sender every rejection looks the same.
    for body, headers in [(b"Hello, World?", SIGNED), (b"", SIGNED), (BODY, {}), (BODY, FORGED), (BODY, NOT_ASCII)]:
        assert post(body, headers) == (401, "not accepted")
    # GitHub sends up to 25 MB.
    large = bytes(25_000_000)
    assert post(large, SIGNED | Signer.preset("github", SECRET).headers(large)) == (200, "25000000 bytes")
    assert post(bytes(25 * 1024 * 1024 + 1), SIGNED) == (413, "too large")
    assert post(BODY, SIGNED) == (200, "13 bytes")


@pytest.mark.parametrize("name", ["fastapi_app", "starlette_app"])
def test_asgi(example, name):
    testclient = pytest.importorskip("starlette.testclient")
    if name == "fastapi_app":
        pytest.importorskip("fastapi")
    with testclient.TestClient(example(name).app) as client:

        def post(body, headers):
            raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
            response = client.post("/webhook", content=body, headers=raw)
            return response.status_code, response.text

        check(post)


def test_flask(example):
    pytest.importorskip("flask")
    client = example("flask_app").app.test_client()

    def post(body, headers):
        response = client.post("/webhook", data=body, headers=headers)
        return response.status_code, response.text

    check(post)


def test_django(example):
    pytest.importorskip("django")
    example("django_app")
    from django.test import Client

    client = Client()

    def post(body, headers):
        given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        response = client.post("/webhook", data=body, content_type="application/json", **given)
        return response.status_code, response.content.decode()

    check(post)


def in_chunks(application, body, headers, is_terminated=True, path="/webhook"):
    """What a WSGI application answers to a body without a length, of a server that ends the stream where the body ends."""
    import io

    environ = {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "testserver",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "testserver", "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }
    if is_terminated:
        environ["wsgi.input_terminated"] = True
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    status = []
    answer = application(environ, lambda line, headers, error=None: status.append(int(line.split()[0])))
    return status[0], b"".join(answer).decode()


@pytest.mark.parametrize("name", ["flask_app", "flask_senders"])
def test_flask_cuts_nothing_off(example, monkeypatch, name):
    """Werkzeug reads a body in chunks up to the limit, and no further."""
    pytest.importorskip("flask")
    path = "/webhook" if name == "flask_app" else "/webhook/github"
    app = (example(name) if name == "flask_app" else several(example, monkeypatch, name)[0]).app
    assert in_chunks(app, BODY, SIGNED, path=path)[0] == 200
    largest = bytes(25 * 1024 * 1024)
    signed = Signer.preset("github", SECRET).headers(largest)
    assert in_chunks(app, largest, signed, path=path)[0] == 200
    # The signature is that of the part within the limit.
    for more in (b"x", b"x" * 5_000_000):
        assert in_chunks(app, largest + more, signed, path=path) == (413, "too large")
    assert in_chunks(app, BODY, SIGNED, is_terminated=False, path=path) == (411, "give Content-Length")


def test_django_says_that_it_needs_a_length(example):
    pytest.importorskip("django")
    module = example("django_app")
    assert in_chunks(module.application, BODY, SIGNED) == (411, "give Content-Length")


def test_django_is_served_by_any_wsgi_server(example):
    pytest.importorskip("django")
    module = example("django_app")
    with_length = lambda environ, start: module.application(environ | {"CONTENT_LENGTH": "13"}, start)
    assert in_chunks(with_length, BODY, SIGNED) == (200, "13 bytes")
    assert in_chunks(with_length, BODY, FORGED) == (401, "not accepted")


def test_django_under_asgi_takes_chunks(example):
    pytest.importorskip("django")
    anyio = pytest.importorskip("anyio")
    module, sent = example("django_app"), []
    pieces = [BODY[:5], BODY[5:]]
    messages = [{"type": "http.request", "body": piece, "more_body": piece != pieces[-1]} for piece in pieces]

    async def receive():
        if messages:
            return messages.pop(0)
        await anyio.sleep(3600)

    async def send(message):
        sent.append(message)

    headers = [(key.lower().encode(), value.encode()) for key, value in (SIGNED | {"Transfer-Encoding": "chunked"}).items()]
    scope = {"type": "http", "method": "POST", "path": "/webhook", "raw_path": b"/webhook", "query_string": b"",
             "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("testserver", 80)}
    anyio.run(module.asgi_application, scope, receive, send)
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"13 bytes")


def test_environs_and_header_objects_of_a_request(example):
    """What the frameworks hold, not as the examples use it."""
    pytest.importorskip("flask")
    pytest.importorskip("django")
    from django.http import HttpHeaders
    from werkzeug.test import EnvironBuilder

    from countersign_webhooks import Verifier

    verifier = Verifier.preset("github", SECRET)
    builder = EnvironBuilder(method="POST", path="/webhook", data=BODY, headers=SIGNED)
    environ = builder.get_environ()
    from werkzeug.wrappers import Request

    for headers in (environ, Request(environ).headers, HttpHeaders(environ), Request(environ).environ):
        assert verifier.verify(headers, BODY).algorithm == "SHA_256"


def asgi(app, path, body, headers, host):
    """What an ASGI application answers."""
    from starlette.testclient import TestClient

    with TestClient(app, base_url=f"http://{host}") as client:
        return client.post(path, content=body, headers=headers).status_code


def wsgi(app, path, body, headers, host):
    return app.test_client().post(path, data=body, headers=headers, base_url=f"http://{host}").status_code


def meta(app, path, body, headers, host):
    from django.test import Client

    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items() if name != "Content-Type"}
    return Client(HTTP_HOST=host).post(path, data=body, content_type=headers["Content-Type"], **given).status_code


EXAMPLES = [("fastapi_app", "fastapi", asgi), ("starlette_app", "starlette", asgi), ("flask_app", "flask", wsgi),
            ("django_app", "django", meta)]


@pytest.mark.parametrize(("name", "framework", "post"), EXAMPLES)
def test_senders_that_sign_the_url(example, monkeypatch, name, framework, post):
    """Which service it is says the configuration, and never the Host header."""
    pytest.importorskip(framework)
    monkeypatch.setenv("WEBHOOK_PRESET", "twilio")
    with pytest.raises(ValueError, match="this sender signs the URL"):
        example(name)
    monkeypatch.setenv("WEBHOOK_ORIGIN", "https://hooks.example.com/")
    if framework == "django":
        from django.conf import settings

        example(name)
        monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["*"])
    form, body = {"Content-Type": "application/x-www-form-urlencoded"}, b"a=1&b=2"
    for path in ("/webhook", "/webhook?c=%20&d=%2F"):
        monkeypatch.setenv("WEBHOOK_QUERY", path.partition("?")[2])
        module = example(name)
        for host in ("hooks.example.com", "other.example.com", "testserver"):
            for called, status in [("https://hooks.example.com", 200), ("https://other.example.com", 401),
                                   ("http://other.example.com", 401), ("http://testserver", 401)]:
                headers = form | Signer.preset("twilio", SECRET).headers(body, url=called + path, headers=form)
                app = getattr(module, "app", None)
                assert post(app, path, body, headers, host) == status, (path, host, called)


@pytest.mark.parametrize(("name", "framework", "post"), EXAMPLES)
def test_what_is_moved_between_a_signed_query_and_the_body_is_rejected(example, monkeypatch, name, framework, post):
    """Twilio signs the URL, and the names and values of the form right behind it."""
    pytest.importorskip(framework)
    monkeypatch.setenv("WEBHOOK_PRESET", "twilio")
    monkeypatch.setenv("WEBHOOK_ORIGIN", "https://hooks.example.com")
    form, origin = {"Content-Type": "application/x-www-form-urlencoded"}, "https://hooks.example.com"
    for registered, body, moved in [("k=v", b"Amount=900&Body=pay", ("k=vAmount900", b"Body=pay")),
                                    ("k=vAmount900", b"Body=pay", ("k=v", b"Amount=900&Body=pay")),
                                    ("", b"%3Fk%3D=v&z=1", ("k=v", b"z=1"))]:
        monkeypatch.setenv("WEBHOOK_QUERY", registered)
        app = getattr(example(name), "app", None)
        path = "/webhook?" + registered if registered else "/webhook"
        headers = form | Signer.preset("twilio", SECRET).headers(body, url=origin + path, headers=form)
        assert post(app, path, body, headers, "testserver") == 200
        query, rest = moved
        assert Verifier.preset("twilio", SECRET).verify(headers, rest, url=f"{origin}/webhook?{query}"), "nothing was moved"
        assert post(app, "/webhook?" + query, rest, headers, "testserver") == 401


def asgi_request(module, method, target, body, headers):
    from starlette.testclient import TestClient

    with TestClient(module.app) as client:
        response = client.request(method, target, content=body, headers=headers)
        return response.status_code, response.headers, response.content


def wsgi_request(module, method, target, body, headers):
    response = module.app.test_client().open(target, method=method, data=body, headers=headers)
    return response.status_code, response.headers, response.data


def django_request(module, method, target, body, headers):
    from django.test import Client

    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items() if name != "Content-Type"}
    response = Client().generic(method, target, body, headers.get("Content-Type", "application/json"), **given)
    return response.status_code, response.headers, response.content


REQUESTS = [("fastapi_app", "fastapi", asgi_request), ("starlette_app", "starlette", asgi_request),
            ("flask_app", "flask", wsgi_request), ("django_app", "django", django_request)]
CHALLENGE = b'{"type": "url_verification", "challenge": "3eZbrw1a"}'


@pytest.mark.parametrize(("name", "framework", "request_of"), REQUESTS)
def test_handshakes_are_answered(example, monkeypatch, name, framework, request_of):
    pytest.importorskip(framework)

    def ask(preset, method, target="/webhook", body=b"", headers=None):
        monkeypatch.setenv("WEBHOOK_PRESET", preset)
        return request_of(example(name), method, target, body, headers or {})

    status, headers, body = ask("dropbox", "GET", "/webhook?challenge=abc123")
    assert (status, body, headers["X-Content-Type-Options"]) == (200, b"abc123", "nosniff")
    assert headers["Content-Type"].startswith("text/plain")
    for target in ("/webhook", "/webhook?challenge=%3Cscript%3E", "/webhook?challenge=a&challenge=b"):
        assert ask("dropbox", "GET", target)[::2] == (401, b"not accepted")
    # A sender that signs its handshake.
    signed = Signer.preset("slack", SECRET).headers(CHALLENGE)
    assert ask("slack", "POST", body=CHALLENGE, headers=signed)[::2] == (200, b"3eZbrw1a")
    assert ask("slack", "POST", body=CHALLENGE.replace(b"3eZ", b"4eZ"), headers=signed)[::2] == (401, b"not accepted")
    assert ask("slack", "POST", body=CHALLENGE)[::2] == (401, b"not accepted")
    event = b'{"type": "event_callback"}'
    assert ask("slack", "POST", body=event, headers=Signer.preset("slack", SECRET).headers(event))[::2] == (200, b"26 bytes")
    # One that wants the challenge signed.
    status, headers, body = ask("twitter", "GET", "/webhook?crc_token=x")
    assert (status, headers["Content-Type"]) == (200, "application/json") and body.startswith(b'{"response_token":"sha256=')
    # One that asks without a body.
    monkeypatch.setenv("WEBHOOK_ORIGIN", "https://hooks.example.com")
    assert ask("trello", "HEAD")[::2] == (200, b"")
    monkeypatch.delenv("WEBHOOK_ORIGIN")
    # A form, as WooCommerce sends it.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask("woocommerce", "POST", body=b"webhook_id=7", headers=form)[::2] == (200, b"")
    # Whether a secret is expected, only the service can know.
    assert ask("asana", "POST", headers={"X-Hook-Secret": "b537207f20cb"})[::2] == (401, b"not accepted")
    assert ask("notion", "POST", body=b'{"verification_token": "secret_x"}')[::2] == (401, b"not accepted")
    # An event comes with POST.
    assert ask("github", "GET", body=BODY, headers=SIGNED)[0] == 405


STRIPE, GITHUB = "whsec_c2VjcmV0", SECRET
EVENT = b'{"id": "evt_1"}'


def several(example, monkeypatch, name, **senders):
    """An example for several senders, with a handler that answers what the test says next, and what it has handled."""
    import json

    monkeypatch.setenv("WEBHOOK_SENDERS", json.dumps(senders or {"stripe": STRIPE, "github": GITHUB}))
    module, answers, handled = example(name), [], []

    def handle(sender, body):
        handled.append((sender, body))
        answer = answers.pop(0) if answers else ("ok", 200)
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    async def handle_async(sender, body):
        return handle(sender, body)

    monkeypatch.setattr(module, "handle", handle_async if name.startswith("fastapi") else handle)
    return module, answers, handled


SEVERAL = [("fastapi_senders", "fastapi", asgi_request), ("flask_senders", "flask", wsgi_request)]


@pytest.mark.parametrize(("name", "framework", "request_of"), SEVERAL)
def test_the_sender_of_what_cannot_be_used_is_named(example, monkeypatch, name, framework, request_of):
    pytest.importorskip(framework)
    for sender, secret, text in [("github", "", "must not be empty"), ("svix", "s3cr3t!", "not the BASE64 text"),
                                 ("telegram", "s3cr3t", "without a signature")]:
        with pytest.raises(ValueError, match=f"^WEBHOOK_SENDERS: {sender}: .*{text}") as caught:
            several(example, monkeypatch, name, **{"stripe": STRIPE, sender: secret})
        assert "s3cr3t" not in str(caught.value)
    # If names and secrets were swapped, the name is a secret.
    with pytest.raises(ValueError, match="preset") as caught:
        several(example, monkeypatch, name, **{"whsec_s3cr3t": "github"})
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(("name", "framework", "request_of"), SEVERAL)
def test_a_message_is_handled_once_and_again_after_an_error(example, monkeypatch, name, framework, request_of):
    pytest.importorskip(framework)
    import time

    from countersign_webhooks import Signer

    module, answers, handled = several(example, monkeypatch, name)

    def by_stripe(body=EVENT, sent=0):
        """Each attempt is signed anew, with a time of its own."""
        headers = Signer.preset("stripe", STRIPE).headers(body, now=int(time.time()) - sent)
        return request_of(module, "POST", "/webhook/stripe", body, headers)[::2]

    def by_github(body=BODY, headers=SIGNED):
        return request_of(module, "POST", "/webhook/github", body, headers)[::2]

    # Errors are returned, not raised: what is answered with them was not handled.
    answers += [("later", 503), ("moved", 302), ("fail", 500)]
    assert [by_stripe(sent=sent) for sent in (9, 8, 7)] == [(503, b"later"), (302, b"moved"), (500, b"fail")]
    assert [by_stripe(sent=sent) for sent in (6, 5)] == [(200, b"ok"), (200, b"seen before")]
    assert handled == [("stripe", EVENT)] * 4
    assert by_stripe(b'{"id": "evt_2"}') == (200, b"ok")
    # Another sender has messages of its own, and an exception forgets them too.
    answers.append(RuntimeError("no database"))
    with pytest.raises(RuntimeError):
        module.app.testing = True
        by_github()
    assert [by_github() for _ in range(2)] == [(200, b"ok"), (200, b"seen before")]
    handled.clear()
    assert [by_github(headers=FORGED), by_github(b"Hello, World?")] == [(401, b"not accepted")] * 2
    assert by_stripe(b"no JSON") == (200, b"ok")
    assert handled == [("stripe", b"no JSON")]
    assert request_of(module, "POST", "/webhook/shopify", BODY, SIGNED)[0] == 404
    assert request_of(module, "POST", "/webhook/github", bytes(26 * 1024 * 1024), SIGNED)[::2] == (413, b"too large")
    # An event comes with POST.
    other = Signer.preset("github", GITHUB).headers(b"other")
    assert request_of(module, "GET", "/webhook/github", b"other", other)[0] == 405
    assert by_github(b"other", other) == (200, b"ok")


@pytest.mark.parametrize(("name", "framework", "request_of"), SEVERAL)
def test_equal_bodies_with_ids_of_their_own_are_two_events(example, monkeypatch, name, framework, request_of):
    """Where only the body is signed, the body alone would make the second event one that was seen before."""
    pytest.importorskip(framework)
    module, _, handled = several(example, monkeypatch, name, shopify=SECRET, github=SECRET)

    def post(sender, headers):
        signed = Signer.preset(sender, SECRET).headers(BODY)
        return request_of(module, "POST", f"/webhook/{sender}", BODY, signed | headers)[::2]

    events = [
        ("shopify", {"X-Shopify-Topic": "orders/create", "X-Shopify-Event-Id": "1"}),
        ("shopify", {"X-Shopify-Topic": "orders/paid", "X-Shopify-Event-Id": "1"}),
        ("github", {"X-GitHub-Delivery": "1"}),
        ("github", {"X-GitHub-Delivery": "2"}),
    ]
    for answer in (b"ok", b"seen before"):
        assert [post(*event) for event in events] == [(200, answer)] * 4
    assert len(handled) == 4


@pytest.mark.parametrize(("name", "framework", "request_of"), SEVERAL)
def test_senders_under_other_names_of_presets(example, monkeypatch, name, framework, request_of):
    """A sender's name here is any name that `Verifier.preset` takes, and it counts as the preset's own name does."""
    pytest.importorskip(framework)
    secrets = {"whatsapp": SECRET, "github-enterprise": SECRET, "clerk": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    module, _, handled = several(example, monkeypatch, name, **secrets)

    def post(sender, signed, headers):
        headers = Signer.preset(sender, secrets[sender]).headers(BODY, **signed) | headers
        return request_of(module, "POST", f"/webhook/{sender}", BODY, headers)[::2]

    events = [
        ("whatsapp", {}, {}),
        # The body alone is signed, so the id keeps two events with equal bodies apart.
        ("github-enterprise", {}, {"X-GitHub-Delivery": "1"}),
        ("github-enterprise", {}, {"X-GitHub-Delivery": "2"}),
        ("clerk", {"id": "msg_1"}, {}),
        ("clerk", {"id": "msg_2"}, {}),
    ]
    for answer in (b"ok", b"seen before"):
        assert [post(*event) for event in events] == [(200, answer)] * len(events)
    assert [sender for sender, _ in handled] == [sender for sender, *_ in events]


def test_no_example_has_a_secret_on_its_command_line():
    for file in (Path(__file__).parents[1] / "examples").glob("*.py"):
        for line in file.read_text(encoding="utf-8").split('"""')[1].splitlines():
            assert not line.strip().startswith(("WEBHOOK_SECRET=", "WEBHOOK_SENDERS=", "export ")), f"{file.name}: {line}"


@pytest.mark.parametrize(("name", "framework", "request_of"), SEVERAL)
def test_a_message_that_is_being_handled_is_to_be_sent_again(example, monkeypatch, name, framework, request_of):
    pytest.importorskip(framework)
    module, answers, handled = several(example, monkeypatch, name)

    def meanwhile():
        # The same memory, as another thread finds it.
        sender = module.senders["github"]
        from countersign_webhooks import Replayed

        with pytest.raises(Replayed) as found:
            sender.memory.take(sender.verifier.identify(SIGNED, BODY), window=sender.window)
        return f"handled: {found.value.handled}", 200

    answers.append(meanwhile)
    assert request_of(module, "POST", "/webhook/github", BODY, SIGNED)[::2] == (200, b"handled: False")
    sender = module.senders["github"]
    other = b'{"a": 1}'
    from countersign_webhooks import Signer

    headers = Signer.preset("github", GITHUB).headers(other)
    ticket = sender.memory.take(sender.verifier.identify(headers, other), window=sender.window)
    assert request_of(module, "POST", "/webhook/github", other, headers)[::2] == (409, b"seen before")
    sender.memory.finish(ticket)
    assert request_of(module, "POST", "/webhook/github", other, headers)[::2] == (200, b"seen before")
    assert len(handled) == 1


@pytest.mark.parametrize(("name", "framework", "request_of"), SEVERAL)
def test_ids_are_logged_with_escapes(example, monkeypatch, caplog, name, framework, request_of):
    pytest.importorskip(framework)
    import json
    import logging

    from countersign_webhooks import Signer

    module, _, handled = several(example, monkeypatch, name)
    caplog.set_level(logging.INFO)
    body = json.dumps({"id": "evt\u202e1\u2028forged'"}).encode()
    assert request_of(module, "POST", "/webhook/stripe", body, Signer.preset("stripe", STRIPE).headers(body))[0] == 200
    assert handled
    logged = [record.getMessage() for record in caplog.records if "delivery" in record.getMessage()]
    assert logged == ["stripe: delivery \"evt\\u202e1\\u2028forged'\""]


@pytest.mark.parametrize(("name", "framework", "request_of"), SEVERAL)
def test_several_senders_with_handshakes_and_signed_urls(example, monkeypatch, name, framework, request_of):
    pytest.importorskip(framework)
    from countersign_webhooks import Signer

    with pytest.raises(ValueError, match="twilio signs the URL"):
        several(example, monkeypatch, name, twilio=SECRET)
    monkeypatch.setenv("WEBHOOK_ORIGIN", "https://hooks.example.com/")
    module, _, handled = several(example, monkeypatch, name, twilio=SECRET, dropbox=SECRET)
    assert request_of(module, "GET", "/webhook/dropbox?challenge=abc123", b"", {})[::2] == (200, b"abc123")
    assert not handled
    form, body = {"Content-Type": "application/x-www-form-urlencoded"}, b"MessageSid=SM1&b=2"
    # It was given a URL without a query: the end of one could be moved into the body.
    for called, target, status in [("https://hooks.example.com/webhook/twilio", "/webhook/twilio", 200),
                                   ("https://hooks.example.com/webhook/twilio?c=d", "/webhook/twilio?c=d", 401),
                                   ("http://testserver/webhook/twilio", "/webhook/twilio", 401)]:
        headers = form | Signer.preset("twilio", SECRET).headers(body, url=called, headers=form)
        assert request_of(module, "POST", target, body, headers)[0] == status
    assert handled == [("twilio", body)]

    # A body that is no form comes with its hash in the query, which Twilio adds. A form does not.
    import hashlib

    body = b'{"CallSid": "CA1"}'
    added = f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
    for kind, query, expected in [("application/json", added, 200), ("application/json", added + "&c=d", 401),
                                  ("application/x-www-form-urlencoded", added, 401)]:
        kind = {"Content-Type": kind}
        headers = kind | Signer.preset("twilio", SECRET).headers(
            body, url=f"https://hooks.example.com/webhook/twilio{query}", headers=kind)
        assert request_of(module, "POST", f"/webhook/twilio{query}", body, headers)[0] == expected, (kind, query)
    assert handled[1:] == [("twilio", body)]


@pytest.mark.parametrize(("name", "framework", "request_of"), SEVERAL)
def test_an_unsigned_id_makes_no_new_message_where_more_is_signed_than_the_body(example, monkeypatch, name, framework, request_of):
    """Otherwise a recorded delivery of Twilio could be handled again and again."""
    pytest.importorskip(framework)
    monkeypatch.setenv("WEBHOOK_ORIGIN", "https://hooks.example.com")
    module, _, handled = several(example, monkeypatch, name, twilio=SECRET)
    form, body = {"Content-Type": "application/x-www-form-urlencoded"}, b"MessageSid=SM1"
    signed = form | Signer.preset("twilio", SECRET).headers(body, url="https://hooks.example.com/webhook/twilio", headers=form)
    for token, answer in [("1", b"ok"), ("2", b"seen before")]:
        headers = signed | {"I-Twilio-Idempotency-Token": token}
        assert request_of(module, "POST", "/webhook/twilio", body, headers)[::2] == (200, answer)
    assert handled == [("twilio", body)]


def test_a_form_that_flask_has_read(example):
    """What the README says of it: the raw body is gone, and explain names that."""
    flask = pytest.importorskip("flask")
    from countersign_webhooks import Rejected, Signer, Verifier

    module = example("flask_app")
    module.verifier = Verifier.preset("github", SECRET)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    headers = form | Signer.preset("github", SECRET).headers(b"a=1")
    client, explained, is_early = module.app.test_client(), [], False

    @module.app.before_request
    def early():
        if is_early:
            assert flask.request.form["a"] == "1"
            body = flask.request.get_data()
            explained.append(module.verifier.explain(flask.request.headers, body, SECRET))

    assert client.post("/webhook", data=b"a=1", headers=headers).status_code == 200
    is_early = True
    assert client.post("/webhook", data=b"a=1", headers=headers).status_code == 401
    assert explained[0].cause == "body_length" and "has 3 bytes, and it is empty" in str(explained[0])


def test_websockets_are_not_let_through(example):
    testclient = pytest.importorskip("starlette.testclient")
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocketDisconnect

    reached = []

    async def echo(websocket):
        reached.append(websocket.url)
        await websocket.accept()
        await websocket.close()

    module = example("starlette_app")
    inner = Starlette(routes=[WebSocketRoute("/live", echo)])
    for headers in ({}, SIGNED):
        with testclient.TestClient(module.AuthenticOnly(inner, module.verifier)) as client:
            with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/live", headers=headers):
                pass
            assert closed.value.code == 1008
    assert not reached
    # The test would see it.
    with testclient.TestClient(inner) as client, client.websocket_connect("/live"):
        pass
    assert reached


@pytest.mark.parametrize("kind", ["websocket", "webtransport", "http.push", ""])
def test_nothing_but_verified_http_reaches_the_application(example, kind):
    anyio = pytest.importorskip("anyio")
    pytest.importorskip("starlette")
    module = example("starlette_app")
    reached, sent = [], []

    async def inner(scope, receive, send):
        reached.append(scope)

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        sent.append(message)

    async def run():
        await module.AuthenticOnly(inner, module.verifier)({"type": kind, "headers": []}, receive, send)

    if kind == "websocket":
        anyio.run(run)
        assert [message["type"] for message in sent] == ["websocket.close"]
    else:
        with pytest.raises(ValueError, match="nothing is known"):
            anyio.run(run)
    assert not reached


@pytest.mark.parametrize("name", ["fastapi_app", "starlette_app"])
def test_a_body_that_does_not_come(example, monkeypatch, name):
    anyio = pytest.importorskip("anyio")
    pytest.importorskip("fastapi")
    module = example(name)
    monkeypatch.setattr(module, "SECONDS_FOR_A_BODY", 0.05)
    sent = []
    messages = [{"type": "http.request", "body": b"Hello", "more_body": True}]

    async def receive():
        if messages:
            return messages.pop()
        await anyio.sleep(3600)

    async def send(message):
        sent.append(message)

    headers = [(key.lower().encode(), value.encode()) for key, value in SIGNED.items()]
    scope = {"type": "http", "method": "POST", "path": "/webhook", "raw_path": b"/webhook", "query_string": b"",
             "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("testserver", 80)}
    anyio.run(module.app, scope, receive, send)
    assert sent[0]["status"] == 408


@pytest.mark.parametrize("name", ["fastapi_app", "starlette_app", "fastapi_senders", "README", "bindings/python/README"])
def test_an_upload_that_breaks_off_is_no_error_of_the_application(example, monkeypatch, name):
    anyio = pytest.importorskip("anyio")
    pytest.importorskip("fastapi")
    path = "/webhook/github" if name == "fastapi_senders" else "/webhook"
    if name == "fastapi_senders":
        app = several(example, monkeypatch, name)[0].app
    elif name.endswith("README"):
        app = in_readme(monkeypatch, name)
    else:
        app = example(name).app
    messages, sent = [{"type": "http.request", "body": b"Hello", "more_body": True}], []

    async def receive():
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    headers = [(key.lower().encode(), value.encode()) for key, value in SIGNED.items()]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("testserver", 80)}
    # An exception of the application would be raised here.
    anyio.run(app, scope, receive, send)
    assert sent[0]["status"] == 400


def in_readme(monkeypatch, name):
    """The application in the first block of a README that makes one."""
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    text = (Path(__file__).parents[3] / f"{name}.md").read_text()
    blocks = [block.split("\n```")[0] for block in text.split("```python\n")[1:]]
    code = next(block for block in blocks if "FastAPI()" in block)
    names = {"github": Verifier.preset("github", SECRET), "Rejected": Rejected}
    exec(code, names)
    return names["app"]


def test_an_upload_that_breaks_off_under_wsgi(example):
    """Django says so by an exception, and Flask answers by itself."""
    for name in ("django_app", "flask_app"):
        pytest.importorskip(name.removesuffix("_app"))
        module = example(name)
        environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/webhook", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
                   "CONTENT_LENGTH": "13", "CONTENT_TYPE": "application/json", "wsgi.url_scheme": "http",
                   "HTTP_HOST": "localhost", "HTTP_X_HUB_SIGNATURE_256": SIGNED["X-Hub-Signature-256"],
                   "wsgi.errors": sys.stderr, "wsgi.input": Broken()}
        application = module.app if name == "flask_app" else module.application
        statuses = []
        b"".join(application(environ, lambda status, headers, error=None: statuses.append(status)))
        assert statuses == ["400 Bad Request" if name == "django_app" else "400 BAD REQUEST"], name


class Broken:
    """An input from which nothing can be read any more."""

    def read(self, size=-1):
        raise ConnectionResetError

    readline = readinto = read


@pytest.mark.parametrize("name", ["fastapi_app", "starlette_app", "fastapi_senders"])
def test_stalled_uploads_keep_no_small_event_out(example, monkeypatch, name):
    """They are ended once nothing comes any more, and what they have taken of the budget is given back."""
    anyio = pytest.importorskip("anyio")
    pytest.importorskip("fastapi")
    path = "/webhook/github" if name == "fastapi_senders" else "/webhook"
    module = several(example, monkeypatch, name)[0] if name == "fastapi_senders" else example(name)
    for setting, value in {"LARGEST_BODY": 1000, "SMALL": 100, "BUDGET": 2000, "SECONDS_FOR_MORE": 1.0}.items():
        monkeypatch.setattr(module, setting, value)

    async def post(body, is_whole=True):
        messages, sent = [{"type": "http.request", "body": body, "more_body": not is_whole}], []

        async def receive():
            if not messages:
                await anyio.sleep(3600)
            return messages.pop()

        async def send(message):
            sent.append(message)

        headers = Signer.preset("github", SECRET).headers(body)
        headers = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
                 "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("testserver", 80)}
        await module.app(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]).get(b"retry-after")

    stalled = []

    async def stall():
        stalled.append((await post(bytes(1000), is_whole=False))[0])

    async def run():
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(stall)
            await anyio.sleep(0.2)
            assert module.bodies.held == 1800
            assert await post(b"large" + bytes(900)) == (503, b"1")
            assert [await post(b"small %d" % number) for number in range(5)] == [(200, None)] * 5
        assert stalled == [408, 408]
        assert module.bodies.held == 0
        assert (await post(b"again" + bytes(900)))[0] == 200
        assert (await post(bytes(1001)))[0] == 413
        assert module.bodies.held == 0

    anyio.run(run)

"""The examples, with the real frameworks and their own test clients."""

import importlib
import sys
from pathlib import Path

import pytest

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
    """Imports an example as a person who runs it would."""
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "examples"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module


def check(post):
    """`post(body, headers)` gives status and text."""
    assert post(BODY, SIGNED) == (200, "13 bytes")
    # To a sender every rejection looks the same.
    for body, headers in [(b"Hello, World?", SIGNED), (b"", SIGNED), (BODY, {}), (BODY, FORGED), (BODY, NOT_ASCII)]:
        assert post(body, headers) == (401, "not authentic")
    assert post(bytes(2 * 1024 * 1024), SIGNED) == (413, "too large")
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
    django = pytest.importorskip("django")
    example("django_app")
    django.setup()
    from django.test import Client

    client = Client()

    def post(body, headers):
        given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        response = client.post("/webhook", data=body, content_type="application/json", **given)
        return response.status_code, response.content.decode()

    check(post)


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

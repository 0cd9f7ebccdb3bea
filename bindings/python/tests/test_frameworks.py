"""The examples, with the real frameworks and their own test clients."""

import pytest

BODY = b"Hello, World!"
# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
SECRET = "It's a Secret to Everybody"
SIGNED = {
    "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    "Content-Type": "application/json",
}


def check(post):
    """`post(body, headers)` gives status and text."""
    assert post(BODY, SIGNED) == (200, "13 bytes")
    refused = {post(b"Hello, World?", SIGNED), post(BODY, {}), post(BODY, {**SIGNED, "X-Hub-Signature-256": "sha256=é"})}
    # To a sender every rejection looks the same.
    assert refused == {(401, "not authentic")}
    assert post(b"x" * (2 * 1024 * 1024), SIGNED) == (413, "too large")


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)


def test_fastapi():
    testclient = pytest.importorskip("fastapi.testclient")
    from examples import fastapi_app

    client = testclient.TestClient(fastapi_app.app)

    def post(body, headers):
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        response = client.post("/webhook", content=body, headers=raw)
        return response.status_code, response.text

    check(post)

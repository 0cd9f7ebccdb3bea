"""The answer that a sender demands before it sends events."""

import copy
import pickle

import pytest

from countersign_webhooks import Handshake, Signer, Verifier

SECRET = "a secret that both sides know"
CHALLENGE = b'{"type": "url_verification", "challenge": "3eZbrw1a"}'


def preset(name):
    return Verifier.preset(name, SECRET)


def told(answer):
    assert type(answer) is Handshake and type(answer.body) is bytes and type(answer.headers) is list
    return answer.status, answer.headers, answer.body


def test_a_challenge_in_the_query_is_repeated():
    url = "https://example.com/hooks?challenge=abc123"
    answer = preset("dropbox").handshake({}, b"", method="GET", url=url)
    assert told(answer) == (200, [("Content-Type", "text/plain"), ("X-Content-Type-Options", "nosniff")], b"abc123")
    assert answer.secret is None
    assert told(preset("dropbox").handshake([], b"", method="GET", url="/?challenge=abc123")) == told(answer)
    for method, url in [("POST", url), ("HEAD", url), ("get", url), ("", url), ("GET", "/"), ("GET", "/?challenge=%3Cscript%3E"),
                        ("GET", None)]:
        assert preset("dropbox").handshake({}, b"", method=method, url=url) is None


def test_a_signed_request_is_answered_only_if_it_is_authentic():
    headers = Signer.preset("slack", SECRET).headers(CHALLENGE, now=1614265330)
    slack = preset("slack")
    for body in (CHALLENGE, bytearray(CHALLENGE), memoryview(CHALLENGE)):
        answer = slack.handshake(headers, body, method="POST", now=1614265330)
        assert told(answer) == (200, [("Content-Type", "text/plain")], b"3eZbrw1a")
    # Too old, forged, unsigned, and an event.
    assert slack.handshake(headers, CHALLENGE, method="POST") is None
    assert slack.handshake(headers, CHALLENGE.replace(b"3eZ", b"4eZ"), method="POST", now=1614265330) is None
    assert slack.handshake({}, CHALLENGE, method="POST", now=1614265330) is None
    event = CHALLENGE.replace(b"url_verification", b"event_callback")
    headers = Signer.preset("slack", SECRET).headers(event, now=1614265330)
    assert slack.handshake(headers, event, method="POST", now=1614265330) is None


def test_a_challenge_is_signed():
    answer = Verifier.preset("twitter", ["twitter-secret", "old"]).handshake({}, b"", method="GET", url="/?crc_token=x")
    signed = Signer("twitter-secret", header="X").headers(b"x")["X"]
    assert told(answer) == (200, [("Content-Type", "application/json")], b'{"response_token":"sha256=%s"}' % signed.encode())


def test_a_request_without_a_body():
    assert told(preset("trello").handshake({}, b"", method="HEAD", url="/")) == (200, [], b"")
    assert preset("trello").handshake({}, b"", method="POST", url="/") is None
    assert preset("github").handshake({}, b"", method="HEAD") is None


def test_a_secret_that_the_sender_chooses():
    chosen = "b537207f20cbfa02357cf448134da559"
    answer = preset("asana").handshake({"x-hook-secret": chosen}, b"{}", method="POST")
    assert told(answer) == (200, [("X-Hook-Secret", chosen)], b"") and answer.secret == chosen
    # With it the sender signs from now on.
    headers = Signer.preset("asana", chosen).headers(b"event")
    assert Verifier.preset("asana", answer.secret).verify(headers, b"event")
    assert preset("asana").handshake({"x-hook-secret": chosen} | headers, b"event", method="POST") is None
    answer = preset("notion").handshake({}, b'{"verification_token": "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}', method="POST")
    assert told(answer) == (200, [], b"") and answer.secret.startswith("secret_tMrl")


def test_nothing_but_its_attributes_shows_what_is_in_it():
    answer = preset("asana").handshake({"x-hook-secret": "s3cr3t"}, b"", method="POST")
    assert repr(answer) == str(answer) == f"{answer}" == "<Handshake with the status 200>"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="^a Handshake cannot be pickled or copied, since it may hold a secret"):
            pickle.dumps(answer, protocol)
    for use in (copy.copy, copy.deepcopy, vars, bytes, iter):
        with pytest.raises(TypeError):
            use(answer)
    with pytest.raises(AttributeError):
        answer.status = 201
    with pytest.raises(TypeError):
        Handshake()
    # A list of its own each time: who changes it changes no other.
    answer.headers.clear()
    assert answer.headers == [("X-Hook-Secret", "s3cr3t")]


def test_a_scheme_of_your_own():
    scheme = {"signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL",
              "handshake": {"method": "POST", "where": {"json:/kind": "ping"}, "challenge": "json:/nonce", "status": 202,
                            "json": {"pong": "{challenge}"}}}
    verifier = Verifier.from_scheme(scheme, SECRET)
    answer = verifier.handshake({}, b'{"kind": "ping", "nonce": "n-1"}', method="POST")
    assert told(answer) == (202, [("Content-Type", "application/json")], b'{"pong":"n-1"}')
    assert verifier.handshake({}, b'{"kind": "event", "nonce": "n-1"}', method="POST") is None


@pytest.mark.parametrize(
    ("headers", "body", "given"),
    [({}, b"", {}), ({}, b"", {"method": None}), ({}, b"", {"method": b"GET"}), ({}, "", {"method": "POST"}), ({}, None, {"method": "POST"}),
     (None, b"", {"method": "POST"}), ({}, b"", {"method": "POST", "url": 7}), ({}, b"", {"method": "POST", "now": "7"})],
)
def test_other_types(headers, body, given):
    with pytest.raises(TypeError):
        preset("slack").handshake(headers, body, **given)

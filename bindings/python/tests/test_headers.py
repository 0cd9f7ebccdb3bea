"""The shapes in which header lines come."""

import email.message

import pytest

from countersign_webhooks import Rejected, Verifier

BODY = b"Hello, World!"
NAME, VALUE = "X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
VERIFIER = Verifier.preset("github", "It's a Secret to Everybody")


def environ(**more):
    return {"REQUEST_METHOD": "POST", "wsgi.version": (1, 0), "wsgi.multithread": True, "CONTENT_TYPE": "text/plain",
            "HTTP_HOST": "localhost", "HTTP_X_HUB_SIGNATURE_256": VALUE} | more


def message(*pairs):
    made = email.message.Message()
    for name, value in pairs:
        made[name] = value
    return made


def starlette(*pairs):
    headers = pytest.importorskip("starlette.datastructures")
    return headers.Headers(raw=[(name.lower().encode(), value.encode("latin-1")) for name, value in pairs])


def httpx(*pairs):
    lines = [(name.encode(), value.encode("latin-1")) for name, value in pairs]
    return pytest.importorskip("httpx").Headers(lines)


def werkzeug(*pairs):
    return pytest.importorskip("werkzeug.datastructures").Headers(list(pairs))


SHAPES = {
    "list of str": lambda *pairs: list(pairs),
    "list of bytes": lambda *pairs: [(name.encode(), value.encode("latin-1")) for name, value in pairs],
    "list of lists": lambda *pairs: [list(pair) for pair in pairs],
    "tuple": lambda *pairs: pairs,
    "generator": lambda *pairs: (pair for pair in pairs),
    "email": message,
    "starlette": starlette,
    "httpx": httpx,
    "werkzeug": werkzeug,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_lines_in_every_shape(shape):
    make = SHAPES[shape]
    assert VERIFIER.verify(make(("Host", "localhost"), (NAME.swapcase(), VALUE)), BODY).code == 0
    for pairs, code in [
        ([], 1),
        ([("Host", "localhost")], 1),
        ([(NAME, VALUE), (NAME.lower(), VALUE)], 2),
        ([(NAME, "")], 3),
        ([(NAME, VALUE[:-1] + "0")], 8),
        ([(NAME, "sha256=é" + VALUE[9:])], 6),
    ]:
        with pytest.raises(Rejected) as caught:
            VERIFIER.verify(make(*pairs), BODY)
        assert caught.value.code == code, pairs


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({NAME: VALUE}, 0),
        ({NAME.lower(): VALUE.encode()}, 0),
        ({NAME.encode(): VALUE}, 0),
        ({"Host": "x", NAME: [VALUE]}, 0),
        ({NAME: [VALUE, VALUE]}, 2),
        ({NAME: VALUE, NAME.lower(): VALUE}, 2),
        ({NAME: []}, 1),
        ({}, 1),
        (environ(), 0),
        (environ(HTTP_X_HUB_SIGNATURE_256=""), 3),
        (environ(HTTP_X_HUB_SIGNATURE_256=VALUE + "," + VALUE), 6),
        ({NAME: VALUE} | {"REQUEST_METHOD": "POST"}, 1),
    ],
)
def test_dicts(headers, code):
    if code == 0:
        assert VERIFIER.verify(headers, BODY).secret_index == 0
        return
    with pytest.raises(Rejected) as caught:
        VERIFIER.verify(headers, BODY)
    assert caught.value.code == code


def test_content_type_and_length_of_an_environ():
    scheme = {"signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "BASE64",
              "signed": "{header:Content-Type}|{header:Content-Length}|{body}"}
    from countersign_webhooks import Signer

    sent = {"Content-Type": "text/plain", "Content-Length": "13"}
    signature = Signer.from_scheme(scheme, "k").headers(BODY, headers=sent)["X-Sign"]
    verifier = Verifier.from_scheme(scheme, "k")
    assert verifier.verify(environ(HTTP_X_SIGN=signature, CONTENT_LENGTH="13"), BODY).code == 0
    assert verifier.verify(sent | {"X-Sign": signature}, BODY).code == 0
    with pytest.raises(Rejected, match="mismatch"):
        verifier.verify(environ(HTTP_X_SIGN=signature, CONTENT_LENGTH="14"), BODY)


@pytest.mark.parametrize("raw", [b"caf\xe9", "café".encode(), b"\xff\x00\x80", "東京".encode()])
def test_values_that_are_not_ascii_are_the_bytes_that_came(raw):
    """By ISO 8859-1 as WSGI and ASGI decode, by UTF-8 with surrogates as aiohttp does."""
    scheme = {"signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "BASE64", "signed": "{header:X-Name}|{body}"}
    from countersign_webhooks import Signer

    line = {"X-Sign": Signer.from_scheme(scheme, "k").headers(BODY, headers={"X-Name": raw})["X-Sign"]}
    verifier = Verifier.from_scheme(scheme, "k")
    assert verifier.verify(line | {"X-Name": raw}, BODY).code == 0
    assert verifier.verify(line | {"X-Name": raw.decode("latin-1")}, BODY).code == 0
    as_utf8 = raw.decode("utf-8", "surrogateescape")
    if not all(ord(character) <= 0xFF for character in as_utf8):
        assert verifier.verify(line | {"X-Name": as_utf8}, BODY).code == 0


@pytest.mark.parametrize("value", ["\ud800", "\udcff" * 3, "東京", "é" * 5000, "\x00", "sha256=" + "0" * 63 + "\u0660"])
def test_no_text_that_a_sender_chooses_is_an_error(value):
    for headers in ({NAME: value}, [(NAME, value)], [("\ud800", value), (NAME, value)], environ(HTTP_X_HUB_SIGNATURE_256=value)):
        with pytest.raises(Rejected):
            VERIFIER.verify(headers, BODY, method=value, url=value)
    with pytest.raises(Rejected):
        VERIFIER.verify_signature(value, BODY)


class Broken:
    def items(self):
        raise RuntimeError("out of order")


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        (None, "not None, such as request.headers"),
        (VALUE, "verify_signature"),
        (VALUE.encode(), "verify_signature"),
        (7, "not int"),
        (object(), "not object"),
        ([7], "one of them is int"),
        ([("a", "b", "c")], "one of them is tuple"),
        (["ab"], "one of them is str"),
        ({NAME: None}, f"the value of the header {NAME} must be str or bytes, not None"),
        ({NAME: 7}, "not int"),
        ({NAME: [[VALUE]]}, "not list"),
        ({7: VALUE}, "the name of a header must be str or bytes, not int"),
        ({NAME: bytearray(b"x")}, "not bytearray"),
    ],
)
def test_other_shapes_are_refused_with_what_is_wrong(headers, text):
    with pytest.raises(TypeError) as caught:
        VERIFIER.verify(headers, BODY)
    assert text in str(caught.value)


class Request(dict):
    """A mapping that has headers, as the requests of Starlette and aiohttp are."""

    headers = {NAME: VALUE}


SCOPE = {"type": "http", "asgi": {"version": "3.0"}, "headers": [(NAME.encode(), VALUE.encode())], "client": ("::1", 1)}


@pytest.mark.parametrize("request_", [Request(), Request(SCOPE), Request({NAME: VALUE})])
def test_a_request_is_not_taken_for_its_headers(request_):
    for call in (VERIFIER.verify, VERIFIER.identify, VERIFIER.delivery_id):
        with pytest.raises(TypeError, match="^headers must be the headers of the request, not Request: pass request.headers$"):
            call(request_, BODY)
    assert VERIFIER.verify(request_.headers, BODY).code == 0


def test_nor_are_requests_of_frameworks():
    starlette = pytest.importorskip("starlette.requests")
    request = starlette.Request(SCOPE)
    with pytest.raises(TypeError, match="not Request: pass request.headers"):
        VERIFIER.verify(request, BODY)
    assert VERIFIER.verify(request.headers, BODY).code == 0


@pytest.mark.parametrize("scope", [SCOPE, {"headers": {NAME: VALUE}, "body": "{}", "isBase64Encoded": False}])
def test_nor_is_what_contains_the_headers(scope):
    with pytest.raises(TypeError, match=r"pass request\.headers, scope\["):
        VERIFIER.verify(scope, BODY)
    assert VERIFIER.verify(scope["headers"], BODY).code == 0
    # A header of this name is one like others.
    assert VERIFIER.verify({"headers": "a", NAME: VALUE}, BODY).code == 0
    with pytest.raises(TypeError, match="the value of the header X-A must be str or bytes"):
        VERIFIER.verify({"headers": "a", "X-A": 7, NAME: VALUE}, BODY)


def test_an_error_of_the_headers_own_comes_out():
    with pytest.raises(RuntimeError, match="out of order"):
        VERIFIER.verify(Broken(), BODY)

"""What people do with it."""

import json
from pathlib import Path

import pytest

from countersign_webhooks import ConfigError, Delivery, Rejected, Rejection, Secret, Signer, Verified, Verifier, presets

SECRET = "It's a Secret to Everybody"
NAME = "X-Hub-Signature-256"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
BODY = b"Hello, World!"
GITHUB = Verifier.preset("github", SECRET)


@pytest.mark.parametrize("secret", [SECRET, SECRET.encode(), bytearray(SECRET.encode()), [SECRET], ("new", SECRET), Secret(SECRET)])
def test_secrets_may_be_text_bytes_or_several(secret):
    index = 1 if isinstance(secret, tuple) else 0
    assert Verifier.preset("github", secret).verify_signature(SIGNATURE, BODY).secret_index == index


def test_a_secret_counts_for_its_time():
    verifier = Verifier.preset("github", ["new", Secret(SECRET, not_before=1000, not_after=2000)])
    for now, code in [(999, 8), (1000, 0), (2000, 0), (2001, 8)]:
        (verdict,) = verifier.verify_deliveries([Delivery({NAME: SIGNATURE}, BODY, now=now)])
        assert verdict.code == code, now


@pytest.mark.parametrize("algorithm", ["MD5", "SHA_1", "SHA_224", "SHA_256", "SHA_384", "SHA_512"])
@pytest.mark.parametrize("encoding", ["BASE64", "HEXA_DECIMAL", "BASE64_URL"])
def test_signer_and_verifier_agree(algorithm, encoding):
    signer = Signer("k", algorithm, encoding, header="X-Sign")
    headers = signer.headers(BODY)
    assert list(headers) == ["X-Sign"] and signer.algorithm == algorithm
    for verifier in (Verifier("k", algorithm, encoding, header="X-Sign"),
                     Verifier("k", "INFER_FROM_HEADER", encoding, header="X-Sign")):
        assert verifier.header == "X-Sign"
        assert verifier.verify(headers, BODY) == verifier.verify_signature(headers["X-Sign"], BODY)
        assert verifier.verify(headers, BODY).algorithm == algorithm


def test_every_preset_that_signs_takes_what_it_signs():
    catalogue, signed = presets(), 0
    assert len(catalogue) >= 70 and list(catalogue) == sorted(catalogue)
    secrets = {"HEXA_DECIMAL": "ab" * 32, "BASE64": "whsec_" + "B" * 42 + "A="}
    for name, scheme in catalogue.items():
        assert scheme["name"] == name
        # What a sender signs of the URL and of the body must be there; such deliveries are vectors.
        composed = ({"covers_body", "ambiguous", "fields"} & scheme.keys() or "from" in scheme.get("signature", {})
                    or "{sorted:" in scheme.get("signed", ""))
        if "token" in scheme or "function" in scheme or composed:
            continue
        secret = secrets.get(scheme.get("secret"), "a secret")
        request = {"method": "POST", "url": "https://example.com/hook"}
        needed = [part.split("}")[0] for part in scheme.get("signed", "").split("{header:")[1:]]
        sent = {part: "Thu, 25 Feb 2021 15:02:10 GMT" if part == "Date" else "1614265330" for part in needed}
        for signer, verifier in [
            (Signer.preset(name, secret), Verifier.preset(name, secret)),
            (Signer.from_scheme(scheme, secret), Verifier.from_scheme(json.dumps(scheme), secret)),
        ]:
            headers = sent | signer.headers(BODY, id="message 1", headers=sent, **request)
            assert verifier.verify(headers, BODY, **request).secret_index == 0, name
        signed += 1
    assert signed >= 55, signed


def test_connections():
    connection = {"auth_method": "HMAC", "auth_secret": "new", "secrets": ["old"], "algorithm": "INFER_FROM_HEADER",
                  "signature_encoding": "HEXA_DECIMAL"}
    for given in (connection, json.dumps(connection), {"group_id": "g", "service": "webhooks",
                                                       "config": connection | {"schema": "s", "table": "t"}}):
        headers = Signer.from_connection(given, algorithm="SHA_512").headers(BODY)
        verified = Verifier.from_connection(given).verify(headers, BODY)
        assert (verified.algorithm, verified.secret_index) == ("SHA_512", 0)
        other = Verifier.from_connection(given, ["elsewhere", "new"]).verify(headers, BODY)
        assert other.secret_index == 1
        assert Signer.from_connection(given, "elsewhere").headers(BODY) != headers
    taken = Verifier.from_connection({"auth_method": "NONE"}).verify({}, BODY)
    assert (taken.algorithm, taken.secret_index) == (None, None)
    token = Verifier.from_connection({"auth_method": "TOKEN_BASED", "auth_secret": "t0ken"})
    assert token.header == "Authorization" and token.verify({"authorization": "Bearer t0ken"}, b"").algorithm is None


def test_batches_say_what_single_calls_say():
    batch = [(SIGNATURE, BODY), (SIGNATURE, b"Hello, World?"), ("sha256=", BODY), (None, BODY)] * 300
    wanted = [Verified, Rejection, Rejection, Rejection] * 300
    for given in (batch, tuple(batch), iter(batch), [list(pair) for pair in batch],
                  [(signature and signature.encode(), bytearray(body)) for signature, body in batch]):
        verdicts = GITHUB.verify_batch(given)
        assert [type(verdict) for verdict in verdicts] == wanted
        assert [verdict.code for verdict in verdicts[:4]] == [0, 8, 3, 1]
    assert [bool(verdict) for verdict in GITHUB.verify_batch(batch, threads=4)] == [True, False, False, False] * 300
    whole = [({NAME: signature} if signature else {}, body) for signature, body in batch]
    for given in (whole, [Delivery(*pair) for pair in whole], [Delivery(pair[0], bytearray(pair[1]), "POST", "/") for pair in whole]):
        assert GITHUB.verify_deliveries(given, threads=2) == GITHUB.verify_batch(batch)
    assert GITHUB.verify_batch([]) == GITHUB.verify_deliveries([]) == []


def test_streams():
    stream = GITHUB.begin({NAME: SIGNATURE}, method="POST", url="/", now=7)
    for chunk in (b"Hel", bytearray(b"lo, "), memoryview(b"World!"), b""):
        stream.update(chunk)
    assert stream.finish() == GITHUB.verify_signature(SIGNATURE, BODY)
    large = bytes(10_000_000)
    stream = Verifier("k").begin(Signer("k").headers(large))
    for start in range(0, len(large), 100_000):
        stream.update(large[start : start + 100_000])
    assert stream.finish().algorithm == "SHA_256"
    with pytest.raises(Rejected, match="mismatch"):
        GITHUB.begin_signature(SIGNATURE).finish()
    with pytest.raises(Rejected, match="missing_signature"):
        GITHUB.begin({})


def test_explanations():
    headers = {NAME: SIGNATURE}
    found = GITHUB.explain(headers, BODY + b"\n", SECRET)
    assert (found.reason, found.code, found.cause) == ("mismatch", 8, "body_newline_added")
    assert "newline" in found.advice and str(found) == found.advice and SECRET not in found.advice
    assert repr(found) == "Explanation(reason='mismatch', cause='body_newline_added')"
    assert found.also is None and GITHUB.explain(headers, BODY, SECRET + "\n").cause == "secret_whitespace"
    both = GITHUB.explain(headers, BODY + b"\n", SECRET + "\n")
    assert (both.cause, both.also) == ("secret_whitespace", "body_newline_added")
    unknown = GITHUB.explain(headers, b"something else", SECRET)
    assert (unknown.reason, unknown.cause) == ("mismatch", None) and "raw bytes" in str(unknown)
    other_sender = Signer.preset("stripe", "another secret").headers(BODY)
    misled = GITHUB.explain(other_sender, BODY, SECRET)
    assert (misled.reason, misled.cause) == ("missing_signature", "another_preset")
    assert '"Stripe-Signature", which is that of the preset stripe' in misled.advice
    authentic = GITHUB.explain([(NAME.encode(), SIGNATURE.encode())], BODY, [SECRET])
    assert (authentic.reason, authentic.code, authentic.cause) == (None, 0, None)
    assert Verifier.from_connection({"auth_method": "NONE"}).explain({}, BODY, []).reason is None


def test_the_readme_does_what_it_says(tmp_path, monkeypatch):
    """All of its blocks of Python, in order, as one program. What they need of a web framework stands in for it."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in text.split("```python\n")[1:]]
    assert len(blocks) >= 5
    monkeypatch.chdir(tmp_path)
    scope = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), scope)


def test_identify_tells_messages_apart():
    identity = GITHUB.identify({NAME: SIGNATURE}, BODY)
    assert isinstance(identity, bytes) and len(identity) == 32
    # However the signature is spelt, and whichever secret has signed it, it is the same message.
    secrets = ["It's a Secret to Everybody", "an old one"]
    rotated = Verifier.preset("github", secrets)
    old = Signer.preset("github", secrets[1]).headers(BODY)
    assert {GITHUB.identify({NAME: "sha256=" + SIGNATURE[7:].upper()}, bytearray(BODY)), rotated.identify({NAME: SIGNATURE}, BODY),
            rotated.identify(old, BODY)} == {identity}
    assert GITHUB.identify({NAME: SIGNATURE}, b"Hello, World?") != identity
    with pytest.raises(Rejected, match="missing_part"):
        GITHUB.identify({}, BODY)


def test_a_stream_identifies_what_it_has_hashed():
    # The head of a delivery has no body: identified afterwards, all messages of this sender would be one.
    identity = GITHUB.identify({NAME: SIGNATURE}, BODY)
    assert GITHUB.identify({NAME: SIGNATURE}, b"") != identity
    no_identity = pytest.raises(ValueError, match="once begin_identified has begun it and finish has found the delivery authentic")
    for cut in range(len(BODY) + 1):
        stream = GITHUB.begin_identified({NAME: SIGNATURE}, method="POST", url="/", now=7)
        for piece in (BODY[:cut], BODY[cut:]):
            stream.update(piece)
        with no_identity:
            stream.identity()
        assert stream.finish() == GITHUB.verify_signature(SIGNATURE, BODY)
        for use in (stream.finish, lambda: stream.update(b"")):
            with pytest.raises(ValueError, match="this stream is finished"):
                use()
        assert stream.identity() == stream.identity() == identity
    forged = GITHUB.begin_identified({NAME: SIGNATURE})
    with pytest.raises(Rejected, match="mismatch"):
        forged.finish()
    not_asked = GITHUB.begin({NAME: SIGNATURE})
    not_asked.update(BODY)
    not_asked.finish()
    for stream in (forged, not_asked):
        with no_identity:
            stream.identity()
    with pytest.raises(Rejected, match="missing_signature"):
        GITHUB.begin_identified({})


def test_a_stream_finds_a_signed_id():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    verifier = Verifier.preset("standard-webhooks", secret)
    headers = Signer.preset("standard-webhooks", secret).headers(b"{}", id="msg_1", now=1700000000)
    stream = verifier.begin_identified(headers, now=1700000000)
    stream.update(b"{}")
    stream.finish()
    assert stream.identity() == verifier.identify(headers, b"{}")


def test_a_signed_id_is_the_identity():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    verifier, signer = Verifier.preset("standard-webhooks", secret), Signer.preset("standard-webhooks", secret)

    def identity(name, now):
        headers = signer.headers(b"{}", id=name, now=now)
        assert verifier.verify(headers, b"{}", now=now)
        return verifier.identify(headers, b"{}")

    assert identity("msg_1", 1700000000) == identity("msg_1", 1700000060) != identity("msg_2", 1700000000)


def test_without_a_signature_messages_cannot_be_told_apart():
    token = Verifier.from_connection({"auth_method": "TOKEN_BASED", "auth_secret": "t0ken"})
    nothing = Verifier.from_connection({"auth_method": "NONE"})
    for verifier in (token, nothing):
        for identify in (lambda: verifier.identify({"Authorization": "t0ken"}, b""), lambda: verifier.begin_identified({})):
            with pytest.raises(ConfigError) as caught:
                identify()
            assert (caught.value.reason, caught.value.code) == ("unsupported", 69)


def test_which_senders_sign_the_url():
    secret = "5ec7e7"
    for name, signs in [("github", False), ("adyen", False), ("gitlab-token", False), ("twilio", True), ("mandrill", True)]:
        assert Verifier.preset(name, secret).signs_url is signs, name


def test_which_senders_sign_the_body_alone():
    alone = {"github": True, "whatsapp": True, "adyen": True, "stripe": False, "gitlab-token": False, "twilio": False}
    for name, signs in alone.items():
        assert Verifier.preset(name, "5ec7e7").signs_body_alone is signs, name
    assert Verifier("a secret").signs_body_alone
    scheme = {"signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "BASE64"}
    assert Verifier.from_scheme(scheme, "a secret").signs_body_alone
    assert not Verifier.from_scheme(scheme | {"signed": "{header:X-Topic}.{body}"}, "a secret").signs_body_alone
    assert not Verifier.from_connection({"auth_method": "NONE"}).signs_body_alone

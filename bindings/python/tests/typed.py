"""Code of users that mypy must take, and, where a comment says so, must not take. Nobody runs it."""

from collections.abc import Iterable
from datetime import datetime, timezone
from email.message import Message
from types import MappingProxyType
from typing import Any, assert_type

from countersign_webhooks import (
    Algorithm, Codes, Delivery, DeliveryId, Encoding, Handshake, Headers, Rejected, Rejection, Replayed, ReplayMemory, Secret, Signer,
    Stream, Ticket, Verdict, Verified, Verifier, presets,
)

verifier = Verifier("a secret", "SHA_512", encoding="BASE64", header="X-Sign")
Verifier(["new", b"old", Secret("older", not_after=datetime.now(timezone.utc))])
Verifier.preset("github", b"a secret", tolerance=(300, 5))
Verifier.from_scheme({"token": {"header": "X-Token"}}, "a secret")
Verifier.from_connection('{"auth_method": "NONE"}')
Verifier(7)  # type: ignore[arg-type]
Verifier("a secret", now=7)  # type: ignore[call-arg]
Verifier("a secret", "sha256")  # type: ignore[arg-type]
Verifier("a secret", encoding="hex")  # type: ignore[arg-type]
Signer.preset("github", "a secret", algorithm="sha1")  # type: ignore[arg-type]
algorithm: Algorithm = "SHA_1"
encoding: Encoding = "HEXA_DECIMAL"
Verifier("a secret", algorithm, encoding)

assert_type(verifier.verify({"X-Sign": "AA=="}, b"body", method="POST", now=1.5), Verified)
verifier.verify([("X-Sign", "AA==")], bytearray(b"body"))
verifier.verify([(b"X-Sign", b"AA==")], memoryview(b"body"))
verifier.verify({}, "body")  # type: ignore[arg-type]
verifier.verify({}, {"a": 1})  # type: ignore[arg-type]
verifier.verify({}, b"", "POST")  # type: ignore[call-arg]


def headers_in_every_form(asgi: Iterable[tuple[bytes, bytes]], lists: list[list[str]], environ: dict[str, Any]) -> None:
    forms: list[Headers] = [asgi, lists, environ, list(asgi), [("X-Sign", ["AA=="])], [["X-Sign", "AA=="]], {"X-Sign": ["AA=="]},
                            {b"X-Sign": b"AA=="}, MappingProxyType({"X-Sign": "AA=="}), Message(), iter([("X-Sign", b"AA==")])]
    for form in forms:
        verifier.verify(form, b"body")
        Delivery(form, b"body")
    verifier.verify("X-Sign: AA==", b"body")  # type: ignore[arg-type]
    verifier.verify(b"X-Sign: AA==", b"body")  # type: ignore[arg-type]
    verifier.verify(["X-Sign: AA=="], b"body")  # type: ignore[list-item]
    verifier.verify(None, b"body")  # type: ignore[arg-type]


verifier.verify_signature(None, b"")
verifier.verify_signature("AA==", "body")  # type: ignore[arg-type]
verifier.verify_signature(7, b"body")  # type: ignore[arg-type]

assert_type(verifier.identify({"X-Sign": "AA=="}, b"body", url="https://hooks.example.com/"), bytes)
verifier.identify({}, "body")  # type: ignore[arg-type]
assert_type(verifier.delivery_id({"X-Id": "7"}, b"body", url="https://hooks.example.com/"), DeliveryId | None)
verifier.delivery_id({}, "body")  # type: ignore[arg-type]
DeliveryId("7", True)  # type: ignore[call-arg]
if found := verifier.delivery_id([], b""):
    assert_type((found.text, found.is_signed), tuple[str, bool])
    found.text = "8"  # type: ignore[misc]
assert_type(verifier.handshake({}, b"", method="GET", url="/?challenge=1", now=1.5), Handshake | None)
verifier.handshake({}, b"")  # type: ignore[call-arg]
verifier.handshake({}, "", method="POST")  # type: ignore[arg-type]
if answer := verifier.handshake([], b"", method="POST"):
    assert_type((answer.status, answer.headers, answer.body), tuple[int, list[tuple[str, str]], bytes])
    assert_type(answer.secret, str | None)
    answer.status = 201  # type: ignore[misc]
memory = ReplayMemory(1000)
assert_type(verifier.replay_window(3600), float)
assert_type(memory.take(bytes(32), window=60, now=1.5), Ticket)
memory.take(bytes(32))  # type: ignore[call-arg]
memory.take("text", window=60)  # type: ignore[arg-type]
with memory.take(bytes(32), window=verifier.replay_window()) as ticket:
    assert_type(ticket.identity, bytes)
assert_type(memory.finish(ticket), bool)
memory.forget(7)  # type: ignore[arg-type]
assert_type(len(memory) + memory.evicted, int)
assert_type(verifier.signs_url, bool)
assert_type(verifier.signs_body_alone, bool)
assert_type(verifier.verify_batch([("AA==", b"body"), (None, b"")], threads=2), list[Verdict])
verifier.verify_batch([("AA==", "body")])  # type: ignore[list-item]
for verdict in verifier.verify_deliveries([Delivery({}, b""), ({}, b"", "POST", "/", 7)]):
    if isinstance(verdict, Rejection):
        assert_type(verdict.reason, str)
    else:
        assert_type(verdict.secret_index, int | None)
    if verdict:
        assert_type(verdict, Verified)
    else:
        assert_type(verdict, Rejection)

stream = verifier.begin_signature("AA==")
assert_type(stream, Stream)
stream.update("body")  # type: ignore[arg-type]
assert_type(verifier.begin_identified({"X-Sign": "AA=="}, now=7), Stream)
assert_type(stream.identity(), bytes)
assert_type(Signer("a secret").headers(b"body", id="1"), dict[str, str])
assert_type(verifier.explain({}, b"", "a secret").cause, str | None)
assert_type(presets(), dict[str, dict[str, Any]])


def column(table: object, codes: Codes) -> list[int]:
    verifier.verify_arrow(table)  # type: ignore[arg-type]
    return list(codes)


try:
    stream.finish()
except Replayed as replayed:
    assert_type(replayed.handled, bool)
except Rejected as rejected:
    assert_type(rejected.code, int)

"""Every vector of the corpus, which is read where it lies, by every way in."""

import base64
import json
from datetime import datetime
from pathlib import Path

import pytest

from countersign_webhooks import ConfigError, Rejected, Secret, Verified, Verifier

CORPUS = Path(__file__).parents[3] / "test-vectors"


def load():
    for path in sorted(CORPUS.glob("*.json")):
        if path.name != "vectors.schema.json":
            for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]:
                yield vector


VECTORS = list(load())
CONFIG_ERRORS = {"empty_secret": 65, "malformed_secret": 66, "invalid_config": 67, "unknown_preset": 68, "unsupported": 69}
REJECTIONS = (
    "missing_signature repeated_signature malformed_signature unknown_algorithm algorithm_not_accepted malformed_encoding "
    "wrong_length mismatch missing_timestamp malformed_timestamp expired from_future missing_part replayed body_too_large"
).split()
# The number of every outcome, the same in all languages.
CODES = {"authentic": 0, **{reason: code for code, reason in enumerate(REJECTIONS, 1)}, **CONFIG_ERRORS}


def secret(given):
    if isinstance(given, str):
        return given
    raw = given["secret"] if "secret" in given else base64.b64decode(given["secret_base64"])
    bounds = {name: moment(given[name]) for name in ("not_before", "not_after") if name in given}
    return Secret(raw, **bounds)


def moment(given):
    return datetime.fromisoformat(given.upper()) if isinstance(given, str) else given


def make(given):
    """The verifier of a vector, its dicts as they are and its texts as they are."""
    if "connection" in given or "connection_text" in given:
        connection = given.get("connection_text", given.get("connection"))
        if "secrets_base64" in given:
            return Verifier.from_connection(connection, [base64.b64decode(one) for one in given["secrets_base64"]])
        return Verifier.from_connection(connection)
    secrets = [secret(one) for one in given.get("secrets", [])]
    tolerance = given.get("tolerance")
    if "preset" in given:
        return Verifier.preset(given["preset"], secrets, tolerance=tolerance)
    return Verifier.from_scheme(given.get("scheme_text", given.get("scheme")), secrets, tolerance=tolerance)


def line(header):
    name, value = header
    return name.encode(), base64.b64decode(value["base64"]) if isinstance(value, dict) else value.encode()


def delivery(given):
    body = base64.b64decode(given["body_base64"]) if "body_base64" in given else given.get("body", "").encode()
    around = {key: given[key] for key in ("method", "url") if key in given}
    if "received_at" in given:
        around["now"] = given["received_at"]
    return [line(header) for header in given["headers"]], body, around


def outcome(verify):
    try:
        verdict = verify()
    except Rejected as rejected:
        return rejected.reason, rejected.code, None, None, False
    except ConfigError as error:
        return error.reason, error.code, None, None, False
    return told(verdict)


def told(verdict):
    if isinstance(verdict, Verified):
        return "authentic", verdict.code, verdict.algorithm, verdict.secret_index, verdict.covers_body
    return verdict.reason, verdict.code, None, None, False


def answered(handshake):
    if handshake is None:
        return None
    headers = [list(pair) for pair in handshake.headers]
    found = {"status": handshake.status, "headers": headers, "body": handshake.body.decode()}
    return found if handshake.secret is None else found | {"secret": handshake.secret}


def expected(vector):
    covers_body = vector.get("covers_body", "algorithm" in vector)
    return vector["expect"], CODES[vector["expect"]], vector.get("algorithm"), vector.get("secret_index"), covers_body


def streamed(begin, headers, body, around, size):
    stream = begin(headers, **around)
    for start in range(0, len(body), size):
        stream.update(memoryview(body)[start : start + size])
    return stream, stream.finish()


def test_every_vector_gets_its_verdict():
    faults, failed, checked, streams, identities, ids, handshakes = [], set(), 0, 0, 0, 0, 0

    def compare(how, vector, found):
        if found != expected(vector):
            faults.append(f"{vector['id']} ({how}): {found}, not {expected(vector)}")
            failed.add(vector["id"])

    for vector in VECTORS:
        checked += 1
        try:
            verifier = make(vector["verifier"])
        except ConfigError as error:
            compare("made", vector, (error.reason, error.code, None, None, False))
            continue
        if vector["expect"] in CONFIG_ERRORS:
            faults.append(f"{vector['id']}: a verifier came into being")
            failed.add(vector["id"])
            continue
        headers, body, around = delivery(vector["delivery"])
        compare("whole", vector, outcome(lambda: verifier.verify(headers, body, **around)))
        compare("bytearray", vector, outcome(lambda: verifier.verify(headers, bytearray(body), **around)))
        compare("view", vector, outcome(lambda: verifier.verify(headers, memoryview(body), **around)))
        place = {key: around[key] for key in ("method", "url") if key in around}
        if "delivery_id" in vector:
            ids += 1
            found = verifier.delivery_id(headers, body, **place)
            found = found and {"text": found.text, "is_signed": found.is_signed}
            if found != vector["delivery_id"]:
                faults.append(f"{vector['id']}: the id is {found}, not {vector['delivery_id']}")
                failed.add(vector["id"])
        # Also where none is stated: asking must not fail.
        answer = answered(verifier.handshake(headers, body, **{"method": ""} | around))
        if "handshake" in vector:
            handshakes += 1
            if answer != vector["handshake"]:
                faults.append(f"{vector['id']}: the handshake is answered with {answer}, not {vector['handshake']}")
                failed.add(vector["id"])
        one = (headers, body, around.get("method"), around.get("url"), around.get("now"))
        for verdict in verifier.verify_deliveries([one] * 5):
            compare("batch", vector, told(verdict))
        for size in (7, 1000):
            found = outcome(lambda: streamed(verifier.begin, headers, body, around, size)[1])
            if found[0] != "unsupported":
                streams += 1
                compare(f"in pieces of {size}", vector, found)
            try:
                stream, verdict = streamed(verifier.begin_identified, headers, body, around, size)
            except (Rejected, ConfigError) as fault:
                # Without a signature there is no identity, and no stream that asks for one.
                if fault.reason != "unsupported":
                    compare(f"identified in pieces of {size}", vector, (fault.reason, fault.code, None, None, False))
                elif vector["expect"] == "authentic" and found[0] != "unsupported" and found[2] is not None:
                    faults.append(f"{vector['id']}: it is verified in pieces and not identified: {fault}")
                    failed.add(vector["id"])
                continue
            identities += 1
            compare(f"identified in pieces of {size}", vector, told(verdict))
            if stream.identity() != verifier.identify(headers, body, **place):
                faults.append(f"{vector['id']}: in pieces of {size} it is another message")
                failed.add(vector["id"])
    # What scripts/test-everywhere looks for.
    print(f"\nvectors: {checked - len(failed)} of {checked} passed")
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:50])
    assert checked >= 5000 and streams >= 8000 and ids >= 300 and handshakes >= 150, (checked, streams, ids, handshakes)
    assert identities >= 2000, identities


def test_bare_signatures_get_the_same_verdict_alone_in_batches_and_in_columns():
    """Vectors whose verdict hangs on one header line and the body alone."""
    pyarrow = pytest.importorskip("pyarrow")
    faults, checked = [], 0
    for vector in VECTORS:
        given = vector["verifier"]
        plain = "connection" in given or "connection_text" in given
        if not plain or vector["expect"] in CONFIG_ERRORS:
            continue
        verifier = make(given)
        headers, body, _ = delivery(vector["delivery"])
        if len(headers) != 1 or headers[0][0].lower() != verifier.header.lower().encode():
            continue
        config = given.get("connection")
        if config is None or "scheme" in config or "not_" in json.dumps(config):
            continue
        checked += 1
        signature = headers[0][1]
        want = expected(vector)
        found = [outcome(lambda: verifier.verify_signature(signature, body))]
        found.append(outcome(lambda: verifier.verify_signature(signature.decode("latin-1"), body)))
        found += [told(verdict) for verdict in verifier.verify_batch([(signature, body)] * 6)]
        if any(one != want for one in found):
            faults.append(f"{vector['id']}: {found}, not {want}")
        table = pyarrow.table({"signature": [signature] * 2, "body": [body] * 2})
        codes = list(verifier.verify_arrow(table))
        if codes != [want[1]] * 2:
            faults.append(f"{vector['id']}: {codes} in columns, not {want[1]}")
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:50])
    assert checked >= 1500, checked

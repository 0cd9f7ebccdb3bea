#!/usr/bin/env python3
"""Writes connection.json, deliveries.ndjson and expected.ndjson, or with --check tells whether they are up to date.

Needs Python 3.9 or later and its standard library, nothing else. The secrets are examples and protect nothing.
"""

import argparse
import base64
import calendar
import hmac
import json
import os
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
SECRET = "example-secret-2-do-not-use"
OLDER_SECRET = "example-secret-1-do-not-use"
FOREIGN_SECRET = "a-secret-the-shop-never-had"
SIGN = "X-Fivetran-Hmac-Sign"
COMPANION = "X-Fivetran-Hmac-Algorithm"

CONNECTION = {
    "group_id": "example_group",
    "service": "webhooks",
    "trust_certificates": True,
    "trust_fingerprints": True,
    "run_setup_tests": True,
    "paused": False,
    "pause_after_trial": False,
    "sync_frequency": 60,
    "schedule_type": "auto",
    "data_delay_sensitivity": "NORMAL",
    "networking_method": "Directly",
    "config": {
        "schema": "webhooks",
        "table": "orders",
        "auth_method": "HMAC",
        "auth_secret": SECRET,
        "secrets": [OLDER_SECRET],
        "algorithm": "INFER_FROM_HEADER",
        "signature_encoding": "HEXA_DECIMAL",
        "bucket_service": "Fivetran",
        "sync_format": "Unpacked",
    },
}

CODES = {
    "authentic": 0, "missing_signature": 1, "repeated_signature": 2, "malformed_signature": 3, "unknown_algorithm": 4,
    "algorithm_not_accepted": 5, "malformed_encoding": 6, "wrong_length": 7, "mismatch": 8,
}

ANNA = {"id": "cus_311", "name": "Anna Berg", "email": "anna.berg@example.com", "country": "SE"}
ZOE = {"id": "cus_312", "name": "Zo\u00eb M\u00fcller", "email": "zoe@example.org", "country": "DE"}
YUKI = {"id": "cus_313", "name": "\u5c71\u7530 \u7531\u7d00", "email": "yuki@example.net", "country": "JP"}
OMAR = {"id": "cus_314", "name": "Omar Haddad", "email": "omar@example.com", "country": "FR"}

LINES = {
    "1001": [{"sku": "TENT-2P", "title": "Two-person tent", "quantity": 1, "price": "189.00"},
             {"sku": "PEG-10", "title": "Ten tent pegs", "quantity": 2, "price": "7.50"}],
    "1002": [{"sku": "LAMP-H", "title": "Head lamp", "quantity": 1, "price": "34.90"}],
    "1003": [{"sku": "BAG-W", "title": "Winter sleeping bag", "quantity": 1, "price": "249.00"},
             {"sku": "MAT-L", "title": "Mat, long", "quantity": 1, "price": "59.00"}],
    "1004": [{"sku": "STOVE-G", "title": "Gas stove", "quantity": 3, "price": "44.00"}],
    "1005": [{"sku": "ROPE-60", "title": "Rope, 60 m", "quantity": 1, "price": "139.00"}],
}
CUSTOMERS = {"1001": ANNA, "1002": ZOE, "1003": YUKI, "1004": OMAR, "1005": ANNA}


def event(order, kind, minute, **more):
    """One event of an order, as the shop would say it."""
    lines = LINES[order]
    total = sum(line["quantity"] * int(line["price"].replace(".", "")) for line in lines)
    said = {
        "event": "order." + kind,
        "event_id": "evt_%s_%s" % (order, kind),
        "created_at": "2025-10-09T%02d:%02d:00Z" % (9 + minute // 60, minute % 60),
        "order": {"id": "ord-" + order, "currency": "EUR", "total": "%d.%02d" % (total // 100, total % 100), "lines": lines},
        "customer": CUSTOMERS[order],
    }
    said.update(more)
    return said


def compact(said):
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def spaced(said):
    return json.dumps(said, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"


def escaped(said):
    return json.dumps(said).encode("ascii")


def sign(digest, body, secret=SECRET):
    return hmac.new(secret.encode("utf-8"), body, digest).hexdigest()


def authentic():
    """(id, headers, body, algorithm, secret_index): one sender's style each."""
    body = compact(event("1001", "created", 0))
    yield "ord-1001-created", {SIGN: sign("sha256", body)}, body, "SHA_256", 0
    body = compact(event("1001", "paid", 3, payment={"method": "card", "reference": "pay_8841"}))
    yield "ord-1001-paid", {SIGN: "sha256=" + sign("sha256", body)}, body, "SHA_256", 0
    body = compact(event("1002", "created", 12))
    yield "ord-1002-created", {SIGN: "sha1=" + sign("sha1", body)}, body, "SHA_1", 0
    body = spaced(event("1002", "paid", 14, payment={"method": "transfer", "reference": "pay_8842"}))
    yield "ord-1002-paid", {SIGN: "SHA-512:" + sign("sha512", body).upper()}, body, "SHA_512", 0
    body = compact(event("1003", "created", 20))
    yield "ord-1003-created", [["content-type", "application/json"], [SIGN.lower(), "hmac-sha384=" + sign("sha384", body)]], body, "SHA_384", 0
    body = escaped(event("1003", "paid", 21, payment={"method": "card", "reference": "pay_8843"}))
    yield "ord-1003-paid", {SIGN: "md5=" + sign("md5", body)}, body, "MD5", 0
    body = compact(event("1004", "created", 35))
    yield "ord-1004-created", {COMPANION: "HmacSHA224", SIGN: sign("sha224", body)}, body, "SHA_224", 0
    body = compact(event("1001", "shipped", 90, shipment={"carrier": "Example Parcel", "tracking": "EP000123456SE"}))
    yield "ord-1001-shipped", {SIGN: sign("sha512", body)}, body, "SHA_512", 0
    body = compact(event("1002", "shipped", 95, shipment={"carrier": "Example Parcel", "tracking": "EP000123457DE"}))
    yield "ord-1002-shipped", {SIGN: "sha256=" + sign("sha256", body, OLDER_SECRET)}, body, "SHA_256", 1
    said = event("1002", "refunded", 130, refund={"amount": "34.90", "reason": "Gef\u00e4llt nicht"})
    body = json.dumps(said, ensure_ascii=False).encode("latin-1")  # an old shop system that does not speak UTF-8
    yield ("ord-1002-refunded", [["Content-Type", "application/json; charset=iso-8859-1"], [SIGN, " sha256=%s " % sign("sha256", body)]], body,
           "SHA_256", 0)


def forged():
    """(id, headers, body, verdict): one fault each."""
    honest = compact(event("1004", "paid", 36, payment={"method": "card", "reference": "pay_8844"}))
    yield ("ord-1004-amount-changed", {SIGN: "sha256=" + sign("sha256", honest)},
           honest.replace(b'"total":"132.00"', b'"total":"1.32"'), "mismatch")
    body = compact(event("1005", "created", 140))
    yield "ord-1005-wrong-secret", {SIGN: "sha256=" + sign("sha256", body, FOREIGN_SECRET)}, body, "mismatch"
    body = compact(event("1005", "paid", 141, payment={"method": "card", "reference": "pay_8845"}))
    signature = sign("sha256", body)
    yield "ord-1005-truncated", {SIGN: "sha256=" + signature[:32]}, body, "wrong_length"
    yield "ord-1005-truncated-bare", {SIGN: signature[:32]}, body, "mismatch"
    yield "ord-1005-label-against-length", {SIGN: "sha512=" + signature}, body, "wrong_length"
    yield "ord-1005-label-against-companion", {COMPANION: "SHA_512", SIGN: "sha256=" + signature}, body, "algorithm_not_accepted"
    yield "ord-1005-unknown-label", {SIGN: "v1=" + signature}, body, "unknown_algorithm"
    yield "ord-1005-no-signature", {}, body, "missing_signature"
    yield "ord-1005-two-signatures", [[SIGN, signature], [SIGN, signature]], body, "repeated_signature"
    yield "ord-1005-empty-signature", {SIGN: "sha256="}, body, "malformed_signature"
    yield "ord-1005-not-hex", {SIGN: "sha256=" + base64.b64encode(bytes.fromhex(signature)).decode("ascii")}, body, "malformed_encoding"


def received_at(body):
    """Two seconds after the event."""
    created = json.loads(body.decode("latin-1"))["created_at"]
    return calendar.timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ")) + 2


def delivery(id, headers, body):
    if isinstance(headers, dict):
        headers = dict({"Content-Type": "application/json", "User-Agent": "ExampleShop/4.2"}, **headers)
    record = {"id": id, "method": "POST", "url": "https://hooks.example.com/orders", "headers": headers}
    try:
        record["body"] = body.decode("utf-8")
    except UnicodeDecodeError:
        record["body_base64"] = base64.b64encode(body).decode("ascii")
    record["received_at"] = received_at(body)
    return json.dumps(record, ensure_ascii=False)


def expected(line, id, verdict, algorithm, secret_index):
    record = {"id": id, "line": line, "verdict": verdict, "code": CODES[verdict], "algorithm": algorithm, "secret_index": secret_index}
    return json.dumps(record, separators=(",", ":"))


def build():
    """The three files as {name: text}."""
    rows = [(id, headers, body, "authentic", algorithm, index) for id, headers, body, algorithm, index in authentic()]
    rows += [(id, headers, body, verdict, None, None) for id, headers, body, verdict in forged()]
    return {
        "connection.json": json.dumps(CONNECTION, indent=2) + "\n",
        "deliveries.ndjson": "".join(delivery(*row[:3]) + "\n" for row in rows),
        "expected.ndjson": "".join(expected(line, row[0], *row[3:]) + "\n" for line, row in enumerate(rows, 1)),
    }


def read(name):
    try:
        with open(os.path.join(FOLDER, name), encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name each file that is not up to date")
    arguments = parser.parse_args()
    files = build()
    if arguments.check:
        names = [name for name, text in files.items() if read(name) != text]
        table = read("README.md") or ""
        for line in files["expected.ndjson"].splitlines():
            row = json.loads(line)
            if not any("`%s`" % row["id"] in said and "| %s |" % row["verdict"] in said for said in table.splitlines()):
                names.append("README.md (%s)" % row["id"])
        for name in names:
            print("not up to date: %s" % name, file=sys.stderr)
        return 1 if names else 0
    for name, text in files.items():
        with open(os.path.join(FOLDER, name), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Prints how fast countersign is beside Python's hmac and beside standardwebhooks and svix.

Before anything is measured, all contestants must take what is authentic and reject what is not. Then they take turns, round
by round, so that what slows the machine down slows them all down, and of each the fastest round counts. Times are of one
delivery; ratios are of the same run.
"""

import base64
import hashlib
import hmac
import platform
import ssl
import sys
import time
import timeit
from datetime import datetime, timezone
from importlib.metadata import version

import pyarrow
import standardwebhooks
import svix.webhooks as svix

from countersign_webhooks import Rejected, Signer, Verifier

SIZES = (32, 256, 1024, 64 * 1024)
BATCH = 512
# How long each contestant is measured, in rounds so short that many pass without being interrupted.
SECONDS = 0.1 if "--quick" in sys.argv else 1.5
ROUND_SECONDS = 0.0002
KEY = b"0123456789abcdef0123456789abcdef"


def measure(names, contestants):
    """Seconds of each contestant's statement, by the contestants' names: the fastest of many rounds."""
    timers, best = {}, {}
    for name, statement in contestants.items():
        # A statement and not a function, since calling one costs as much as half a verification.
        timer = timeit.Timer(statement, globals=names)
        number, seconds = 1, timer.timeit(1)
        while seconds < ROUND_SECONDS / 2:
            number *= 2
            seconds = timer.timeit(number)
        timers[name], best[name] = (timer, number), seconds / number
    end = time.monotonic() + SECONDS * len(contestants)
    while time.monotonic() < end:
        for name, (timer, number) in timers.items():
            best[name] = min(best[name], timer.timeit(number) / number)
    return best


def agree(contestants, authentic, forged):
    """Each contestant takes the one and not the other. A contestant says so by a value or by raising."""
    for name, verify in contestants.items():
        for delivery, wanted in ((authentic, True), (forged, False)):
            try:
                found = verify(*delivery) is not False
            except (Rejected, standardwebhooks.WebhookVerificationError, svix.WebhookVerificationError):
                found = False
            assert found == wanted, f"{name} says {found} of a delivery that is {wanted}"


def table(title, notes, rows):
    print(f"\n{title}\n")
    for note in notes:
        print(f"  {note}")
    print()
    names = [name for name in rows[0][1] if name != "countersign"]
    width = max(map(len, names)) + 2
    print(f"  {'body':>7}  {'countersign':>12}" + "".join(f"{name:>{width}}" for name in names))
    for size, best in rows:
        ours = best["countersign"]
        ratios = "".join(f"{best[name] / ours:>{width - 2}.1f} x" for name in names)
        print(f"  {size:>5} B  {ours * 1e9:>9.0f} ns{ratios}")


def single():
    text_verifier, hex_verifier = Verifier(KEY), Verifier.preset("github", KEY)
    ours = text_verifier.verify_signature

    def prepared(tag, body):
        return hmac.compare_digest(hmac.digest(KEY, body, "sha256"), tag)

    def decoded(signature, body):
        return hmac.compare_digest(hmac.digest(KEY, body, "sha256"), base64.b64decode(signature))

    def as_hex(signature, body):
        return hmac.compare_digest("sha256=" + hmac.new(KEY, body, hashlib.sha256).hexdigest(), signature)

    rows, hex_rows = [], []
    for size in SIZES:
        body = b"x" * size
        tag = hmac.digest(KEY, body, "sha256")
        text, github = base64.b64encode(tag).decode(), "sha256=" + tag.hex()
        forged = bytes([tag[0] ^ 1]) + tag[1:]
        agree({"countersign": ours, "decoded": decoded}, (text, body), (base64.b64encode(forged).decode(), body))
        agree({"prepared": prepared}, (tag, body), (forged, body))
        agree({"countersign": hex_verifier.verify_signature, "as_hex": as_hex}, (github, body), ("sha256=" + forged.hex(), body))
        names = {"ours": ours, "hmac": hmac, "base64": base64, "hashlib": hashlib, "KEY": KEY, "body": body, "tag": tag,
                 "text": text, "github": github, "hexed": hex_verifier.verify_signature}
        rows.append((size, measure(names, {
            "countersign": "ours(text, body)",
            "digest, tag decoded": "hmac.compare_digest(hmac.digest(KEY, body, 'sha256'), tag)",
            "digest, b64decode": "hmac.compare_digest(hmac.digest(KEY, body, 'sha256'), base64.b64decode(text))",
        })))
        hex_rows.append((size, measure(names, {
            "countersign": "hexed(github, body)",
            "new().hexdigest()":
                "hmac.compare_digest('sha256=' + hmac.new(KEY, body, hashlib.sha256).hexdigest(), github)",
        })))
    table("verify_signature, SHA_256, base64", [
        "countersign: ours(text, body), from the header's text",
        "digest, tag decoded: hmac.compare_digest(hmac.digest(KEY, body, 'sha256'), tag), the tag being bytes already",
        "digest, b64decode: the same with base64.b64decode(text), as people do",
    ], rows)
    table("verify_signature, SHA_256, hex (GitHub)", [
        "new().hexdigest(): hmac.compare_digest('sha256=' + hmac.new(KEY, body, hashlib.sha256).hexdigest(), text), as",
        "GitHub's documentation has it",
    ], hex_rows)


def whole():
    secret = "whsec_" + base64.b64encode(KEY).decode()
    signer, verifier = Signer.preset("standard-webhooks", secret), Verifier.preset("standard-webhooks", secret)
    peer, svix_peer, rows = standardwebhooks.Webhook(secret), svix.Webhook(secret), []

    def swapped(body, headers):
        return verifier.verify(headers, body)

    def unparsed(body, headers):
        return peer.verify(body, headers, json_parse=False)

    for size in SIZES:
        body = b"x" * size
        more = {"content-type": "application/json", "user-agent": "bench", "host": "localhost", "accept": "*/*"}
        headers = more | signer.headers(body, id="msg_1")
        forged = headers | {"webhook-signature": "v1," + base64.b64encode(bytes(32)).decode()}
        contestants = {"countersign": swapped, "standardwebhooks": unparsed, "svix": svix_peer.verify}
        agree(contestants, (body, headers), (body, forged))
        names = {"ours": verifier.verify, "peer": peer.verify, "svix": svix_peer.verify, "body": body, "headers": headers}
        rows.append((size, measure(names, {
            "countersign": "ours(headers, body)",
            "standardwebhooks": "peer(body, headers, json_parse=False)",
            "svix": "svix(body, headers)",
        })))
    table("A whole Standard Webhooks delivery of seven header lines (a dict), without parsing the body", [], rows)


def batch():
    verifier, rows = Verifier(KEY), []
    for size in SIZES:
        count = BATCH if size < 64 * 1024 else 64
        bodies = [number.to_bytes(4, "big") * (size // 4) for number in range(count)]
        signatures = [base64.b64encode(hmac.digest(KEY, body, "sha256")).decode() for body in bodies]
        # Every other one is wrong, so that nobody gets by with one answer for all.
        given = [signatures[at] if at % 2 else signatures[at - 1] for at in range(count)]
        pairs, wanted = list(zip(given, bodies)), [at % 2 == 1 for at in range(count)]
        columns = pyarrow.table({"signature": given, "body": bodies})

        def stdlib(pairs=pairs):
            compare, digest, decode = hmac.compare_digest, hmac.digest, base64.b64decode
            return [compare(digest(KEY, body, "sha256"), decode(signature)) for signature, body in pairs]

        def ours(pairs=pairs):
            return verifier.verify_batch(pairs)

        def arrow(columns=columns):
            return verifier.verify_arrow(columns)

        assert [bool(verdict) for verdict in ours()] == wanted == stdlib()
        assert [code == 0 for code in arrow()] == wanted
        names = {"ours": ours, "arrow": arrow, "stdlib": stdlib}
        best = measure(names, {"countersign": "ours()", "hmac in a loop": "stdlib()"})
        columns_best = measure(names, {"countersign": "arrow()", "hmac in a loop": "stdlib()"})
        rows.append((size, {name: seconds / count for name, seconds in best.items()},
                     {name: seconds / count for name, seconds in columns_best.items()}))
    note = ["hmac in a loop: digest, b64decode and compare_digest as above; half of the signatures are forged"]
    table(f"verify_batch of {BATCH} (64 of 64 KiB)", note, [(size, best) for size, best, _ in rows])
    table(f"verify_arrow of {BATCH} rows (64 of 64 KiB)", note, [(size, best) for size, _, best in rows])


def main():
    print(f"CPython {platform.python_version()}, {ssl.OPENSSL_VERSION}, {datetime.now(timezone.utc):%Y-%m-%d}")
    print(f"standardwebhooks {version('standardwebhooks')}, svix {version('svix')}")
    start = time.monotonic()
    single()
    whole()
    batch()
    print(f"\nmeasured in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()

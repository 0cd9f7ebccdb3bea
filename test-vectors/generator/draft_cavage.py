"""`scheme-draft-cavage.json`: signatures by draft-cavage-http-signatures with HMAC."""

from .build import ALGORITHMS, BODY, OTHER_SECRET, SECRET
from .message_sender import SignedCavage, b64, content_digest, old_digest
from .scheme_build import Schemes
from .sender import NOW

URL = "https://hooks.example.com/in?shop=1"
DATE = "Thu, 09 Oct 2025 08:53:20 GMT"
COMPONENTS = ["(request-target)", "date", "digest"]


def scheme(components=COMPONENTS, algorithm="SHA_256", header="Authorization", timestamp=None, **more):
    it = {"signature": dict({"header": header, "format": "draft-cavage", "components": list(components)}, **more), "algorithm": algorithm}
    return dict(it, timestamp=timestamp) if timestamp else it


def by(source, tolerance=300):
    return {"from": source, "unit": "http_date" if source == "header:Date" else "s", "tolerance": tolerance}


def files():
    notes = {"Accepted": "An authentic delivery.", "Component": "What a signature can cover.", "Coverage": "What the signature must cover, and does not.", "Digest": "The hash of the body.",
             "Algorithm": "The algorithm is the scheme's, whatever the message says.", "Time": "When the message was made, and until when it is good.", "Structure": "A header that does not have the form of the draft.",
             "Tampered": "A part that is signed was altered.", "Config": "A fault of the scheme."}
    out = Schemes("scheme-draft-cavage.json", "Signatures by draft-cavage", "Schemes with the format draft-cavage: draft-cavage-http-signatures-12 with HMAC, and Digest by RFC 3230.", notes)
    lines = [("(request-target)", "post /in?shop=1"), ("date", DATE), ("digest", old_digest(BODY))]
    sent = [["Date", DATE], ["Digest", old_digest(BODY)]]

    def add(id, comment, expect, flag, value, it=None, headers=sent, body=BODY, now=NOW, url=URL, method="POST", name=None, **more):
        it = it or scheme()
        out.add("cavage-" + id, comment, expect, flag, it, headers + ([] if value is None else [[name or it["signature"]["header"], value]]), body, now=now, url=url, method=method, **more)

    good = SignedCavage(lines)
    text = b64(good.tag)
    add("accept", "A message as the draft makes it.", "authentic", "Accepted", good.value())
    add("word-case", "The word in front in another case.", "authentic", "Accepted", good.value("SIGNATURE "))
    add("own-header", "In a header of its own, without the word.", "authentic", "Accepted", good.value(""), scheme(header="Signature"))
    add("own-header-word", "In a header of its own, with the word.", "authentic", "Accepted", good.value(), scheme(header="Signature"))
    add("blanks", "Blanks around the parameters.", "authentic", "Accepted", " " + good.value().replace(",", " , \t") + " ")
    add("rotation", "The second of two secrets signed.", "authentic", "Accepted", good.value(), secrets=[OTHER_SECRET, SECRET], index=1)
    gateway = SignedCavage([("@request-target", "post /in?shop=1")] + lines[1:])
    add("gateway", "The name that some gateways write for the request target.", "authentic", "Accepted", gateway.value(), scheme(["@request-target", "date", "digest"]))
    add("gateway-name", "That name, where the scheme has the one of the draft.", "authentic", "Accepted", gateway.value())
    add("names-case", "Names in the list in another case.", "authentic", "Accepted", good.value(names=good.names.title()))
    add("wrong-secret", "Signed with another secret.", "mismatch", "Tampered", SignedCavage(lines, OTHER_SECRET.encode()).value())
    add("body", "The body was altered.", "mismatch", "Digest", good.value(), body=BODY + b" ")
    add("body-and-digest", "The body and its digest were altered.", "mismatch", "Tampered", good.value(), headers=[sent[0], ["Digest", old_digest(b"{}")]], body=b"{}")
    add("method", "Another method.", "mismatch", "Tampered", good.value(), method="PUT")
    add("url", "Another query.", "mismatch", "Tampered", good.value(), url=URL + "2")
    add("host", "Another host, which is not signed.", "authentic", "Component", good.value(), url=URL.replace("hooks", "other"))
    add("date", "Another date.", "mismatch", "Tampered", good.value(), headers=[["Date", DATE.replace("20", "21")], sent[1]])
    add("names-order", "The names in another order than they were signed in.", "mismatch", "Tampered", good.value(names="date (request-target) digest"))
    add("no-method", "The method is not known.", "missing_part", "Coverage", good.value(), method=None)
    add("no-url", "The URL is not known.", "missing_part", "Coverage", good.value(), url=None)
    add("no-date", "A signed header is not there.", "missing_part", "Coverage", good.value(), headers=sent[1:])
    add("two-dates", "A signed header stands there twice.", "repeated_signature", "Structure", good.value(), headers=sent + sent[:1])
    add("missing", "No signature.", "missing_signature", "Structure", None)
    for at, name in enumerate(["request-target", "date", "digest"]):
        add("without-" + name, "A component is not covered.", "missing_part", "Coverage", SignedCavage(lines[:at] + lines[at + 1:]).value())
    more = SignedCavage(lines + [("x-kind", "a")])
    add("more", "A header more.", "authentic", "Coverage", more.value(), headers=sent + [["X-Kind", "a"]])
    add("more-altered", "A header more, altered.", "mismatch", "Tampered", more.value(), headers=sent + [["X-Kind", "b"]])
    add("newline", "A header with a newline in it, that would be a line of its own.", "malformed_signature", "Coverage", more.value(), headers=sent + [["X-Kind", "a\nx: b"]])
    for id, value in [("no-word", good.value("")), ("other-word", good.value("Bearer ")), ("empty", ""), ("word-alone", "Signature"), ("no-signature", good.value().replace("signature=", "sig=")), ("no-headers", good.value().replace("headers=", "head=")),
                      ("quote", good.value()[:-1]), ("behind", good.value() + "x"), ("comma", good.value() + ","), ("twice", good.value() + ',signature="%s"' % text), ("names-empty", good.value(names="")),
                      ("names-blanks", good.value(names=good.names.replace(" ", "  "))), ("names-twice", good.value(names=good.names + " date")), ("names-unknown", good.value(names=good.names + " (other)")), ("signature-empty", good.value(signature=""))]:
        add("form-" + id, "A value that does not have the form of the draft.", "malformed_signature", "Structure", value)
    add("form-label", "A label inside of the signature.", "malformed_encoding", "Structure", good.value(signature="sha256=" + text))
    add("form-letter", "A letter that base64 does not have.", "malformed_encoding", "Structure", good.value(signature="!" + text[1:]))
    add("form-short", "The last byte of the signature is cut off.", "wrong_length", "Structure", good.value(signature=b64(good.tag[:-1])))
    bodiless = dict(scheme(["(request-target)", "date"]), covers_body=False)
    add("bodiless", "A sender that does not sign the body, with any body.", "authentic", "Coverage", SignedCavage(lines[:2]).value(), bodiless, body=b"{}")
    add("bodiless-covered", "A message of that sender that covers a digest all the same.", "mismatch", "Digest", good.value(), bodiless, body=b"{}")
    algorithms(add, lines)
    digests(add, lines)
    times(add, lines)
    key_id = scheme(key_id="k1")
    add("key-id", "The scheme names the key.", "authentic", "Accepted", good.value(), key_id)
    add("key-id-other", "The message names another key.", "mismatch", "Tampered", good.value(), scheme(key_id="k2"))
    config(out, sent + [["Authorization", good.value()]])
    return [out.file()]


def algorithms(add, lines):
    for algorithm in [ALGORITHMS[1]] + ALGORITHMS[3:]:
        for id, name in [("", "hmac-" + algorithm.digest), ("-hs2019", "hs2019"), ("-none", "")]:
            signed = SignedCavage(lines, algorithm=name, digest=algorithm.digest)
            add("alg-%s%s" % (algorithm.digest, id), "The algorithm of the scheme, by its name or by none.", "authentic", "Algorithm", signed.value(), scheme(algorithm=algorithm.name), algorithm=algorithm)
    add("alg-of-the-message", "The message names another algorithm, by which it is signed.", "algorithm_not_accepted", "Algorithm", SignedCavage(lines, algorithm="hmac-sha1", digest="sha1").value())
    add("alg-lie", "The message names another algorithm than it is signed by.", "algorithm_not_accepted", "Algorithm", SignedCavage(lines, algorithm="hmac-sha512").value())
    for name in ["rsa-sha256", "none", "HS256"]:
        add("alg-" + name.lower(), "The message names something else.", "unknown_algorithm", "Algorithm", SignedCavage(lines, algorithm=name).value())


def digests(add, lines):
    def signed(id, expect, value, name="digest", body=BODY, components=COMPONENTS):
        made = SignedCavage(lines[:2] + [(name, value)])
        add("digest-" + id, "What a digest may be, and what not.", expect, "Digest", made.value(), scheme(components), [["Date", DATE], [name.title(), value]], body)

    good, other, sha512 = old_digest(BODY), old_digest(BODY + b" "), old_digest(BODY, "SHA-512")
    for id, expect, value in [("sha512", "authentic", sha512), ("both", "authentic", "%s,%s" % (good, sha512)), ("both-blank", "authentic", "%s, %s" % (good, sha512)), ("small", "authentic", good.replace("SHA", "sha")), ("unknown-too", "authentic", "MD5=AAAA," + good),
                              ("one-wrong", "mismatch", "%s,%s" % (sha512, other)), ("wrong", "mismatch", other), ("weak-only", "unknown_algorithm", "MD5=AAAA"), ("no-equals", "malformed_signature", "SHA-256"), ("empty", "malformed_signature", ""),
                              ("twice", "malformed_signature", "%s,%s" % (good, good)), ("short", "wrong_length", "SHA-256=AAAA"), ("letter", "malformed_encoding", good.replace("=", "=!", 1)), ("new-form", "malformed_encoding", content_digest(BODY).replace("sha", "SHA"))]:
        signed(id, expect, value)
    signed("content", "authentic", content_digest(BODY), "content-digest", components=["(request-target)", "date", "content-digest"])
    signed("content-wrong", "mismatch", content_digest(BODY), "content-digest", b"{}", ["content-digest"])
    both = SignedCavage(lines + [("content-digest", content_digest(b"{}"))])
    add("digest-two-headers", "Two headers with digests, one of them of another body.", "mismatch", "Digest", both.value(), headers=[["Date", DATE], ["Digest", old_digest(BODY)], ["Content-Digest", content_digest(b"{}")]])


def times(add, lines):
    by_date = scheme(timestamp=by("header:Date"))
    good = SignedCavage(lines)
    for id, expect, now in [("in", "authentic", NOW + 300), ("late", "expired", NOW + 301), ("ahead", "from_future", NOW - 301)]:
        add("date-" + id, "The time is that of the header Date.", expect, "Time", good.value(), by_date, now=now)
    add("date-any", "Without a tolerance the time does not matter.", "authentic", "Time", good.value(), now=1)
    broken = SignedCavage([lines[0], ("date", "today"), lines[2]])
    add("date-none", "A date that is none.", "malformed_timestamp", "Time", broken.value(), by_date, [["Date", "today"], ["Digest", lines[2][1]]])
    by_created = scheme(["(created)", "digest"], timestamp=by("signature:created"))
    made = lambda created, quote="", more="", signed=None: SignedCavage([("(created)", created if signed is None else signed), lines[2]], algorithm="hs2019", more="created=%s%s%s%s" % (quote, created, quote, more))  # noqa: E731
    for id, quote in [("number", ""), ("quoted", '"')]:
        add("created-" + id, "The time is a parameter of the signature.", "authentic", "Time", made(str(NOW), quote).value(), by_created)
    add("created-late", "The same, too late.", "expired", "Time", made(str(NOW - 301)).value(), by_created)
    add("created-altered", "The parameter was altered.", "mismatch", "Tampered", made(str(NOW), signed=str(NOW - 301)).value(), by_created)
    add("created-text", "A time that is none.", "malformed_timestamp", "Time", made("now").value(), by_created)
    add("created-absent", "The time is covered and not there.", "missing_timestamp", "Time", made(str(NOW)).value().replace("created=%d," % NOW, ""), by_created)
    expiring = lambda seconds: SignedCavage([("(created)", str(NOW)), ("(expires)", str(seconds)), lines[2]], more="created=%d,expires=%d" % (NOW, seconds))  # noqa: E731
    add("expires-before", "Before it expires.", "authentic", "Time", expiring(NOW + 1).value(), scheme(["(created)", "(expires)", "digest"]))
    add("expires-at", "At the moment at which it expires.", "expired", "Time", expiring(NOW).value(), scheme(["(created)", "(expires)", "digest"]))
    add("stale-and-altered", "Old, and with another body: first it must be authentic.", "mismatch", "Time", good.value(), by_date, now=NOW + 999, body=b"{}")


def config(out, headers):
    good = scheme()
    for id, it in [
        ("no-digest", scheme(["date"])), ("component-unknown", scheme(["(other)", "digest"])), ("component-rfc9421", scheme(["@method", "digest"])), ("component-capital", scheme(["Date", "digest"])),
        ("created-not-covered", scheme(timestamp=by("signature:created"))), ("date-not-covered", scheme(["digest"], timestamp=by("header:Date"))), ("other-header", scheme(timestamp=by("header:X-Time"))),
        ("md5", scheme(algorithm="MD5")), ("label", scheme(label="sig1")), ("key-id-empty", scheme(key_id="")), ("signed", dict(good, signed="{body}")), ("url-alphabet", dict(good, encoding="BASE64_URL")), ("covers-body-false", dict(good, covers_body=False)),
    ]:
        out.add("cavage-config-" + id, "A scheme with a fault.", "invalid_config", "Config", it, headers, now=NOW, url=URL, method="POST")

"""`scheme-rfc9421.json`: HTTP Message Signatures with HMAC, and the vector of the RFC itself."""

from .build import ALGORITHMS, BODY, OTHER_SECRET, SECRET
from .message_sender import Signed9421, b64, content_digest
from .scheme_build import Schemes
from .sender import NOW

SOURCE = "https://www.rfc-editor.org/rfc/rfc9421#appendix-B.2.5"
# RFC 9421 appendix B.1.5, B.2 and B.2.5.
RFC_SECRET = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
RFC_DIGEST = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
RFC_REQUEST = [["Host", "example.com"], ["Date", "Tue, 20 Apr 2021 02:07:55 GMT"], ["Content-Type", "application/json"], ["Content-Digest", RFC_DIGEST], ["Content-Length", "18"]]
RFC_INPUT = 'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
RFC_SIGNATURE = "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"
URL = "https://hooks.example.com/in?shop=1&name=a+b"
COMPONENTS = ["@method", "@target-uri", "content-digest"]


def scheme(components=COMPONENTS, algorithm="SHA_256", timestamp=300, secret=None, **more):
    it = {"signature": dict({"header": "Signature", "format": "rfc9421", "components": list(components)}, **more), "algorithm": algorithm}
    if timestamp is not None:
        it["timestamp"] = {"from": "signature:created", "unit": "s", "tolerance": timestamp}
    return dict(it, secret=secret) if secret else it


def files():
    notes = {"Accepted": "An authentic delivery.", "Component": "One of the components that a signature can cover.", "Coverage": "What the signature must cover, and does not.",
             "Digest": "The hash of the body.", "Algorithm": "The algorithm is the scheme's, whatever the message says.", "Time": "When the message was made, and until when it is good.",
             "Structure": "A header that is no such structured field, or holds several signatures.", "Tampered": "A part that is signed was altered.", "Published": "From the RFC.", "Config": "A fault of the scheme."}
    out = Schemes("scheme-rfc9421.json", "HTTP Message Signatures", "Schemes with the format rfc9421: RFC 9421 with HMAC, and Content-Digest by RFC 9530.", notes)
    published(out)
    lines = [('"@method"', "POST"), ('"@target-uri"', URL), ('"content-digest"', content_digest(BODY))]
    created = ";created=%d" % NOW
    digest_line = ["Content-Digest", content_digest(BODY)]

    def add(id, comment, expect, flag, headers, it=None, body=BODY, now=NOW, url=URL, method="POST", **more):
        out.add("rfc9421-" + id, comment, expect, flag, it or scheme(), headers, body, now=now, url=url, method=method, **more)

    good = Signed9421(lines, created + ';keyid="k1"')
    add("accept", "A message as the RFC makes it.", "authentic", "Accepted", good.headers(digest_line))
    add("header-case", "Header names in another case.", "authentic", "Accepted", [[key.swapcase(), value] for key, value in good.headers(digest_line)])
    add("blanks", "Blanks at the ends of the headers.", "authentic", "Accepted", [[key, " %s\t" % value] for key, value in good.headers(digest_line)])
    add("rotation", "The second of two secrets signed.", "authentic", "Accepted", good.headers(digest_line), secrets=[OTHER_SECRET, SECRET], index=1)
    add("wrong-secret", "Signed with another secret.", "mismatch", "Tampered", Signed9421(lines, created, OTHER_SECRET.encode()).headers(digest_line))
    add("body", "The body was altered.", "mismatch", "Digest", good.headers(digest_line), body=BODY + b" ")
    add("body-and-digest", "The body and its digest were altered.", "mismatch", "Tampered", good.headers(["Content-Digest", content_digest(BODY + b" ")]), body=BODY + b" ")
    add("method", "Another method.", "mismatch", "Tampered", good.headers(digest_line), method="PUT")
    add("url", "Another URL.", "mismatch", "Tampered", good.headers(digest_line), url=URL + "2")
    add("parameters", "A parameter of the signature was altered.", "mismatch", "Tampered", good.headers(digest_line, input="sig1=" + good.input.replace("k1", "k2")))
    add("no-method", "The method is not known.", "missing_part", "Coverage", good.headers(digest_line), method=None)
    add("no-url", "The URL is not known.", "missing_part", "Coverage", good.headers(digest_line), url=None)
    add("no-signature", "No signature.", "missing_signature", "Structure", good.headers(digest_line)[:2])
    add("no-input", "No list of what is signed.", "missing_part", "Structure", [digest_line] + good.headers()[1:])
    add("two-signature-lines", "Two lines of the signature.", "repeated_signature", "Structure", good.headers(digest_line) + good.headers()[1:])
    add("two-input-lines", "Two lines of the list.", "repeated_signature", "Structure", good.headers(digest_line) + good.headers()[:1])
    add("two-digest-lines", "Two lines of the digest.", "repeated_signature", "Structure", good.headers(digest_line, digest_line))
    add("other-label", "The signature has another label than the list.", "missing_signature", "Structure", [digest_line, good.headers()[0], ["Signature", "sig2=:%s:" % b64(good.tag)]])
    for id, value in [("no-colons", "sig1=%s" % b64(good.tag)), ("text", 'sig1="%s"' % b64(good.tag)), ("bare", b64(good.tag)), ("empty", ""), ("half", "sig1=:%s" % b64(good.tag)), ("comma", "sig1=:%s:," % b64(good.tag)), ("nothing", "sig1=::"),
                      ("url-alphabet", "sig1=:-%s:" % b64(good.tag)[1:]), ("twice", "sig1=:%s:, sig1=:%s:" % (b64(good.tag), b64(good.tag)))]:
        add("signature-" + id, "A signature that is no member of a dictionary.", "malformed_signature", "Structure", [digest_line, good.headers()[0], ["Signature", value]])
    add("signature-label", "A label inside of the bytes.", "malformed_encoding", "Structure", [digest_line, good.headers()[0], ["Signature", "sig1=:sha256=%s:" % b64(good.tag)]])
    add("signature-short", "The last byte of the signature is cut off.", "wrong_length", "Structure", good.headers(digest_line, signature=b64(good.tag[:-1])))
    add("signature-odd", "A letter too few.", "malformed_encoding", "Structure", good.headers(digest_line, signature=b64(good.tag)[1:]))
    for id, value in [("no-list", "sig1=1"), ("open", "sig1=" + good.input.replace(")", "")), ("commas", "sig1=" + good.input.replace('" "', '","')), ("tokens", "sig1=" + good.input.replace('"', "")),
                      ("empty", ""), ("twice", "sig1=%s, sig1=%s" % (good.input, good.input)), ("capital", "Sig1=" + good.input), ("rest", "sig1=%s x" % good.input), ("escape", "sig1=" + good.input.replace("@method", "\\@method")),
                      ("parameter-twice", "sig1=%s;created=1" % good.input)]:
        add("input-" + id, "A list that is no such structured field.", "malformed_signature", "Structure", good.headers(digest_line, input=value))
    add("input-not-ascii", "A letter that no structured field has.", "malformed_signature", "Structure", good.headers(digest_line, input=("sig1=%s;x=\"\u00e9\"" % good.input)))
    coverage(add, lines, created, digest_line)
    several(add, lines, created, digest_line, good)
    components(add, created, digest_line)
    digests(add, lines, created)
    algorithms(add, lines, created, digest_line)
    times(add, lines, digest_line)
    config(out, good.headers(digest_line))
    return [out.file()]


def published(out):
    covered = ["date", "@authority", "content-type", "content-digest"]
    # The RFC's own signature leaves the body out, so a scheme that authenticates the body refuses it.
    out.add("rfc9421-b25", "The message of B.2.5 leaves the body out, which this scheme does not take.", "missing_part", "Published", scheme(covered, timestamp=None, secret="BASE64"),
            RFC_REQUEST + [["Signature-Input", RFC_INPUT], ["Signature", RFC_SIGNATURE]], b'{"hello": "world"}', secrets=[RFC_SECRET], url="https://example.com/foo?param=Value&Pet=dog", method="POST", source=SOURCE)
    uncovered = dict(scheme(covered[:3], timestamp=None, secret="BASE64", authority="example.com"), covers_body=False)
    for id, comment, expect, more in [("whole", "The message of B.2.5, under a scheme that says that the body is not covered.", "authentic", {}), ("other-body", "The same with another body.", "authentic", {"body": b"{}"}),
                                      ("other-date", "The same with another date.", "mismatch", {"date": "Tue, 20 Apr 2021 02:07:56 GMT"})]:
        request = [[name, more.get("date", value) if name == "Date" else value] for name, value in RFC_REQUEST]
        out.add("rfc9421-b25-" + id, comment, expect, "Published", uncovered, request + [["Signature-Input", RFC_INPUT], ["Signature", RFC_SIGNATURE]], more.get("body", b'{"hello": "world"}'),
                secrets=[RFC_SECRET], source=SOURCE)


def coverage(add, lines, created, digest_line):
    for at, name in enumerate(["method", "target-uri", "content-digest"]):
        signed = Signed9421(lines[:at] + lines[at + 1:], created)
        add("without-" + name, "A component is not covered.", "missing_part", "Coverage", signed.headers(digest_line))
    add("empty-list", "Nothing is covered.", "missing_part", "Coverage", Signed9421([], created).headers(digest_line))
    turned = Signed9421(lines[::-1], created)
    add("other-order", "The components in another order.", "authentic", "Coverage", turned.headers(digest_line))
    more = Signed9421(lines + [('"x-kind"', "a")], created)
    add("more", "A header more.", "authentic", "Coverage", more.headers(digest_line, ["X-Kind", "a"]))
    add("more-altered", "A header more, altered.", "mismatch", "Tampered", more.headers(digest_line, ["X-Kind", "b"]))
    add("more-absent", "A header more, which is not there.", "missing_part", "Coverage", more.headers(digest_line))
    twice = Signed9421(lines + [lines[0]], created)
    add("component-twice", "A component stands twice.", "malformed_signature", "Coverage", twice.headers(digest_line))
    bare = Signed9421([(name + ";sf" if "digest" in name else name, value) for name, value in lines], created)
    add("digest-with-parameter", "The digest is covered in another form.", "missing_part", "Coverage", bare.headers(digest_line))
    add("newline", "A header with a newline in it, that would be a line of its own.", "malformed_signature", "Coverage", more.headers(digest_line, ["X-Kind", "a\n\"x\": b"]))


def several(add, lines, created, digest_line, good):
    other = Signed9421(lines, created, OTHER_SECRET.encode(), label="proxy")
    tagged = Signed9421(lines, created + ';tag="shop"', label="sig2")
    pair = lambda *signed: [digest_line, ["Signature-Input", ", ".join(one.headers()[0][1] for one in signed)], ["Signature", ", ".join(one.headers()[1][1] for one in signed)]]  # noqa: E731
    add("two-signatures", "Two signatures, and the scheme does not say which.", "repeated_signature", "Structure", pair(good, other))
    add("label", "The scheme names the label.", "authentic", "Structure", pair(other, good), scheme(label="sig1"))
    add("label-other", "The scheme names the label of another's signature.", "mismatch", "Structure", pair(other, good), scheme(label="proxy"))
    add("label-absent", "The scheme names a label that is not there.", "missing_signature", "Structure", pair(good), scheme(label="sig9"))
    add("tag", "The scheme names the tag.", "authentic", "Structure", pair(other, tagged), scheme(tag="shop"))
    add("tag-absent", "The scheme names a tag that is not there.", "missing_signature", "Structure", pair(good, other), scheme(tag="shop"))
    add("key-id", "The scheme names the key.", "authentic", "Accepted", good.headers(digest_line), scheme(key_id="k1"))
    add("key-id-other", "The message names another key.", "mismatch", "Tampered", good.headers(digest_line), scheme(key_id="k2"))
    add("key-id-absent", "The message names no key.", "mismatch", "Tampered", Signed9421(lines, created).headers(digest_line), scheme(key_id="k1"))


def components(add, created, digest_line):
    digest = ('"content-digest"', digest_line[1])
    for id, name, value, url in [
        ("authority", "@authority", "hooks.example.com", "https://Hooks.Example.COM:443/in"), ("authority-port", "@authority", "hooks.example.com:8443", "https://hooks.example.com:8443/in"),
        ("authority-http", "@authority", "hooks.example.com", "http://user@hooks.example.com:80"), ("scheme", "@scheme", "https", "https://hooks.example.com/"), ("path", "@path", "/in/%2F", "https://hooks.example.com/in/%2F?a"),
        ("path-empty", "@path", "/", "https://hooks.example.com"), ("query", "@query", "?a=1&a=2", "https://hooks.example.com/?a=1&a=2"), ("query-empty", "@query", "?", "https://hooks.example.com/in"),
        ("request-target", "@request-target", "/in?a=1", "https://hooks.example.com/in?a=1"), ("target-uri", "@target-uri", "https://hooks.example.com/in", "https://hooks.example.com/in#part"),
        ("query-param", '@query-param";name="name', "a%20b", URL), ("query-param-name", '@query-param";name="fa%C3%A7ade%22%3A%20', "something", "https://hooks.example.com/?fa%C3%A7ade%22%3A%20=something"),
        ("query-param-empty", '@query-param";name="a', "", "https://hooks.example.com/?a"),
    ]:
        signed = Signed9421([('"%s"' % name, value), digest], created)
        wanted = name.replace('";', ";") + ('"' if ";" in name else "")
        add("component-" + id, "The component %s." % wanted, "authentic", "Component", signed.headers(digest_line), scheme([wanted, "content-digest"]), url=url)
    for id, query in [("twice", "a=1&a=2"), ("absent", "b=1"), ("escaped-twice", "a=1&%61=1"), ("not-utf8", "a=%ff")]:
        signed = Signed9421([('"@query-param";name="a"', "1"), digest], created)
        add("query-param-" + id, "A parameter that has not one value.", "missing_part", "Component", signed.headers(digest_line), scheme(["content-digest"]), url="https://hooks.example.com/?" + query)
    for id, name in [("status", '"@status"'), ("unknown", '"@nothing"'), ("sf", '"date";sf'), ("key", '"date";key="a"'), ("bs", '"date";bs'), ("req", '"@method";req'), ("tr", '"date";tr'), ("capital", '"Date"')]:
        signed = Signed9421([(name, "1"), digest], created)
        add("component-" + id, "A component that a request does not have, or in a form that is not read.", "malformed_signature", "Component", signed.headers(digest_line, ["Date", "1"]), scheme(["content-digest"]))
    empty = Signed9421([('"x-empty"', ""), digest], created)
    add("component-empty", "A header without a value.", "authentic", "Component", empty.headers(digest_line, ["X-Empty", ""]), scheme(["x-empty", "content-digest"]))
    fixed = Signed9421([('"@authority"', "hooks.example.com"), digest], created)
    add("authority-fixed", "The scheme knows the authority.", "authentic", "Component", fixed.headers(digest_line), scheme(["@authority", "content-digest"], authority="hooks.example.com"), url="http://10.0.0.1/in")
    add("authority-fixed-other", "The scheme knows another authority.", "mismatch", "Tampered", fixed.headers(digest_line), scheme(["@authority", "content-digest"], authority="example.com"))
    add("path-only", "The URL is a path, which has no authority.", "missing_part", "Component", fixed.headers(digest_line), scheme(["@authority", "content-digest"]), url="https:///in")


def digests(add, lines, created):
    def signed(value):
        return Signed9421(lines[:2] + [('"content-digest"', value)], created).headers(["Content-Digest", value])

    good, other = content_digest(BODY), content_digest(BODY + b" ")
    sha512 = content_digest(BODY, "sha-512")
    for id, expect, value in [
        ("sha512", "authentic", sha512), ("both", "authentic", "%s, %s" % (good, sha512)), ("unknown-too", "authentic", "md5=:AAAA:, " + good), ("parameter", "authentic", good + ";a=1"),
        ("one-wrong", "mismatch", "%s, %s" % (sha512, other)), ("wrong", "mismatch", other), ("weak-only", "unknown_algorithm", "md5=:AAAA:"), ("sha-only", "unknown_algorithm", "sha=:AAAA:"),
        ("old-form", "malformed_signature", good.replace("=:", "=").replace("=:", "=")), ("empty", "malformed_signature", ""), ("short", "wrong_length", "sha-256=:AAAA:"), ("odd", "malformed_encoding", "sha-256=:AAAAA:"),
        ("twice", "malformed_signature", "%s, %s" % (good, good)), ("capital", "malformed_signature", good.replace("sha", "SHA")),
    ]:
        add("digest-" + id, "What a digest may be, and what not.", expect, "Digest", signed(value))
    add("digest-absent", "The digest is covered and not there.", "missing_part", "Digest", Signed9421(lines, created).headers())
    empty = content_digest(b"")
    add("digest-of-nothing", "An empty body with its digest.", "authentic", "Digest", signed(empty), body=b"")


def algorithms(add, lines, created, digest_line):
    for algorithm in ALGORITHMS[3:]:
        signed = Signed9421(lines, created + ';alg="hmac-%s"' % algorithm.digest, digest=algorithm.digest)
        add("alg-" + algorithm.digest, "The message names the algorithm of the scheme.", "authentic", "Algorithm", signed.headers(digest_line), scheme(algorithm=algorithm.name), algorithm=algorithm)
        unnamed = Signed9421(lines, created, digest=algorithm.digest)
        add("no-alg-" + algorithm.digest, "The message names no algorithm.", "authentic", "Algorithm", unnamed.headers(digest_line), scheme(algorithm=algorithm.name), algorithm=algorithm)
    named = Signed9421(lines, created + ';alg="hmac-sha512"', digest="sha512")
    add("alg-of-the-message", "The message names another algorithm, by which it is signed.", "algorithm_not_accepted", "Algorithm", named.headers(digest_line))
    lying = Signed9421(lines, created + ';alg="hmac-sha512"')
    add("alg-lie", "The message names another algorithm than it is signed by.", "algorithm_not_accepted", "Algorithm", lying.headers(digest_line))
    for name in ["rsa-pss-sha512", "ed25519", "none", "hmac", ""]:
        signed = Signed9421(lines, created + ';alg="%s"' % name)
        add("alg-%s" % (name or "empty"), "The message names something else.", "unknown_algorithm", "Algorithm", signed.headers(digest_line))
    token = Signed9421(lines, created + ";alg=hmac-sha256")
    add("alg-token", "The algorithm is no text.", "malformed_signature", "Algorithm", token.headers(digest_line))


def times(add, lines, digest_line):
    signed = lambda parameters: Signed9421(lines, parameters).headers(digest_line)  # noqa: E731
    for id, expect, seconds in [("past-in", "authentic", -300), ("past-out", "expired", -301), ("future-in", "authentic", 300), ("future-out", "from_future", 301)]:
        add("created-" + id, "At an edge of the tolerance.", expect, "Time", signed(";created=%d" % (NOW + seconds)))
    add("created-absent", "The time is missing.", "missing_timestamp", "Time", signed(';keyid="k"'))
    for id, value in [("text", '"%d"' % NOW), ("decimal", "%d.5" % NOW), ("negative", "-1"), ("token", "now"), ("zeros", "0%d" % NOW)]:
        add("created-" + id, "A time that is none.", "malformed_timestamp", "Time", signed(";created=" + value))
    add("no-tolerance", "Without a tolerance the time does not matter.", "authentic", "Time", signed(";created=1"), scheme(timestamp=None))
    add("expires-before", "Before it expires.", "authentic", "Time", signed(";created=%d;expires=%d" % (NOW, NOW + 1)))
    add("expires-at", "At the moment at which it expires.", "expired", "Time", signed(";created=%d;expires=%d" % (NOW, NOW)))
    add("expires-without-rule", "It expires, whatever the scheme says of times.", "expired", "Time", signed(";expires=%d" % (NOW - 1)), scheme(timestamp=None))
    add("expires-text", "A time that is none.", "malformed_timestamp", "Time", signed(';created=%d;expires="%d"' % (NOW, NOW + 9)))
    add("stale-and-wrong", "Old, and signed with another secret: first it must be authentic.", "mismatch", "Time", Signed9421(lines, ";created=1", OTHER_SECRET.encode()).headers(digest_line))
    add("stale-and-altered", "Old, and with another body: first it must be authentic.", "mismatch", "Time", signed(";created=1"), body=b"{}")
    date = "Thu, 09 Oct 2025 08:53:20 GMT"
    by_date = dict(scheme(["date", "content-digest"]), timestamp={"from": "header:Date", "unit": "http_date", "tolerance": 300})
    dated = lambda text: Signed9421([('"date"', text), lines[2]], "").headers(digest_line, ["Date", text])  # noqa: E731
    add("date", "The time is that of the header Date.", "authentic", "Time", dated(date), by_date)
    add("date-late", "The same, too late.", "expired", "Time", dated(date), by_date, now=NOW + 301)
    for id, text in [("iso", "2025-10-09T08:53:20Z"), ("zone", "Thu, 09 Oct 2025 08:53:20 UTC"), ("day", "Thu, 31 Sep 2025 08:53:20 GMT"), ("short", "Thu, 9 Oct 2025 08:53:20 GMT")]:
        add("date-" + id, "A date that is no HTTP date.", "malformed_timestamp", "Time", dated(text), by_date)


def config(out, headers):
    good = scheme()
    part = lambda **more: dict(good, signature=dict(good["signature"], **more))  # noqa: E731
    without = lambda field: dict(good, signature={key: value for key, value in good["signature"].items() if key != field})  # noqa: E731
    for id, it in [
        ("no-components", without("components")), ("no-digest", scheme(["@method"])), ("old-digest", scheme(["digest"])), ("components-text", part(components="content-digest")), ("components-empty", scheme([])),
        ("component-twice", scheme(["content-digest", "content-digest"])), ("component-capital", scheme(["Content-Digest", "content-digest"])), ("component-unknown", scheme(["@nothing", "content-digest"])),
        ("component-cavage", scheme(["(request-target)", "content-digest"])), ("component-parameter", scheme(["@query-param", "content-digest"])), ("too-many", scheme(["content-digest"] + ["x-%d" % number for number in range(32)])),
        ("label", part(label="Sig")), ("label-empty", part(label="")), ("tag", part(tag="\u00e9")), ("key-id-quote", part(key_id='a"b')), ("authority-empty", part(authority="")),
        ("separator", part(separator=",")), ("header", part(header="a b")), ("infer", scheme(algorithm="INFER_FROM_HEADER")), ("md5", scheme(algorithm="MD5")), ("hex", dict(good, encoding="HEXA_DECIMAL")),
        ("signed", dict(good, signed="{body}")), ("id", dict(good, id={"from": "header:X-Id"})), ("function", dict(good, function="twilio")), ("unit", dict(good, timestamp={"from": "signature:created", "unit": "ms"})),
        ("from", dict(good, timestamp={"from": "header:X-Time", "unit": "s"})), ("iat", dict(good, timestamp={"from": "signature:iat", "unit": "s"})), ("date-not-covered", dict(good, timestamp={"from": "header:Date", "unit": "http_date"})),
        ("name", part(format="RFC9421")), ("covers-body-false", dict(good, covers_body=False)), ("covers-nothing", dict(scheme([]), covers_body=False)), ("covers-body-text", dict(good, covers_body="no")), ("fields", dict(good, fields={"from": "json"})),
    ]:
        out.add("rfc9421-config-" + id, "A scheme with a fault.", "invalid_config", "Config", it, headers, now=NOW, url=URL, method="POST")
    untimed = scheme(timestamp=None)
    out.add("rfc9421-config-tolerance", "A tolerance for a time that the scheme does not read.", "invalid_config", "Config", untimed, headers, now=NOW, url=URL, method="POST", tolerance=5)
    out.add("rfc9421-tolerance", "Another tolerance.", "expired", "Time", good, headers, now=NOW + 6, url=URL, method="POST", tolerance=5)

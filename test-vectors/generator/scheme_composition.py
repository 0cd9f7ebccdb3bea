"""`scheme-composition*.json`: schemes that read more of a delivery than a header and the body. What is signed stands here as text."""

import base64
import gzip
import hashlib
import hmac
import json
import struct
import zlib

from .build import BASE64, HEXA_DECIMAL, SECRET, VectorFile
from .scheme_build import NAME, STAMP, Schemes, in_header
from .sender import NOW

URL = "https://hooks.example.com/in/shop?b=2&a=1"
FORM = ["Content-Type", "application/x-www-form-urlencoded"]
UNSIGNED = {"covers_body": False}


def gzip_of_blanks(length):
    """RFC 1952 with one block of fixed codes (RFC 1951 section 3.2.6): a blank, as often as needed, and then the last
    blank 258 times, as often as needed. What zlib makes depends on its version."""
    repeats, blanks = (length - 1) // 258, (length - 1) % 258 + 1
    bits = "110" + format(0x30 + ord(" "), "08b") * blanks + (format(0xC0 + 285 - 280, "08b") + "00000") * repeats + "0000000"
    data = b"".join(bytes([int(bits[at : at + 8][::-1], 2)]) for at in range(0, len(bits), 8))
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + data + struct.pack("<II", zlib.crc32(b" " * length), length)


def scheme(signed="{body}", signature=None, algorithm="SHA_256", encoding=HEXA_DECIMAL, **more):
    return dict({"signature": signature or {"header": NAME}, "algorithm": algorithm, "encoding": encoding, "signed": signed}, **more)


def mac(text, secret=SECRET, algorithm="sha256", encoding=HEXA_DECIMAL):
    text = text.encode() if isinstance(text, str) else text
    secret = secret.encode() if isinstance(secret, str) else secret
    tag = hmac.new(secret, text, algorithm).digest()
    return tag.hex() if encoding == HEXA_DECIMAL else base64.b64encode(tag).decode()


class Out:
    """A file of vectors whose deliveries are written out."""

    def __init__(self, name, title, description, notes):
        self.schemes = Schemes(name, title, description, notes)

    def add(self, id, comment, flag, it, expect="authentic", url=None, headers=(), body=b"", now=None, **more):
        body = body.encode() if isinstance(body, str) else body
        self.schemes.add("composed-" + id, comment, expect, flag, it, [list(line) for line in headers], body, url=url, now=now, **more)

    def signed(self, id, comment, flag, it, text, expect="authentic", headers=(), **more):
        """A delivery whose signature is in the header, of this text."""
        self.add(id, comment, flag, it, expect, headers=list(headers) + [[NAME, mac(text)]], **more)

    def refuse(self, id, comment, it):
        self.add("config-" + id, comment, "Config", it, "invalid_config", headers=[[NAME, "0" * 64]])


def places():
    notes = {"Place": "The signature or token is in the query, a form, a JSON body or an XML body.", "Moved": "Timestamp or id are there.", "Fault": "A fault of the delivery.", "Config": "A fault of the scheme.", "Token": "A token outside a header."}
    out = Out("scheme-composition-places.json", "Places of the signature", "Schemes whose signature, token, timestamp or id is in the URL or in the body.", notes)
    query = scheme("{query:id}", {"from": "query:sign"}, **UNSIGNED)
    url = "https://hooks.example.com/in?id=a1&sign="
    good = mac("a1")
    out.add("query", "The signature is a parameter.", "Place", query, url=url + good)
    out.add("query-upper", "Hex in upper case.", "Place", query, url=url + good.upper())
    out.add("query-escaped", "Name and value with escapes.", "Place", query, url="https://hooks.example.com/in?%69d=%611&sig%6e=" + good + "#sign=0")
    out.add("query-body", "A body, which is not signed.", "Place", query, url=url + good, body="{}")
    for id, comment, place, expect in [("missing", "No signature.", "https://hooks.example.com/in?id=a1", "missing_signature"), ("no-query", "No query.", "https://hooks.example.com/in", "missing_signature"), ("fragment", "The signature is behind the query.", "https://hooks.example.com/in?id=a1#sign=" + good, "missing_signature"),
                                       ("twice", "The signature twice.", url + good + "&sign=" + good, "repeated_signature"), ("empty", "An empty signature.", url, "malformed_signature"), ("letter", "Not in the encoding.", url + "!" + good[1:], "malformed_encoding"), ("short", "Too short.", url + good[2:], "wrong_length"),
                                       ("other", "Another value.", (url + good).replace("a1", "a2"), "mismatch"), ("absent", "The signed value is absent.", "https://hooks.example.com/in?sign=" + good, "missing_part"), ("value-twice", "The signed value twice.", url + good + "&id=a1", "repeated_signature"),
                                       ("value-empty", "The signed value is empty.", "https://hooks.example.com/in?id=&sign=" + mac(""), "missing_part")]:
        out.add("query-" + id, comment, "Fault", query, expect, url=place)
    out.add("query-header", "The signature in a header of that name.", "Fault", query, "missing_signature", url="https://hooks.example.com/in?id=a1", headers=[["sign", good]])
    form = scheme("{form:id}", {"from": "form:sign", "format": "prefixed", "prefix": "v1="}, **UNSIGNED)
    out.add("form", "The signature is a field of a form.", "Place", form, headers=[FORM], body="id=a%201&sign=v1%3D" + mac("a 1"))
    out.add("form-no-type", "A form whose header does not say so.", "Place", form, body="sign=v1=" + mac("a+1") + "&id=a%2B1")
    out.add("form-other-type", "Another Content-Type.", "Fault", form, "missing_signature", headers=[["Content-Type", "text/plain"]], body="id=1&sign=v1=" + mac("1"))
    body = {"id": "a1", "more": {"list": [1, {"sign": mac("a1")}]}}
    deep = scheme("{json:/id}", {"from": "json:/more/list/1/sign"}, **UNSIGNED)
    out.add("json", "The signature is deep in a JSON body.", "Place", deep, body=json.dumps(body))
    out.add("json-missing", "No signature.", "Fault", deep, "missing_signature", body='{"id": "a1", "more": {"list": [1]}}')
    out.add("json-null", "The signature is null.", "Fault", deep, "missing_signature", body='{"id": "a1", "more": {"list": [1, {"sign": null}]}}')
    out.add("json-broken", "The body is not JSON.", "Fault", deep, "missing_part", body='{"id": "a1"')
    out.add("json-twice", "A name twice on the way.", "Fault", deep, "missing_part", body='{"id": "a1", "id": "a1", "more": {"list": [1, {"sign": "%s"}]}}' % mac("a1"))
    for id, other in [("case", "ID"), ("case-unicode", "\u0131d")]:
        out.add("json-" + id, "Beside the signed value the same name in other letters, which some parsers take for it.", "Fault", deep, "missing_part", body='{"id": "a1", "%s": "a2", "more": {"list": [1, {"sign": "%s"}]}}' % (other, mac("a1")))
    out.add("json-case-elsewhere", "The same name in other letters, elsewhere.", "Place", deep, body='{"id": "a1", "x": {"ID": "a2"}, "more": {"list": [1, {"sign": "%s"}]}}' % mac("a1"))
    xml = scheme("{xml:id}", {"from": "xml:sign"}, **UNSIGNED)
    out.add("xml", "The signature is an element of flat XML.", "Place", xml, body="<xml>\n  <id><![CDATA[a&1]]></id>\n  <sign>%s</sign>\n</xml>" % mac("a&1"))
    out.add("xml-entity", "A value with entities.", "Place", xml, body="<?xml version=\"1.0\"?><xml><sign>%s</sign><id>a&amp;&#49;</id></xml>" % mac("a&1"))
    for id, comment, text, expect in [("twice", "An element twice.", "<xml><id>1</id><sign>%s</sign><id>1</id></xml>", "repeated_signature"), ("nested", "An element in an element.", "<xml><id><b>1</b></id><sign>%s</sign></xml>", "missing_part"), ("comment", "A comment.", "<xml><id>1<!-- x --></id><sign>%s</sign></xml>", "missing_part"),
                                      ("attribute", "An attribute.", "<xml><id x=\"y\">1</id><sign>%s</sign></xml>", "missing_part"), ("open", "An element without its end.", "<xml><id>1</id><sign>%s</sign>", "missing_part")]:
        out.add("xml-" + id, comment, "Fault", xml, expect, body=text % mac("1"))
    stamped = scheme("{timestamp}{json:/sig/token}", {"from": "json:/sig/signature"}, timestamp={"from": "json:/sig/timestamp", "unit": "s", "tolerance": 300}, **UNSIGNED)
    whole = lambda stamp, token, text: json.dumps({"sig": {"timestamp": stamp, "token": token, "signature": mac(text)}, "event": "delivered"})  # noqa: E731
    out.add("stamp-json", "The timestamp is in the body.", "Moved", stamped, body=whole(str(NOW), "abc", "%dabc" % NOW), now=NOW)
    out.add("stamp-json-number", "As a number.", "Moved", stamped, body=whole(NOW, "abc", "%dabc" % NOW), now=NOW)
    out.add("stamp-json-old", "Too old.", "Moved", stamped, "expired", body=whole(str(NOW), "abc", "%dabc" % NOW), now=NOW + 301)
    out.add("stamp-json-digits", "Eleven digits, of which one could be the token's.", "Fault", stamped, "malformed_timestamp", body=whole("%d1" % NOW, "abc", "%d1abc" % NOW), now=NOW)
    out.add("stamp-json-missing", "No timestamp.", "Fault", stamped, "missing_timestamp", body='{"sig": {"token": "abc", "signature": "%s"}}' % mac("abc"), now=NOW)
    moved = scheme("{id}.{timestamp}.{body}", timestamp={"from": "query:t", "unit": "ms", "tolerance": 60}, id={"from": "query:id"})
    place = "https://hooks.example.com/in?id=m%%201&t=%d000" % NOW
    out.signed("id-query", "Timestamp and id are parameters.", "Moved", moved, "m 1.%d000.{}" % NOW, url=place, body="{}", now=NOW)
    out.signed("id-query-dot", "The id contains what ends it.", "Fault", moved, "m.1.%d000.{}" % NOW, "missing_part", url=place.replace("%20", "."), body="{}", now=NOW)
    out.signed("id-query-blank", "The id ends with a blank.", "Fault", moved, "m .%d000.{}" % NOW, "missing_part", url=place.replace("%201", "+"), body="{}", now=NOW)
    out.signed("id-query-missing", "No id.", "Fault", moved, ".%d000.{}" % NOW, "missing_part", url="https://hooks.example.com/in?t=%d000" % NOW, body="{}", now=NOW)
    tokens(out)
    for id, comment, it in [("both", "A header and another place.", scheme(signature={"header": NAME, "from": "query:a"})), ("neither", "No place.", scheme(signature={"format": "bare"})), ("kind", "A place that there is not.", scheme(signature={"from": "cookie:a"})), ("empty", "No name.", scheme(signature={"from": "query:"})),
                            ("pointer", "A pointer without a slash.", scheme(signature={"from": "json:a"})), ("function", "Together with a function.", scheme("{url}{body}", {"from": "query:a"}, function="hubspot")), ("uncovered", "The body is not signed, and the scheme does not say so.", scheme("{query:id}", {"from": "query:sign"})),
                            ("covered", "The body is signed, and the scheme says that it is not.", scheme("{body}", {"from": "query:sign"}, **UNSIGNED)), ("type", "covers_body is a text.", scheme("{query:id}", covers_body="false")), ("nothing", "Nothing of a delivery is signed.", scheme("{secret}", **UNSIGNED)), ("nothing-said", "Nothing but the time is signed, and the scheme does not say that the body is not.", scheme("{timestamp}", timestamp=in_header())),
                            ("open-end", "Nothing ends the value.", scheme("{query:id}{body}")), ("open-end-xml", "Nothing ends the value.", scheme("{body}{xml:id}"))]:
        out.refuse(id, comment, it)
    return out.schemes.file()


def tokens(out):
    for kind, place, url, body, lines in [("query", "query:key", "https://hooks.example.com/in?key=%s", "", []), ("form", "form:key", None, "a=1&key=%s", [FORM]), ("json", "json:/sharedSecret", None, '{"sharedSecret": "%s", "a": 1}', []), ("xml", "xml:key", None, "<r><key>%s</key></r>", [])]:
        it = {"token": {"from": place}}
        for id, comment, token, expect in [("good", "The token.", "a-token", "authentic"), ("wrong", "Another token.", "a-toker", "mismatch"), ("longer", "A longer token.", "a-token1", "mismatch")]:
            out.add("token-%s-%s" % (kind, id), comment, "Token", it, expect, url=url and url % token, body=body % token if "%s" in body else body, headers=lines, secrets=["another", "a-token"], algorithm=None, index=1)
        out.add("token-%s-missing" % kind, "No token.", "Token", it, "missing_signature", url=url and url.replace("key", "k"), body=body.replace("key", "k").replace("sharedSecret", "k"), headers=lines, secrets=["a-token"])
    out.add("token-config-both", "A header and another place.", "Config", {"token": {"header": "X-Token", "from": "query:key"}}, "invalid_config")
    out.add("token-config-place", "A place that there is not.", "Config", {"token": {"from": "body"}}, "invalid_config")


def texts():
    notes = {"Text": "Texts of the template beside those of all schemes.", "Hash": "A hash of the body is signed.", "Cut": "A value that contains what ends it.", "Fault": "A fault of the delivery.", "Config": "A fault of the scheme.", "Shape": "What is around the signature, the key or the body.", "Headers": "The signature header lists the signed headers."}
    out = Out("scheme-composition-texts.json", "Texts of the template", "Schemes that sign parts of the URL, values of the query and of the body, and hashes.", notes)
    body = '{"id": "x/\\u00e9", "n": 1.50, "o": {"a" : [1]}, "t": true}'
    for id, template, text in [("path", "{path}\n{body}", "/in/shop\n" + body), ("path-alone", "{path}{body}", "/in/shop" + body), ("target", "{method} {target}\n{body}", "POST /in/shop?b=2&a=1\n" + body), ("query", "{query}|{body}", "b=2&a=1|" + body), ("query-name", "{query:a}|{query:b}|{body}", "1|2|" + body),
                               ("url-path", "{url}|{path}|{body}", URL + "|/in/shop|" + body), ("json-text", "{json:/id}|{body}", "x/\u00e9|" + body), ("json-number", "{json:/n}|{body}", "1.50|" + body), ("json-object", "{json:/o}|{body}", '{"a" : [1]}|' + body), ("json-true", "{json:/t}|{body}", "true|" + body),
                               ("php", "{php:json:/id}|{body}", '"x\\/\\u00e9"|' + body), ("upper", "{upper:path}|{body}", "/IN/SHOP|" + body), ("upper-touches", "{upper:path}{body}", "/IN/SHOP" + body), ("hubspot", "{hubspot:url}{body}", URL + body), ("behind", "{body}|{query:a}", body + "|1"), ("braces", "{{{query:a}}}{body}", "{1}" + body), ("twice", "{query:a}-{query:a}-{body}", "1-1-" + body)]:
        out.signed("text-" + id, "The template %s." % template, "Text", scheme(template), text, url=URL, body=body, method="POST" if "method" in template else None)
    for id, url, text in [("root", "https://hooks.example.com", "/"), ("port", "http://u:p@hooks.example.com:8080/a?b#c", "/a?b"), ("ipv6", "https://[::1]/a", "/a"), ("marks", "https://h.example/a?b=?c", "/a?b=?c")]:
        out.signed("target-" + id, "The target of %s." % url, "Text", scheme("{target}|{body}"), text + "|x", url=url, body="x")
    for name, digest in [("md5", "md5"), ("sha1", "sha1"), ("sha256", "sha256"), ("sha384", "sha384"), ("sha512", "sha512")]:
        made = hashlib.new(digest, body.encode()).digest()
        for end, text in [("", made.hex()), ("-base64", base64.b64encode(made).decode())]:
            out.signed("hash-%s%s" % (name, end), "%s of the body%s." % (name, " in base64" if end else ""), "Hash", scheme("{timestamp}\n{%s%s:body}" % (name, end), timestamp=in_header("s", 300)), "%d\n%s" % (NOW, text), headers=[[STAMP, str(NOW)]], body=body, now=NOW)
    out.signed("hash-upper", "The hash in upper case.", "Hash", scheme("{upper:sha256:body}.{query:a}"), hashlib.sha256(b"x").hexdigest().upper() + ".1", url=URL, body="x")
    out.signed("hash-other", "The hash of another body.", "Fault", scheme("{sha256:body}"), hashlib.sha256(b"x").hexdigest(), "mismatch", body="y")
    out.signed("hash-empty", "An empty body has a hash too.", "Hash", scheme("{sha256:body}"), hashlib.sha256(b"").hexdigest())
    cut = scheme("{json:/id}.{form:x}-{body}")
    out.signed("missing-query", "The parameter is absent.", "Fault", scheme("{query:c}|{body}"), "|x", "missing_part", url=URL, body="x")
    out.signed("missing-url", "The URL is not known.", "Fault", scheme("{path}|{body}"), "|x", "missing_part", body="x")
    out.signed("cut-value", "A value that contains what ends it.", "Cut", scheme("{query:a}.{body}"), "1.2.x", "missing_part", url="https://hooks.example.com/?a=1.2", body="x")
    out.signed("cut-value-other", "A value that contains another literal.", "Cut", scheme("{query:a}.{body}-"), "1-2.x-", url="https://hooks.example.com/?a=1-2", body="x")
    out.signed("cut-behind", "A value behind the body that contains what begins it.", "Cut", scheme("{body}.{query:a}"), "x.1.2", "missing_part", url="https://hooks.example.com/?a=1.2", body="x")
    out.signed("cut-open", "The longest text ends where nothing tells.", "Cut", scheme("{query:b}.{query:a}", **UNSIGNED), "1.2.3", url="https://hooks.example.com/?a=2.3&b=1", body="x")
    out.refuse("cut-two", "Two values touch.", cut and scheme("{query:a}{query:b}.{body}"))
    for id, template in [("unknown", "{nope}|{query:a}{body}"), ("stamp", "{upper:timestamp}|{body}"), ("php", "{php:query:a}|{body}"), ("hash", "{sha3:body}"), ("deep", "{lower:lower:lower:lower:body}"), ("two-bodies", "{body}|{query:a}|{body}"), ("fields", "{fields}|{body}"), ("reserved", "{header:~0}|{query:a}|{body}"), ("pointer", "{json:id}|{body}")]:
        out.refuse("text-" + id, "The template %s." % template, scheme(template))
    shapes(out)
    printed(out, body)
    times_alone(out)
    listed(out)
    return out.schemes.file()


def printed(out, body):
    """JSON in another form than that in which it is sent, and base64."""
    for id, template, text in [("base64", "{base64:body}", base64.b64encode(body.encode()).decode()), ("base64-value", "{base64:query:a}|{body}", "MQ==|" + body), ("base64-hash", "{sha256:base64:body}.{query:a}", hashlib.sha256(base64.b64encode(body.encode())).hexdigest() + ".1"),
                               ("sorted", "{sorted:body}", '{"id":"x/é","n":1.50,"o":{"a":[1]},"t":true}'), ("sorted-base64", "{base64:sorted:json:/o}|{body}", base64.b64encode(b'{"a":[1]}').decode() + "|" + body), ("php-body", "{php:body}", '{"id":"x\\/\\u00e9","n":1.50,"o":{"a":[1]},"t":true}')]:
        out.signed("text-" + id, "The template %s." % template, "Text", scheme(template), text, url=URL, body=body)
    deep = '{"b": [{"d": 1, "c": {"f": null, "e": "\\u0009\\/\\""}}], "B": 2, "a": ""}'
    out.signed("sorted-deep", "Names are sorted in every object, by their bytes.", "Text", scheme("{sorted:body}"), '{"B":2,"a":"","b":[{"c":{"e":"\\t/\\"","f":null},"d":1}]}', body=deep)
    out.signed("sorted-value", "A value was altered.", "Fault", scheme("{sorted:body}"), '{"a":1}', "mismatch", body='{"a":2}')
    out.signed("sorted-twice", "A name stands twice.", "Fault", scheme("{sorted:body}"), '{"a":1}', "missing_part", body='{"a":1,"\\u0061":1}')
    out.signed("sorted-text", "A body that is not JSON.", "Fault", scheme("{sorted:body}"), "a", "missing_part", body="a")
    for id, template in [("sorted-query", "{sorted:query:a}|{body}"), ("sorted-base64-body", "{sorted:base64:body}"), ("base64-secret", "{base64:secret}{body}"), ("base64-lower", "{lower:base64:body}")]:
        out.refuse("text-" + id, "The template %s." % template, scheme(template))


def times_alone(out):
    """Senders that sign when they send, and nothing of what."""
    stamp = str(NOW) + "000"
    it = scheme("{timestamp}\n{secret}", timestamp=in_header("ms", 3600), **UNSIGNED)
    add = lambda id, comment, text, *more, **rest: out.signed("time-" + id, comment, "Text" if not more else "Fault", it, text, *more, now=NOW, **rest)  # noqa: E731
    add("alone", "The time and the secret.", stamp + "\n" + SECRET, headers=[[STAMP, stamp]], body="any")
    add("other", "Another time.", stamp + "\n" + SECRET, "mismatch", headers=[[STAMP, str(NOW) + "001"]])
    add("old", "Two hours ago.", "%d000\n%s" % (NOW - 7200, SECRET), "expired", headers=[[STAMP, "%d000" % (NOW - 7200)]])
    add("missing", "No time.", stamp + "\n" + SECRET, "missing_timestamp")
    out.signed("time-bare", "The time alone.", "Text", scheme("{timestamp}", timestamp=in_header("s", 300), **UNSIGNED), str(NOW), headers=[[STAMP, str(NOW)]], now=NOW)
    out.signed("time-bare-short", "A time that something else could follow.", "Fault", scheme("{timestamp}", timestamp=in_header("s"), **UNSIGNED), "5", "malformed_timestamp", headers=[[STAMP, "5"]], now=NOW)
    out.signed("url-alone", "The URL alone.", "Text", scheme("{url}", **UNSIGNED), URL, url=URL, body="any")
    ended = scheme("{json:/response}", {"header": NAME, "until": "###"}, **UNSIGNED)
    good = mac("abc")
    for id, comment, value, expect in [("until", "What stands behind the signature is no part of it.", good + "###1", "authentic"), ("until-twice", "The first end counts.", good + "###1###2", "authentic"), ("until-absent", "Nothing ends the signature.", good, "malformed_signature"),
                                       ("until-empty", "Nothing stands in front of the end.", "###1", "malformed_signature")]:
        out.add(id, comment, "Shape" if expect == "authentic" else "Fault", ended, expect, headers=[[NAME, value]], body='{"response":"abc"}')
    out.refuse("until-nothing", "An end without a text.", scheme("{json:/response}", {"header": NAME, "until": ""}, **UNSIGNED))


def shapes(out):
    body, stamp = '{"a":1}', str(NOW)
    wrapped = scheme("{body}", {"header": NAME, "wrapped_in": "BASE64"}, "SHA_512")
    hexa = mac(body, algorithm="sha512")
    wrap = lambda text: base64.b64encode(text.encode()).decode()  # noqa: E731
    sha512 = {"algorithm": None}
    from .build import ALGORITHMS
    sha512 = {"algorithm": ALGORITHMS[5]}
    out.add("wrapped", "base64 of the hex text.", "Shape", wrapped, headers=[[NAME, wrap(hexa)]], body=body, **sha512)
    out.add("wrapped-not", "Hex alone.", "Fault", wrapped, "wrong_length", headers=[[NAME, wrap(hexa[2:])]], body=body)
    out.add("wrapped-letter", "No base64.", "Fault", wrapped, "malformed_encoding", headers=[[NAME, "!" + wrap(hexa)]], body=body)
    groups = scheme("{timestamp}.{body}", {"header": NAME, "format": "pairs", "separator": ",", "key": "v1", "group_separator": " "}, timestamp={"from": "signature:t", "unit": "s", "tolerance": 300})
    right, wrong = "t=%s,v1=%s" % (stamp, mac(stamp + "." + body)), "t=%s,v1=%s" % (stamp, mac(stamp + "." + body, "another"))
    old = "t=%d,v1=%s" % (NOW - 400, mac("%d.%s" % (NOW - 400, body)))
    for id, comment, value, expect in [("one", "One group.", right, "authentic"), ("first", "The first group is right.", right + " " + wrong, "authentic"), ("second", "The second group is right.", wrong + " " + right, "authentic"), ("none", "No group is right.", wrong + " " + wrong, "mismatch"), ("blanks", "Blanks around pairs.", wrong + "  " + right.replace(",", " , "), "authentic"),
                                       ("malformed", "One group is malformed.", "t=1 " + right, "authentic"), ("malformed-both", "Both are malformed; the first fault counts.", "v1=00,t=%s x" % stamp, "wrong_length"), ("old", "The group that is right is too old.", old + " " + wrong, "expired"), ("old-new", "One is too old, one is right.", old + " " + right, "authentic"),
                                       ("mixed", "The time of one group, the signature of another.", "t=%d,v1=%s %s" % (NOW + 1, mac(stamp + "." + body), wrong), "mismatch"), ("many", "Seventeen groups.", " ".join([right] * 17), "malformed_signature"), ("missing", "No header.", None, "missing_signature")]:
        out.add("groups-" + id, comment, "Shape" if expect == "authentic" else "Fault", groups, expect, headers=[[NAME, value]] if value else [], body=body, now=NOW)
    colon = scheme("{timestamp}.{body}", {"header": NAME, "format": "pairs", "separator": ",", "mark": ":", "key": "s0"}, timestamp={"from": "signature:t", "unit": "s"})
    out.add("mark", "A colon between key and value.", "Shape", colon, headers=[[NAME, "t:%s,s0:%s" % (stamp, mac(stamp + "." + body))]], body=body)
    out.add("mark-equals", "An equals sign in its place.", "Fault", colon, "malformed_signature", headers=[[NAME, "t=%s,s0=%s" % (stamp, mac(stamp + "." + body))]], body=body)
    utc = scheme("v1:{timestamp}:{body}", timestamp=in_header("utc", 300))
    for id, text, expect in [("whole", "2025-10-09T08:53:20", "authentic"), ("fraction", "2025-10-09T08:53:20.5", "authentic"), ("microseconds", "2025-10-09T08:53:20.123456", "authentic"), ("zone", "2025-10-09T08:53:20Z", "malformed_timestamp"), ("offset", "2025-10-09T08:53:20+00:00", "malformed_timestamp"), ("point", "2025-10-09T08:53:20.", "malformed_timestamp"),
                             ("minutes", "2025-10-09T08:53", "malformed_timestamp"), ("old", "2025-10-09T08:48:19", "expired"), ("future", "2025-10-09T08:58:21", "from_future")]:
        out.signed("utc-" + id, "The time %s." % text, "Shape" if expect == "authentic" else "Fault", utc, "v1:%s:%s" % (text, body), expect, headers=[[STAMP, text]], body=body, now=NOW)
    derived = scheme(key="SHA_256")
    out.add("key", "The key is the SHA-256 of the secret.", "Shape", derived, headers=[[NAME, mac(body, hashlib.sha256(SECRET.encode()).digest())]], body=body)
    out.add("key-plain", "Signed with the secret itself.", "Fault", derived, "mismatch", headers=[[NAME, mac(body)]], body=body)
    packed = scheme(unpack=True)
    squeezed = gzip.compress(body.encode() * 50, mtime=0)
    out.signed("packed", "Signed before it was packed.", "Shape", packed, body * 50, headers=[["Content-Encoding", "gzip"]], body=squeezed)
    out.signed("packed-not", "Not packed.", "Shape", packed, body, body=body)
    out.signed("packed-identity", "The encoding identity.", "Shape", packed, body, headers=[["Content-Encoding", "identity"]], body=body)
    out.signed("packed-as-sent", "Signed as it was sent.", "Fault", packed, squeezed, "mismatch", headers=[["Content-Encoding", "gzip"]], body=squeezed)
    out.signed("packed-broken", "A body that cannot be unpacked.", "Fault", packed, body, "missing_part", headers=[["Content-Encoding", "gzip"]], body=body)
    out.signed("packed-deflate", "Packed with deflate, in the format of zlib.", "Shape", packed, body * 50, headers=[["Content-Encoding", "deflate"]], body=zlib.compress(body.encode() * 50))
    # A body may be 1 MiB long unpacked, or a hundred times as long as it is packed, if that is more.
    for id, comment, length, expect in [("limit", "As long unpacked as a short body may be.", 1 << 20, "authentic"), ("bomb", "A byte longer unpacked.", (1 << 20) + 1, "body_too_large")]:
        kind = "Shape" if expect == "authentic" else "Fault"
        out.signed("packed-" + id, comment, kind, packed, " " * length, expect, headers=[["Content-Encoding", "gzip"]], body=gzip_of_blanks(length))
    out.signed("packed-unknown", "An encoding that is unknown.", "Fault", packed, body, "missing_part", headers=[["Content-Encoding", "br"]], body=squeezed)
    secret = scheme("{query:a}&key={secret}", **UNSIGNED)
    out.signed("secret", "The secret is in the signed text too.", "Shape", secret, "1&key=" + SECRET, url=URL)
    out.signed("secret-second", "The second secret.", "Shape", secret, "1&key=" + SECRET, url=URL, secrets=["another", SECRET], index=1)
    out.signed("secret-other", "Another secret in the text.", "Fault", secret, "1&key=another", "mismatch", url=URL, secrets=["another", SECRET])
    for id, it in [("wrapped", scheme(signature={"header": NAME, "wrapped_in": "HEXA_DECIMAL"})), ("groups", scheme(signature={"header": NAME, "group_separator": " "})), ("group-mark", scheme(signature={"header": NAME, "format": "pairs", "separator": ",", "key": "a", "group_separator": "|"})), ("mark", scheme(signature={"header": NAME, "format": "pairs", "separator": ",", "mark": ",", "key": "a"})),
                   ("mark-letter", scheme(signature={"header": NAME, "format": "pairs", "separator": ",", "mark": "x", "key": "a"})), ("mark-bare", scheme(signature={"header": NAME, "mark": ":"})), ("key", scheme(key="MD5")), ("key-form", scheme(key="SHA_256", secret="BASE64")), ("unpack", scheme(unpack=1)),
                   ("utc-touches", scheme("{timestamp}{body}", timestamp=in_header("utc"))), ("utc-digit", scheme("{timestamp}0{body}", timestamp=in_header("utc"))), ("utc-point", scheme("{timestamp}.{body}", timestamp=in_header("utc"))), ("own-header", scheme("{upper:header:X-Shop-Signature}.{body}"))]:
        out.refuse("shape-" + id, "A scheme with a fault.", it)
    out.signed("utc-behind", "Behind the body, a time without a zone begins where it must.", "Shape", scheme("{body}{timestamp}", timestamp=in_header("utc", 300)), body + "2025-10-09T08:53:20.5", headers=[[STAMP, "2025-10-09T08:53:20.5"]], body=body, now=NOW)


def listed(out):
    rule = {"from": "signature:h", "separator": " ", "join": "."}
    base = dict(signature={"header": NAME, "format": "pairs", "separator": ",", "key": "v1"}, timestamp={"from": "signature:t", "unit": "s", "tolerance": 300}, signed_headers=rule)
    template = "{timestamp}.{signed_header_names}.{signed_headers}.{body}"
    it, open_ended = scheme(template, **base), scheme(template, ambiguous=True, **base)
    value = lambda names, text: "t=%d,h=%s,v1=%s" % (NOW, names, mac(text))  # noqa: E731
    lines = [["X-Kind", "order"], ["X-Id", "7"]]
    good = "%d.x-kind x-id.order.7.{}" % NOW
    out.add("listed", "Two headers are listed.", "Headers", it, headers=lines + [[NAME, value("x-kind x-id", good)]], body="{}", now=NOW)
    dotted = [["X-Kind", "order.paid"], ["X-Id", "7"]]
    text = "%d.x-kind x-id.order.paid.7.{}" % NOW
    out.add("listed-dotted", "A value contains what stands between two.", "Cut", it, "missing_part", headers=dotted + [[NAME, value("x-kind x-id", text)]], body="{}", now=NOW)
    out.add("listed-ambiguous", "The same, where the scheme says that the sender leaves it open.", "Headers", open_ended, headers=dotted + [[NAME, value("x-kind x-id", text)]], body="{}", now=NOW)
    for id, comment, names, expect in [("absent", "A listed header is absent.", "x-kind x-no", "missing_part"), ("twice", "A name twice.", "x-kind X-Kind", "malformed_signature"), ("name", "No name of a header.", "x-kind x:id", "malformed_signature"), ("none", "An empty list.", "", "malformed_signature"), ("order", "The list in another order.", "x-id x-kind", "mismatch"),
                                       ("fewer", "Fewer names.", "x-kind", "mismatch")]:
        out.add("listed-" + id, comment, "Fault", it, expect, headers=lines + [[NAME, value(names, good)]], body="{}", now=NOW)
    out.add("listed-no-list", "No list.", "Fault", it, "malformed_signature", headers=lines + [[NAME, "t=%d,v1=%s" % (NOW, mac(good))]], body="{}", now=NOW)
    for id, it in [("names", scheme("{timestamp}.{signed_headers}.{body}", **base)), ("values", scheme("{timestamp}.{signed_header_names}.{body}", **base)), ("rule", scheme(template, **{key: part for key, part in base.items() if key != "signed_headers"})), ("join", scheme(template, **dict(base, signed_headers=dict(rule, join="")))),
                   ("from", scheme(template, **dict(base, signed_headers=dict(rule, **{"from": "header:X-List"}))))]:
        out.refuse("listed-" + id, "A scheme with a fault.", it)


def fields():
    notes = {"Fields": "All fields of a query, form, JSON object or XML body, sorted and joined.", "Listed": "Fields in the order of a list.", "Ambiguous": "A text that can be cut in several ways, where the scheme says so.", "Cut": "A field whose end nothing would tell.", "Fault": "A fault of the delivery.", "Config": "A fault of the scheme."}
    out = Out("scheme-composition-fields.json", "Joined fields", "Schemes that sign the fields of a delivery, sorted or listed.", notes)

    def rule(**more):
        more["from"] = more.pop("source")
        return dict({"pair": "=", "join": "&"}, **more)

    def it(template="{fields}", covers=False, ambiguous=False, **more):
        more = scheme(template, fields=rule(**more), **({} if covers else UNSIGNED))
        return dict(more, ambiguous=True) if ambiguous else more

    query = "https://hooks.example.com/in?b=x%20y&a=1&c=&sign=zz"
    for id, comment, text, more in [("sorted", "Sorted by name.", "a=1&b=x y&c=&sign=zz", {}), ("except", "All but one.", "a=1&b=x y&c=", {"except": ["sign"]}), ("received", "In the order received.", "b=x y&a=1&c=&sign=zz", {"order": "received"}), ("skip-empty", "Without empty ones.", "a=1&b=x y&sign=zz", {"skip_empty": True}),
                                    ("raw", "As they are written.", "a=1&b=x%20y&c=&sign=zz", {"spelling": "received"}), ("marks", "Other marks.", "a:1|b:x y|c:|sign:zz", {"pair": ":", "join": "|"})]:
        out.signed("fields-query-" + id, comment, "Fields", it(source="query", **more), text, url=query)
    out.signed("fields-case", "Upper case comes first.", "Fields", it(source="query"), "B=1&a=2", url="https://hooks.example.com/?a=2&B=1")
    out.signed("fields-no-case", "Sorted without case.", "Fields", it(source="query", order="name_without_case"), "a=2&B=1", url="https://hooks.example.com/?B=1&a=2")
    out.signed("fields-none", "No fields at all.", "Fields", it(source="query"), "", url="https://hooks.example.com/")
    form = it(source="form", covers=True)
    out.signed("fields-form", "A form, which is then covered.", "Fields", form, "a=1 +&b=\u00e9", headers=[FORM], body="b=%C3%A9&a=1+%2B")
    out.signed("fields-form-no-type", "A form whose header does not say so.", "Fields", form, "a=1", body="a=1")
    out.signed("fields-form-other", "Another Content-Type.", "Fault", form, "a=1", "missing_part", headers=[["Content-Type", "text/plain"]], body="a=1")
    out.signed("fields-form-twice", "A name twice.", "Fault", form, "a=1&a=2", "repeated_signature", headers=[FORM], body="a=1&a=2")
    out.signed("fields-form-twice-escaped", "A name twice, once with an escape.", "Fault", form, "a=1&a=2", "repeated_signature", headers=[FORM], body="a=1&%61=2")
    out.signed("fields-form-keep", "A name twice, and both are signed.", "Fields", it(source="form", covers=True, repeated="keep"), "a=2&a=1&b=0", headers=[FORM], body="b=0&a=2&a=1")
    out.signed("fields-form-many", "A thousand fields.", "Fields", form, "&".join("f%03d=" % number for number in range(1000)), headers=[FORM], body="&".join("f%03d" % number for number in range(1000)))
    out.signed("fields-form-too-many", "A thousand and one fields.", "Fault", form, "", "body_too_large", headers=[FORM], body="&".join("f%04d" % number for number in range(1001)))
    for id, comment, body, text, expect in [("join", "A value with the mark between fields.", "a=1%262", "a=1&2", "authentic"), ("both", "A value that looks like another field.", "a=1%26b%3D2", "a=1&b=2", "missing_part"), ("pair", "A value with the mark of a pair.", "a=1%3D2", "a=1=2", "authentic"), ("name-pair", "A name with the mark of a pair.", "a%3Db=1", "a=b=1", "missing_part"),
                                            ("name-join", "A name with the mark between fields.", "a%26b=1", "a&b=1", "missing_part"), ("two", "The fields as which it would read.", "a=1&b=2", "a=1&b=2", "authentic")]:
        out.signed("fields-cut-" + id, comment, "Cut", form, text, expect, headers=[FORM], body=body)
    data = '{"sign": "zz", "data": {"b": 2.50, "a": "\\u00e9", "n": null, "e": "", "t": true, "l": [1, {"x": 2}]}}'
    inner = it(source="json:/data")
    out.signed("fields-json", "The fields of an object in a JSON body.", "Fields", inner, 'a=\u00e9&b=2.50&e=&l=[1, {"x": 2}]&n=&t=true', body=data)
    whole = it(source="json", covers=True)
    out.signed("fields-json-whole", "All fields of the body, which is then covered.", "Fields", whole, "a=1&b=2", body='{"b": 2, "a": "1"}')
    out.signed("fields-json-except", "All but the signature's.", "Fields", it(source="json", covers=True, **{"except": ["sign"]}), "a=1&b=2", body='{"b": 2, "a": "1", "sign": "zz"}')
    for id, comment, body, expect in [("twice", "A name twice.", '{"a": 1, "a": 1}', "repeated_signature"), ("list", "A list.", "[1]", "missing_part"), ("broken", "No JSON.", '{"a": 1', "missing_part"), ("behind", "Something behind it.", '{"a": 1} 2', "missing_part")]:
        out.signed("fields-json-" + id, comment, "Fault", whole, "a=1", expect, body=body)
    out.signed("fields-json-absent", "No such object.", "Fault", inner, "", "missing_part", body="{}")
    xml = it(source="xml", **{"except": ["sign"], "skip_empty": True})
    out.signed("fields-xml", "The elements of flat XML.", "Fields", xml, "appid=wx1&nonce_str=n", body="<xml><nonce_str>n</nonce_str><appid><![CDATA[wx1]]></appid><empty></empty><sign>zz</sign></xml>")
    out.signed("fields-xml-secret", "With the secret behind them.", "Fields", dict(it(source="xml"), signed="{fields}&key={secret}", **{"covers_body": True}) if False else it("{fields}&key={secret}", source="xml", covers=True), "a=1&key=" + SECRET, body="<xml><a>1</a></xml>")
    out.signed("fields-beside", "With other text around them.", "Fields", it("{timestamp}.{fields}.{query:a}", source="form", covers=True, **{}) | {"timestamp": in_header()}, "%d.a=1.1" % NOW, headers=[FORM, [STAMP, str(NOW)]], url=URL, body="a=1")
    listed_fields(out, it)
    for id, comment, text, more, url in [("join", "Values of one name are joined.", "a=1,2&b=3", {"repeated": {"join": ","}}, "https://h.example/?a=1&b=3&a=2"), ("no-marks", "No marks at all.", "a1b3", {"pair": "", "join": ""}, "https://h.example/?b=3&a=1"), ("values", "Values alone.", "13", {"pair": None, "join": ""}, "https://h.example/?b=3&a=1"),
                                         ("pairs", "Nothing between name and value.", "a1|b3", {"pair": "", "join": "|"}, "https://h.example/?b=3&a=1")]:
        ours = it(source="query", ambiguous=True, **more)
        ours["fields"] = {key: part for key, part in ours["fields"].items() if part is not None}
        out.signed("fields-ambiguous-" + id, comment, "Ambiguous", ours, text, url=url)
        out.refuse("fields-" + id, comment, {key: part for key, part in ours.items() if key != "ambiguous"})
    for id, more in [("from", {"source": "body"}), ("pointer", {"source": "json:a"}), ("except-names", {"source": "query", "names": ["a"], "except": ["b"]}), ("order-names", {"source": "query", "names": ["a"], "order": "name"}), ("absent", {"source": "query", "absent": "skip"}), ("no-names", {"source": "query", "names": []}), ("names-twice", {"source": "query", "names": ["a", "a"]}),
                     ("names-pointer", {"source": "query", "names": ["/a"]}), ("many-names", {"source": "query", "names": ["f%d" % number for number in range(65)]}), ("order", {"source": "query", "order": "value"}), ("spelling", {"source": "json", "spelling": "received"}), ("repeated", {"source": "json", "repeated": "keep"}), ("same-marks", {"source": "query", "pair": "&"}),
                     ("long-mark", {"source": "query", "join": "&&"}), ("letter-mark", {"source": "query", "join": "x"}), ("unknown", {"source": "query", "sort": True})]:
        out.refuse("fields-rule-" + id, "A rule with a fault.", it(**more))
    out.refuse("fields-unused", "A rule without {fields}.", it("{query:a}", source="query"))
    out.refuse("fields-covered", "All fields of a form are signed, and the scheme says that the body is not.", it(source="form"))
    out.refuse("fields-not-covered", "Empty fields are left out, so that the body is not covered.", it(source="form", skip_empty=True, covers=True))
    return out.schemes.file()


def listed_fields(out, it):
    body = '{"amount": 100, "order": {"id": 7}, "note": "", "extra": "x"}'
    values = it(source="json", names=["amount", "/order/id", "note"], pair="=", join="&")
    out.signed("listed-json", "Three fields in their order, one of them deep.", "Listed", values, "amount=100&id=7&note=", body=body)
    out.signed("listed-json-absent", "One is absent.", "Fault", values, "amount=100&id=7", "missing_part", body='{"amount": 100, "order": {"id": 7}}')
    for absent, text in [("skip", "amount=100"), ("empty", "amount=100&id=&note=")]:
        out.signed("listed-json-" + absent, "Absent ones: %s." % absent, "Listed", it(source="json", names=["amount", "/order/id", "note"], absent=absent), text, body='{"amount": 100, "order": {}}')
    out.signed("listed-json-case", "A listed field in other letters beside it.", "Fault", values, "amount=100&id=7&note=", "missing_part", body=body.replace('"extra"', '"Amount"'))
    query = it(source="query", names=["b", "a"])
    out.signed("listed-query", "Two parameters in their order.", "Listed", query, "b=2&a=1", url=URL)
    out.signed("listed-query-other", "Another parameter is passed over.", "Listed", query, "b=2&a=1", url=URL + "&c=3")
    out.signed("listed-query-twice", "One stands twice.", "Fault", query, "b=2&a=1", "repeated_signature", url=URL + "&a=1")
    alone = it(source="query", names=["b", "a"], join="|")
    del alone["fields"]["pair"]
    out.signed("listed-values", "Values alone, of which none contains the mark.", "Listed", alone, "2|1", url=URL)
    out.signed("listed-values-mark", "A value that contains the mark.", "Cut", alone, "2|1|3", "missing_part", url="https://h.example/?b=2|1&a=3")
    skipping = json.loads(json.dumps(alone))
    skipping["fields"]["absent"] = "skip"
    out.refuse("listed-values-skip", "Values alone, of which one may be left out.", skipping)


def files():
    return [places(), texts(), fields()]

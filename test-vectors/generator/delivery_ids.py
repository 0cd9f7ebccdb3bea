"""`delivery-id-*.json`: authentic deliveries with the id by which a repetition is recognised, or without one."""

import json

from .build import BODY, HEXA_DECIMAL, SECRET, VectorFile, hmac_connection, sign
from .build import SHA_256 as ALGORITHM
from .preset_ids import DELIVERIES, ID_FROM, UUID
from .presets import PRESETS
from .scheme_build import Schemes, scheme
from .sender import NOW, Sent, example_secret, moment

URL = "https://hooks.example.com/shop"
JSON = [["Content-Type", "application/json"]]
FORM = [["Content-Type", "application/x-www-form-urlencoded"]]


class Ids(Schemes):
    """A file whose vectors say what the id is."""

    def id(self, name, comment, flag, id_from, text, is_signed=None, lines=(), body=b"", it=None, url=None, **sign):
        """A delivery to a scheme with this `id_from`. `text` None: there is no id."""
        it = it or scheme()
        sent = Sent(it, body, SECRET, url=url, **sign)
        known = dict(it, id_from=id_from) if id_from is not None else it
        self.add("id-" + name, comment, "authentic", flag, known, [list(line) for line in lines] + sent.headers(), body, url=url, now=NOW, delivery_id=found(text, is_signed))


def found(text, is_signed):
    return None if text is None else {"text": text, "is_signed": is_signed}


def places():
    notes = {
        "Header": "The id is in a header.", "Json": "The id is in a JSON body.", "Query": "The id is in the query of the URL.", "Form": "The id is in a form body.", "Joined": "Several values make one id.", "Order": "The first place that has a value counts.",
        "Signed": "Whether the MAC covers the id.", "Compressed": "The body is compressed.", "Token": "Deliveries that are not signed.", "Connection": "The connection says where the id is.", "Place": "What is not a place.",
    }
    out = Ids("delivery-id-places.json", "Ids of deliveries", "Where the id of a delivery is found, what is no id, and whether the MAC covers it. All deliveries are authentic.", notes)
    headers(out)
    bodies(out)
    parameters(out)
    several(out)
    signed(out)
    connections(out)
    refused(out)
    return out.file()


def headers(out):
    place = "header:X-Id"
    rows = [("plain", "A header.", [["X-Id", "evt_7"]], "evt_7"), ("case", "Names of headers have no case.", [["x-ID", "evt_7"]], "evt_7"), ("value-case", "Values have.", [["X-Id", "EVT_7"]], "EVT_7"),
            ("blanks", "Blanks at the ends are not part of it.", [["X-Id", " \tevt_7\t "]], "evt_7"), ("inner", "Blanks inside are.", [["X-Id", "evt 7"]], "evt 7"), ("absent", "No such header.", [["X-Idx", "evt_7"]], None),
            ("empty", "An empty header.", [["X-Id", ""]], None), ("blank", "A header of blanks.", [["X-Id", " \t"]], None), ("twice", "Two lines of one value.", [["X-Id", "evt_7"], ["X-Id", "evt_7"]], None),
            ("twice-empty", "Two lines, one of them empty.", [["X-Id", "evt_7"], ["x-id", ""]], None), ("comma", "A comma is part of the value.", [["X-Id", "a, b"]], "a, b"), ("longest", "As long as an id may be.", [["X-Id", "x" * 1024]], "x" * 1024),
            ("too-long", "A byte more.", [["X-Id", "x" * 1025]], None), ("long-letters", "1,026 bytes in 513 letters.", [["X-Id", "\u00e9" * 513]], None), ("utf8", "Letters outside ASCII.", [["X-Id", "caf\u00e9-\U0001f600"]], "caf\u00e9-\U0001f600"),
            ("latin-1", "Bytes that are not UTF-8.", [["X-Id", b"caf\xe9"]], None), ("newline", "A newline.", [["X-Id", "a\nb"]], None), ("nul", "NUL.", [["X-Id", "a\x00b"]], None), ("delete", "DEL.", [["X-Id", "a\x7f"]], None),
            ("c1", "A control character behind ASCII.", [["X-Id", "a\u0085b"]], None), ("tab", "A tab inside.", [["X-Id", "a\tb"]], None), ("no-break", "A no-break space is no blank.", [["X-Id", "\u00a0a"]], "\u00a0a"), ("percent", "Nothing is decoded.", [["X-Id", "a%2Fb+c"]], "a%2Fb+c"),
            ("quotes", "Quotes are part of the value.", [["X-Id", '"7"']], '"7"')]
    for id, comment, lines, text in rows:
        out.id("header-" + id, comment, "Header", place, text, False, lines, BODY)


def bodies(out):
    deep = '{"a": [10, {"id": "d"}, [[], ["x", 7]]], "b": {"c": {"d": {"e": {"f": {"g": {"h": "8"}}}}}}}'
    rows = [
        ("text", "A text.", "/id", '{"id": "evt_7"}', "evt_7"), ("number", "A number, as it is written.", "/id", '{"id": 7}', "7"), ("large", "A number that no float holds.", "/id", '{"id": 123456789012345678901}', "123456789012345678901"),
        ("exponent", "A number with a fraction and an exponent, as it is written.", "/id", '{"id": -1.50E+3}', "-1.50E+3"), ("zero", "Minus zero.", "/id", '{"id": -0}', "-0"), ("infinite", "A number beyond all floats.", "/id", '{"id": 1e999}', "1e999"),
        ("escapes", "Escapes are undone.", "/id", '{"id": "\\u0065vt\\/\\"7\\""}', 'evt/"7"'), ("pair", "A pair of surrogates.", "/id", '{"id": "\\ud83d\\ude00"}', "\U0001f600"), ("name-escape", "Escapes in names too.", "/id", '{"\\u0069d": "7"}', "7"),
        ("utf8", "Letters outside ASCII.", "/caf\u00e9", '{"caf\u00e9": "K\u00f6ln"}', "K\u00f6ln"), ("list", "An element of a list.", "/a/0", deep, "10"), ("in-list", "An object in a list.", "/a/1/id", deep, "d"), ("in-lists", "A list in a list.", "/a/2/1/1", deep, "7"),
        ("deepest", "Eight names.", "/b/c/d/e/f/g/h", deep, "8"), ("root-list", "A list as the whole body.", "/1/id", '[{"id": 1}, {"id": 2}]', "2"), ("blanks", "Blanks around everything.", "/id", '\r\n\t{ "id" : "7" }\n', "7"),
        ("slash", "~1 is a slash.", "/a~1b", '{"a/b": 1, "a~1b": 2}', "1"), ("tilde", "~0 is a tilde.", "/a~0b", '{"a~b": 1, "a~0b": 2}', "1"), ("tilde-one", "~01 is a tilde and a 1.", "/a~01b", '{"a~1b": 1, "a/b": 2}', "1"), ("empty-name", "An empty name.", "/", '{"": "7"}', "7"),
        ("digits-name", "A name of digits in an object.", "/0", '{"0": "7"}', "7"), ("zeros-name", "A name with a leading zero in an object.", "/00", '{"00": "7"}', "7"), ("percent-name", "Names are not percent-decoded.", "/a%20b", '{"a%20b": 1, "a b": 2}', "1"),
        ("other-twice", "A name twice where nothing is looked for.", "/id", '{"x": {"y": 1, "y": 2}, "id": "7"}', "7"), ("below", "The name again, one level down.", "/id", '{"data": {"id": "8"}, "id": "7"}', "7"), ("first-match", "Before its place.", "/data/id", '{"id": "7", "data": {"id": "8"}}', "8"),
        ("longest", "As long as an id may be.", "/id", '{"id": "%s"}' % ("x" * 1024), "x" * 1024), ("quoted-number", "A number in quotes.", "/id", '{"id": "7.0"}', "7.0"), ("blank", "A text of a blank.", "/id", '{"id": " "}', " "),
    ]
    absent = [
        ("absent", "No such name.", "/id", '{"ID": "7", "i": 1}'), ("null", "null.", "/id", '{"id": null}'), ("empty", "An empty text.", "/id", '{"id": ""}'), ("empty-object", "An empty object.", "/id", "{}"), ("below-text", "A name below a text.", "/id/x", '{"id": "7"}'),
        ("below-null", "A name below null.", "/id/x", '{"id": null}'), ("behind-list", "Behind the end of a list.", "/2", '["a", "b"]'), ("dash", "The dash of RFC 6901, behind the end of a list.", "/-", '["a"]'), ("leading-zero", "An index with a leading zero.", "/00", '["a"]'), ("sign", "An index with a sign.", "/+0", '["a"]'),
        ("name-in-list", "A name in a list.", "/id", '[{"id": "7"}]'), ("scalar", "A number as the whole body.", "/id", "7"), ("string", "A text as the whole body.", "/0", '"abc"'),
    ]
    unusable = [
        ("twice", "The name twice with one value.", "/id", '{"id": "7", "id": "7"}'), ("twice-escaped", "The name twice, once with an escape.", "/id", '{"id": "7", "\\u0069d": "8"}'), ("twice-null", "The name twice, once with null.", "/id", '{"id": null, "id": "7"}'), ("twice-on-the-way", "A name on the way twice.", "/data/id", '{"data": {"id": "7"}, "data": {}}'),
        ("true", "true.", "/id", '{"id": true}'), ("object", "An object.", "/id", '{"id": {"id": "7"}}'), ("array", "A list.", "/id", '{"id": ["7"]}'), ("surrogate", "Half of a pair of surrogates.", "/id", '{"id": "\\ud83d"}'), ("control", "An escaped control character.", "/id", '{"id": "a\\u0000b"}'), ("newline", "An escaped newline.", "/id", '{"id": "a\\nb"}'),
        ("c1", "A control character behind ASCII.", "/id", '{"id": "a\u0085b"}'), ("raw-control", "A control character that is not escaped.", "/id", '{"id": "a\tb"}'), ("too-long", "Too long.", "/id", '{"id": "%s"}' % ("x" * 1025)), ("long-number", "A number that is too long.", "/id", '{"id": 1%s}' % ("0" * 1024)),
        ("behind", "Something behind the JSON.", "/id", '{"id": "7"} x'), ("two-texts", "Two JSON texts.", "/id", '{"id": "7"}\n{"id": "8"}'), ("cut", "JSON that is cut off.", "/id", '{"id": "7"'), ("cut-later", "JSON that is cut off behind the id.", "/id", '{"id": "7", "x": ['), ("comma", "A comma too many.", "/id", '{"id": "7",}'), ("single-quotes", "Single quotes.", "/id", "{'id': '7'}"), ("zero", "A number with a leading zero.", "/id", '{"id": 07}'),
        ("nan", "NaN.", "/id", '{"id": NaN}'), ("plus", "A number with a plus sign.", "/id", '{"id": +7}'), ("comment", "A comment.", "/id", '/* x */ {"id": "7"}'), ("bom", "A byte order mark.", "/id", '\ufeff{"id": "7"}'), ("no-body", "No body.", "/id", ""), ("no-json", "A text that is no JSON.", "/id", "id=7"),
    ]
    for id, comment, pointer, body, text in rows:
        out.id("json-" + id, comment, "Json", "json:" + pointer, text, True, JSON, body.encode())
    for id, comment, pointer, body in absent + unusable:
        out.id("json-none-" + id, comment, "Json", "json:" + pointer, None, None, JSON, body.encode())
    # What is absent lets the next place count, what could be read in two ways does not.
    for group, text in [(absent, UUID), (unusable, None)]:
        for id, comment, pointer, body in group:
            out.id("json-then-header-" + id, comment, "Order", ["json:" + pointer, "header:X-Id"], text, False, JSON + [["X-Id", UUID]], body.encode())
    for id, comment, body in [("latin-1", "A text that is not UTF-8.", b'{"id": "caf\xe9"}'), ("latin-1-elsewhere", "A text elsewhere that is not UTF-8.", b'{"name": "caf\xe9", "id": "7"}'), ("utf-16", "UTF-16.", '{"id": "7"}'.encode("utf-16-le"))]:
        out.id("json-none-" + id, comment, "Json", "json:/id", None, None, JSON, body)
    out.id("json-no-type", "The Content-Type does not matter.", "Json", "json:/id", "7", True, FORM, b'{"id": "7"}')
    for id, comment, lines, text in [("gzip", "gzip: the body as it came is not looked at.", [["Content-Encoding", "gzip"]], None), ("unknown", "An encoding that nobody knows.", [["Content-Encoding", "x"]], None), ("empty", "An empty Content-Encoding.", [["Content-Encoding", ""]], None), ("identity", "identity is none.", [["content-encoding", " Identity "]], "7"),
                                     ("list", "identity and another.", [["Content-Encoding", "identity, gzip"]], None), ("lines", "The same on two lines.", [["Content-Encoding", "identity"], ["Content-Encoding", "gzip"]], None)]:
        out.id("compressed-" + id, comment, "Compressed", "json:/id", text, True, JSON + lines, b'{"id": "7"}')
    out.id("compressed-form", "A form that is compressed.", "Compressed", "form:id", None, None, FORM + [["Content-Encoding", "br"]], b"id=7")
    out.id("compressed-header", "A header is read all the same.", "Compressed", ["json:/id", "header:X-Id"], "8", False, [["Content-Encoding", "gzip"], ["X-Id", "8"]], b'{"id": "7"}')
    out.id("compressed-query", "So is the query.", "Compressed", ["form:id", "query:id"], "8", False, [["Content-Encoding", "gzip"]], b"id=7", url=URL + "?id=8")


def parameters(out):
    rows = [("plain", "One parameter.", "id=7", "7"), ("among", "Among others.", "a=1&id=7&b=2", "7"), ("plus", "A plus sign is a blank.", "id=a+b", "a b"), ("escape", "Escapes are undone.", "id=a%2Bb%3d%26", "a+b=&"), ("utf8", "As UTF-8.", "id=caf%C3%A9", "caf\u00e9"), ("name", "Escapes in names too.", "%69d=7", "7"),
            ("name-plus", "A plus sign in a name.", "i+d=8&id=7", "7"), ("equals", "Further equals signs are part of the value.", "id=a=b=", "a=b="), ("bad-escape", "An escape that is none stays.", "id=%zz%2", "%zz%2"), ("twice-decoded", "Decoded once.", "id=%2541", "%41"), ("case", "Names have a case.", "ID=8&id=7", "7"), ("brackets", "Brackets have no meaning.", "id[]=8&id=7", "7"),
            ("semicolon", "A semicolon separates nothing.", "id=7;id=8", "7;id=8"), ("empty-items", "Nothing between separators.", "&&id=7&", "7"), ("longest", "As long as an id may be.", "id=" + "%78" * 1024, "x" * 1024)]
    none = [("absent", "No such parameter.", "ids=7"), ("nothing", "No parameters.", ""), ("empty", "An empty value.", "id="), ("no-equals", "A name alone.", "id"), ("twice", "Twice with one value.", "id=7&id=7"), ("twice-escaped", "Twice, once with an escape.", "id=7&i%64=8"), ("twice-empty", "Twice, once without a value.", "id=7&id"),
            ("not-utf8", "Bytes that are not UTF-8.", "id=%ff"), ("control", "A control character.", "id=a%0Ab"), ("nul", "NUL.", "id=%00"), ("too-long", "Too long once decoded.", "id=" + "%78" * 1025)]
    for id, comment, parameters, text in rows + [row + (None,) for row in none]:
        out.id("query-" + id, comment, "Query", "query:id", text, False, url=URL + "?" + parameters, body=BODY)
        out.id("form-" + id, comment, "Form", "form:id", text, True, FORM, parameters.encode())
    for id, comment, url, text in [("fragment", "A fragment is no query.", URL + "#?id=8", None), ("behind-fragment", "The fragment is not part of the value.", URL + "?id=7#id=8", "7"), ("two-marks", "A second question mark is part of the value.", URL + "?id=7?x", "7?x"), ("no-query", "A URL without a query.", URL, None), ("no-url", "The URL is not known.", None, None)]:
        out.id("query-" + id, comment, "Query", "query:id", text, False, url=url, body=BODY)
    for id, comment, lines, text in [("charset", "A media type with a parameter and in another case.", [["content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8"]], "7"), ("no-type", "A body that nobody calls a form.", [], None), ("other-type", "A body of another type.", JSON, None), ("two-types", "Two types.", FORM + FORM, None), ("type-parameter", "The type as a parameter of another.", [["Content-Type", "text/plain; application/x-www-form-urlencoded"]], None)]:
        out.id("form-" + id, comment, "Form", "form:id", text, True, lines, b"id=7")
    out.id("form-in-json", "A field with JSON in it is a text.", "Form", "form:payload", '{"id":7}', True, FORM, b"payload=%7B%22id%22%3A7%7D")
    out.id("query-raw-bytes", "Letters outside ASCII in a form, as bytes.", "Form", "form:id", "caf\u00e9", True, FORM, "id=caf\u00e9".encode())


def several(out):
    order = ["header:X-Retry-Id", "json:/id", "query:id"]
    both = dict(body=b'{"id": "j"}', url=URL + "?id=q")
    out.id("order-first", "All three have one.", "Order", order, "h", False, [["X-Retry-Id", "h"]], **both)
    out.id("order-second", "The last two have one.", "Order", order, "j", True, **both)
    out.id("order-third", "Only the last has one.", "Order", order, "q", False, body=b"{}", url=URL + "?id=q")
    out.id("order-none", "None has one.", "Order", order, None, body=b"{}", url=URL)
    out.id("order-empty", "An empty header is passed over.", "Order", order, "j", True, [["X-Retry-Id", ""]], **both)
    out.id("order-unusable", "A header twice: no other place counts.", "Order", order, None, None, [["X-Retry-Id", "h"], ["X-Retry-Id", "h"]], **both)
    out.id("order-unusable-second", "A body that is no JSON: the query does not count.", "Order", order, None, None, body=b"x", url=URL + "?id=q")
    out.id("order-single", "A list of one place.", "Order", ["json:/id"], "j", True, **both)
    pair = [["json:/reference", "json:/code"]]
    join = lambda id, comment, body, text, places=pair, is_signed=True, **more: out.id("joined-" + id, comment, "Joined", places, text, is_signed, body=json.dumps(body).encode(), **more)  # noqa: E731
    join("two", "Two values.", {"reference": "r", "code": "c"}, "r:c")
    join("number", "A text and a number.", {"reference": "r", "code": 7}, "r:7")
    join("colon", "A colon in a value.", {"reference": "a:b", "code": "c"}, "a%3Ab:c")
    join("colon-elsewhere", "The same colon in the other value makes another id.", {"reference": "a", "code": "b:c"}, "a:b%3Ac")
    join("percent", "A percent sign in a value.", {"reference": "a%3Ab", "code": "%"}, "a%253Ab:%25")
    join("one-absent", "One of two is absent.", {"reference": "r"}, None)
    join("one-empty", "One of two is empty.", {"reference": "", "code": "c"}, None)
    join("one-unusable", "One of two is no id.", {"reference": "r", "code": True}, None)
    join("longest", "As long as an id may be.", {"reference": "x" * 1000, "code": "y" * 23}, "x" * 1000 + ":" + "y" * 23)
    join("too-long", "Together too long.", {"reference": "x" * 1000, "code": "y" * 24}, None)
    join("too-long-escaped", "Too long once escaped.", {"reference": ":" * 341, "code": "xy"}, None)
    join("just-escaped", "Just short enough once escaped.", {"reference": ":" * 340, "code": "xyz"}, "%3A" * 340 + ":xyz")
    join("same", "One place twice.", {"id": "7"}, "7:7", [["json:/id", "json:/id"]])
    join("eight", "Eight values.", list("abcdefgh"), "a:b:c:d:e:f:g:h", [["json:/%d" % number for number in range(8)]])
    every = [["header:X-Id", "json:/id", "query:id"], "json:/id"]
    join("kinds", "Places of three kinds; one that is not signed leaves all unsigned.", {"id": "j"}, "h:j:q", every, False, lines=[["X-Id", "h"]], url=URL + "?id=q")
    join("then-one", "Where one of them is absent, the next place counts.", {"id": "j"}, "j", every, True, url=URL + "?id=q")
    join("unusable-then", "Where one of them is no id, no other place counts.", {"id": "j"}, None, every, None, lines=[["X-Id", "h"], ["X-Id", "h"]], url=URL + "?id=q")
    join("absent-before-unusable", "The first is absent, the second is no id: the next place counts.", {"id": "j"}, "j", [["header:X-Id", "query:id"], "json:/id"], True, url=URL + "?id=1&id=2")
    join("single-escapes-nothing", "A value alone is not escaped.", {"id": "a:b%"}, "a:b%", "json:/id")


def signed(out):
    in_header = {"from": "header:X-Id"}
    by_id = scheme(signed="{id}.{body}", id=in_header)
    own = lambda name, comment, id_from, text, is_signed, it, **more: out.id("signed-" + name, comment, "Signed", id_from, text, is_signed, it=it, body=more.pop("body", BODY), **more)  # noqa: E731
    own("id", "Without id_from the signed id counts.", None, "msg_1", True, by_id, id="msg_1")
    own("id-from", "id_from names the same header.", "header:x-id", "msg_1", True, by_id, id="msg_1")
    own("other", "id_from names another header.", "header:X-Other", "8", False, by_id, id="msg_1", lines=[["X-Other", "8"]])
    own("other-absent", "It is absent: the signed id is not used in its place.", "header:X-Other", None, None, by_id, id="msg_1")
    own("unsigned-id", "An id that the template does not name.", None, "msg_1", False, scheme(id=in_header), id="msg_1")
    own("header", "A header in the template.", "header:x-shop-event", "7", True, scheme(signed="{header:X-Shop-Event}.{body}"), extra={"X-Shop-Event": "7"})
    own("none", "A scheme without either.", None, None, None, scheme(), lines=[["X-Id", "7"]])
    own("url", "A signed URL, and a line break behind it.", "query:id", "7", True, scheme(signed="{url}\n{body}"), url=URL + "?id=7")
    own("url-space", "A space between URL and body, among other literals.", "query:id", "7", True, scheme(signed="{url}. .{body}"), url=URL + "?id=7")
    own("url-last", "A line break in front of the URL.", "query:id", "7", True, scheme(signed="{body}\n{url}"), url=URL + "?id=7")
    own("url-touches", "The end of the URL could be the start of the body.", "query:id", "7", False, scheme(signed="{url}{body}"), url=URL + "?id=7")
    own("url-mark", "So it could where a URL can have what stands between.", "query:id", "7", False, scheme(signed="{url}.{body}"), url=URL + "?id=7")
    own("url-timestamp", "Or be a part of the time.", "query:id", "7", False, scheme(signed="{url}{timestamp}\n{body}", timestamp={"from": "header:X-Shop-Timestamp", "unit": "s"}), url=URL + "?id=7")
    own("url-json", "A body that is JSON has no other start.", "json:/id", "7", True, scheme(signed="{url}{body}"), url=URL + "?id=8", body=b'{"id": "7"}')
    form = {"body": b"a=1&id=7", "lines": [["Content-Type", "application/x-www-form-urlencoded"]]}
    own("form", "A form.", "form:id", "7", True, scheme(), **form)
    own("url-form", "A form that could begin in the URL.", "form:id", "7", False, scheme(signed="{url}{body}"), url=URL, **form)
    own("url-form-line", "A line break in front of a form.", "form:id", "7", True, scheme(signed="{url}\n{body}"), url=URL, **form)
    own("literal", "Braces that are literals name nothing.", "query:id", "7", False, scheme(signed="{{url}}{body}"), url=URL + "?id=7")
    own("timestamp", "A timestamp that is signed.", "header:X-Shop-Timestamp", str(NOW), True, scheme(signed="{timestamp}.{body}", timestamp={"from": "header:X-Shop-Timestamp", "unit": "s"}))
    pairs = scheme("pairs", signed="{id}.{body}", id={"from": "signature:id"})
    own("pair", "A signed id inside the signature header is no delivery id.", None, None, None, pairs, id="msg_1")
    token = {"token": {"header": "X-Token"}, "id_from": ["json:/id", "header:X-Id"]}
    for id, comment, body, text in [("body", "A token covers nothing.", b'{"id": "7"}', "7"), ("header", "In a header.", b"{}", "8")]:
        out.add("id-token-" + id, comment, "authentic", "Token", token, [["X-Token", "a-token"], ["X-Id", "8"]], body, secrets=["a-token"], algorithm=None, now=NOW, delivery_id=found(text, False))


def connections(out):
    add = lambda id, comment, connection, lines, body, delivery_id, verdict=(ALGORITHM, 0): out.out.add(  # noqa: E731
        "delivery-id-connection-" + id, comment, connection, lines, body, "authentic", *verdict, flags=["Connection"], delivery_id=delivery_id)
    body = b'{"id": "7"}'
    plain = lambda **more: hmac_connection(ALGORITHM, HEXA_DECIMAL, **more)  # noqa: E731
    line = ["X-Fivetran-Hmac-Sign", sign(ALGORITHM, HEXA_DECIMAL, body)]
    add("body", "HMAC over the body.", plain(id_from="json:/id"), [line], body, found("7", True))
    add("header", "HMAC over the body, and a header beside it.", plain(id_from="header:X-Id"), [line, ["X-Id", "8"]], body, found("8", False))
    add("unset", "A connection that does not say where an id is.", plain(), [line, ["X-Id", "8"]], body, None)
    add("token", "A token.", {"auth_method": "TOKEN_BASED", "auth_secret": SECRET, "id_from": "json:/id"}, [["Authorization", SECRET]], body, found("7", False), (None, 0))
    add("none", "Nothing is checked.", {"auth_method": "NONE", "id_from": ["header:X-Id", "json:/id"]}, [], body, found("7", False), (None, None))
    secret = example_secret(PRESETS["github"])
    github = Sent(PRESETS["github"], body, secret).headers() + [["X-GitHub-Delivery", UUID]]
    add("preset", "A preset with its own place.", {"scheme": "github", "auth_secret": secret}, github, body, found(UUID, False))
    add("over-preset", "The connection's place counts, not the preset's.", {"scheme": "github", "auth_secret": secret, "id_from": "json:/id"}, github, body, found("7", True))
    add("over-preset-absent", "It is absent: the preset's is not used in its place.", {"scheme": "github", "auth_secret": secret, "id_from": "json:/uuid"}, github, body, None)
    webhooks = example_secret(PRESETS["standard-webhooks"])
    sent = Sent(PRESETS["standard-webhooks"], body, webhooks)
    out.out.add("delivery-id-connection-over-signed", "The connection's place counts, not the signed id.", {"scheme": "standard-webhooks", "auth_secret": webhooks, "id_from": ["json:/uuid", "json:/id"]}, sent.headers(), body,
                "authentic", ALGORITHM, 0, flags=["Connection"], received_at=NOW, delivery_id=found("7", True))


def refused(out):
    bad = ["", "id", "X-Id", "header", "header:", "header:X Id", "header:X-Id:", "header: X-Id", "Header:X-Id", "json", "json:", "json:id", "json:/~", "json:/a~2", "json:/a/~b", "json:/1/2/3/4/5/6/7/8/9", "query:", "form:", "body:/id", "url:id", "signature:id", ":id",
           [], [[]], [["header:X-Id"]], [[["header:X-A", "header:X-B"]]], ["header:X-Id", ""], ["json:/id", 7], [["json:/id", None]], ["json:/%d" % number for number in range(9)], [["json:/%d" % number for number in range(9)]], None, 7, True, {}, {"from": "header:X-Id"}]
    for number, value in enumerate(bad):
        out.add("id-config-%d" % (number + 1), "id_from is %s." % json.dumps(value), "invalid_config", "Place", dict(scheme(), id_from=value), [["X-Shop-Signature", "0" * 64]])
        if value is not None:
            out.out.add("delivery-id-connection-config-%d" % (number + 1), "id_from of a connection is %s." % json.dumps(value), hmac_connection(ALGORITHM, HEXA_DECIMAL, id_from=value), [], BODY, "invalid_config", flags=["Place"])
    for number, value in enumerate([0, -1, 1.5, "5", None, True, [5], 4294967296]):
        out.add("id-answer-%d" % (number + 1), "answer_within is %s." % json.dumps(value), "invalid_config", "Place", dict(scheme(), answer_within=value), [["X-Shop-Signature", "0" * 64]])


def presets():
    notes = {"Preset": "A delivery as its sender documents it."}
    out = VectorFile("delivery-id-presets.json", "Ids of presets", "An authentic delivery of each preset that says where the id of a delivery is. Values are invented; their form is that of the sender's pages.", notes)
    counts = {}

    def add(name, comment, headers, body, text, is_signed, url=None, method=None, token=False):
        counts[name] = counts.get(name, 0) + 1
        id = "delivery-id-preset-%s" % name + ("-%d" % counts[name] if counts[name] > 1 else "")
        algorithm = None if token else Sent(PRESETS[name], b"", example_secret(PRESETS[name]), url=URL).algorithm
        out.add(id, "%s: %s." % (name, comment), None, headers, body, "authentic", algorithm, 0, flags=["Preset"], verifier={"preset": name, "secrets": [example_secret(PRESETS[name])]},
                received_at=NOW, url=url, method=method, delivery_id=found(text, is_signed))

    for name, comment, (lines, body), text, is_signed in DELIVERIES:
        it = PRESETS[name]
        if "token" in it:
            add(name, comment, JSON + lines + [[it["token"]["header"], example_secret(it)]], body.encode(), text, is_signed, token=True)
            continue
        sent = Sent(it, body.encode(), example_secret(it), url=URL)
        add(name, comment, JSON + lines + sent.headers(), sent.body, text, is_signed, URL if "{url}" in it["signed"] else None)
    for name, comment, sent, headers, text, is_signed in specials():
        add(name, comment, headers, sent.body, text, is_signed, sent.url, sent.method)
    missing = set(ID_FROM) - set(counts)
    assert not missing, missing
    return out


def specials():
    """The senders with a function, which `Sent` cannot rewrite: what they sign is written out here."""
    make = lambda name, body, **more: Sent(PRESETS[name], body, example_secret(PRESETS[name]), **more)  # noqa: E731
    sent = make("twilio", b"CallSid=CA1&CallStatus=completed", url=URL, signed_body=b"CallSidCA1CallStatuscompleted")
    token = "5f3b1c9e-0b2d-4a7e-9f00-8d5c1e2a7b64"
    yield "twilio", "a status callback, whose sids are not its own", sent, FORM + [["I-Twilio-Idempotency-Token", token]] + sent.headers(), token, False
    names = "x-contentful-signed-headers,x-contentful-timestamp"
    body = b'{"sys":{"id":"1","type":"Entry"}}'
    sent = make("contentful", body, url=URL, signed_url="/shop\nx-contentful-signed-headers:%s;x-contentful-timestamp:" % names, signed_body=b"\n" + body)
    lines = [["X-Contentful-Topic", "ContentManagement.Entry.publish"], ["X-Contentful-Idempotency-Key", UUID], ["x-contentful-signed-headers", names]]
    yield "contentful", "ContentManagement.Entry.publish", sent, lines + sent.headers(), UUID, False
    item = {"amount": {"currency": "EUR", "value": 1130}, "eventCode": "AUTHORISATION", "eventDate": "2025-10-09T10:53:20+02:00", "merchantAccountCode": "TestMerchant",
            "merchantReference": "TestPayment-1", "pspReference": "7914073381342284", "success": "true"}
    sent = make("adyen", b"", signed_body=b"7914073381342284::TestMerchant:TestPayment-1:1130:EUR:AUTHORISATION:true")
    item["additionalData"] = {"hmacSignature": sent.value()}
    sent.body, sent.method = json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}).encode(), None
    yield "adyen", "AUTHORISATION, by three of the signed fields", sent, JSON, "7914073381342284:AUTHORISATION:true", True


def files():
    return [places(), presets()]

"""`scheme-templates.json`: what is signed, and what is missing of it. `scheme-timestamps.json`: moments and tolerances."""

from .build import BODY, HEXA_DECIMAL, OTHER_SECRET, SHA_256, sign
from .scheme_build import NAME, STAMP, Schemes, in_header, scheme, stamped
from .sender import NOW, moment

ID = {"id": {"from": "header:X-Shop-Id"}}
URL = "https://hooks.example.com/in?shop=1&x=%20"
PAIRS = {"format": "pairs", "separator": ",", "key": "v1"}
FIELDS = {"format": "positional", "separator": ",", "fields": ["timestamp", "id", "signature"]}


def templates():
    notes = {"Template": "What is signed besides the body, and in which order.", "Braces": "Doubled braces are literal braces.", "Part": "A part is missing or empty.", "Repeated": "A part stands there twice.",
             "TooLong": "A part has more than 4,096 bytes.", "Tampered": "A signed part was altered.", "Blanks": "Header values are trimmed before they are signed.", "Order": "Which fault is told first.",
             "Cut": "A part that holds what follows it, or a timestamp of another length: the signed text would be that of other deliveries too.", "Touching": "Nothing tells where a part ends: the scheme is refused."}
    out = Schemes("scheme-templates.json", "Templates", "What is put together before it is signed.", notes)
    full = dict(ID, timestamp=in_header())
    for number, template in enumerate([
        "{body}", "{timestamp}{body}", "{body}{timestamp}", "{timestamp}.{body}", "v0:{timestamp}:{body}", "{id}.{timestamp}.{body}", "{body}.{id}.{timestamp}", "{id};{body}{timestamp}", "{method}{url}{body}{timestamp}",
        "{method} {url}\n{body}", "{url}{body}", "{body}{url}", "{header:X-Extra}\n{body}", "{body}\n{header:x-extra}", "{header:X-Extra}.{header:X-More}.{body}", "a{body}", "{body}a", "a{body}a", "\u00e9\U0001f600{body}", " {body} ",
        "\n{body}\n", "{timestamp}.{timestamp}.{body}", "{id}.{id};{body}", "{method}{method}{body}", "hmacsha256={body}", "[{timestamp};{body}]", "{timestamp},{body}", "|{id}|{method}|{url}|{body}|", "\u0000{body}", "%s{body}$1\\",
    ]):
        it = scheme(signed=template, **full)
        out.sent("template-%d" % (number + 1), "The template %s." % ascii(template), "authentic", "Template", it, url=URL, method="POST", sign={"extra": {"X-Extra": "one", "X-More": "two"}}, now=NOW)
    for number, template in enumerate(["{{{body}}}", "{{}}{body}", "{body}{{", "}}{body}", "{{body}}{body}", "{{{{{body}", "{{\"id\":\"{id}\",\"body\":{body}}}"]):
        out.sent("braces-%d" % (number + 1), "The template %s." % template, "authentic", "Braces", scheme(signed=template, **ID))
    sixteen = "{id}A{id}B{id}C{id}D{id}E{id}F{id}G{body}H"
    out.sent("sixteen-parts", "A template of sixteen parts.", "authentic", "Template", scheme(signed=sixteen, **ID))
    for id, signature, signed, more in [
        ("pairs", dict(PAIRS), "{id}.{timestamp}.{body}", {"timestamp": {"from": "signature:t", "unit": "s"}, "id": {"from": "signature:id"}}),
        ("positional", dict(FIELDS), "{id}.{timestamp}.{body}", {"timestamp": {"from": "signature:timestamp", "unit": "s"}, "id": {"from": "signature:id"}}),
        ("mixed", dict(PAIRS), "{id}.{timestamp}.{body}", {"timestamp": in_header(), "id": {"from": "signature:id"}}),
        ("id-from-stamp", {"format": "bare"}, "{id}.{timestamp}.{body}", {"timestamp": in_header(), "id": {"from": "header:X-Shop-Id"}}),
    ]:
        out.sent("source-%s" % id, "Parts from the signature header and from others.", "authentic", "Template", scheme(signature, signed=signed, **more), now=NOW)
    parts(out)
    cuts(out)
    return out.file()


def parts(out):
    extra = {"sign": {"extra": {"X-Extra": "one"}}}
    by_header, by_id = scheme(signed="{header:X-Extra}.{body}"), scheme(signed="{id}.{body}", **ID)
    by_place = scheme(signed="{method} {url} {body}")
    place = {"url": URL, "method": "POST"}
    for id, comment, expect, flag, it, more in [
        ("header-missing", "A signed header is missing.", "missing_part", "Part", by_header, dict(extra, drop=["X-Extra"])),
        ("header-empty", "A signed header is empty.", "missing_part", "Part", by_header, {"sign": {"extra": {"X-Extra": ""}}}),
        ("header-blank", "A signed header is a blank.", "missing_part", "Part", by_header, dict(extra, change={"X-Extra": " \t "})),
        ("header-tampered", "A signed header was altered.", "mismatch", "Tampered", by_header, dict(extra, change={"X-Extra": "One"})),
        ("header-inner-blank", "A blank inside a signed header was altered.", "mismatch", "Tampered", by_header, {"sign": {"extra": {"X-Extra": "a b"}}, "change": {"X-Extra": "a  b"}}),
        ("header-trimmed", "Blanks around a signed header.", "authentic", "Blanks", by_header, dict(extra, change={"X-Extra": "\t one "})),
        ("header-4096", "A signed header of 4,096 bytes.", "authentic", "TooLong", by_header, {"sign": {"extra": {"X-Extra": "x" * 4096}}}),
        ("header-4097", "A signed header of 4,097 bytes.", "malformed_signature", "TooLong", by_header, {"sign": {"extra": {"X-Extra": "x" * 4097}}}),
        ("id-missing", "The id is missing.", "missing_part", "Part", by_id, {"drop": ["X-Shop-Id"]}), ("id-empty", "The id is empty.", "missing_part", "Part", by_id, {"sign": {"id": ""}}),
        ("id-tampered", "The id was altered.", "mismatch", "Tampered", by_id, {"change": {"X-Shop-Id": "msg_2"}}), ("id-trimmed", "Blanks around the id.", "authentic", "Blanks", by_id, {"sign": {"id": "msg_1"}, "change": {"X-Shop-Id": "  msg_1\t"}}),
        ("id-4097", "An id of 4,097 bytes.", "malformed_signature", "TooLong", by_id, {"sign": {"id": "i" * 4097}}),
        ("id-utf8", "An id outside ASCII.", "authentic", "Template", by_id, {"sign": {"id": "\u00e9-1"}}),
        ("method-missing", "The method is not known.", "missing_part", "Part", scheme(signed="{method}{body}"), {}), ("url-missing", "The URL is not known.", "missing_part", "Part", scheme(signed="{url}{body}"), {}),
        ("unsigned-id", "An id that is not signed need not be there.", "authentic", "Template", scheme(**ID), {"drop": ["X-Shop-Id"]}),
        ("body-empty", "An empty body is a body.", "authentic", "Template", by_id, {"body": b""}), ("body-binary", "A body of all bytes.", "authentic", "Template", by_id, {"body": bytes(range(256))}),
        ("body-tampered", "The body was altered.", "mismatch", "Tampered", by_id, {"received": BODY + b" "}),
    ]:
        out.sent("part-" + id, comment, expect, flag, it, **more)
    good = out.sent("part-place", "Method and URL are signed.", "authentic", "Template", by_place, **place)
    for id, more in [("url-tampered", {"url": URL + "&y", "method": "POST"}), ("url-case", {"url": URL.replace("hooks", "Hooks"), "method": "POST"}), ("url-decoded", {"url": URL.replace("%20", "+"), "method": "POST"}),
                     ("method-tampered", {"url": URL, "method": "PUT"})]:
        out.add("part-" + id, "Method or URL was altered.", "mismatch", "Tampered", by_place, good.headers(), **more)
    line = [[NAME, good.sig()]]
    for id, it, name in [("header", by_header, "X-Extra"), ("id", by_id, "X-Shop-Id")]:
        for number, values in enumerate([["one", "one"], ["one", "two"], ["", ""]]):
            out.add("part-%s-twice-%d" % (id, number + 1), "A signed header stands there twice.", "repeated_signature", "Repeated", it, [[name, value] for value in values] + line)
    ordered = scheme(signed="{header:X-Extra}.{id}.{timestamp}.{body}", timestamp=in_header("s", 300), **ID)
    stamp = [[STAMP, moment("s")]]
    for id, comment, expect, lines in [
        ("signature-first", "Without a signature nothing else is looked at.", "missing_signature", []), ("encoding-before-timestamp", "The encoding comes before the timestamp.", "malformed_encoding", [[NAME, "zz"]]),
        ("timestamp-before-parts", "The timestamp comes before the other parts.", "missing_timestamp", line), ("malformed-before-parts", "A malformed timestamp too.", "malformed_timestamp", line + [[STAMP, "x"]]),
        ("first-part", "Of two parts that are missing one is enough.", "missing_part", line + stamp), ("parts-before-mac", "A part comes before the comparison.", "missing_part", line + stamp + [["X-Extra", "one"]]),
        ("order-of-parts", "The first part that is wrong in the template's order.", "repeated_signature", line + stamp + [["X-Extra", "one"]] * 2), ("order-of-parts-2", "The same the other way round.", "missing_part", line + stamp + [["X-Shop-Id", "one"]] * 2),
        ("mac-before-freshness", "A stale delivery that is not authentic is not called stale.", "mismatch", line + [[STAMP, "1"], ["X-Extra", "one"], ["X-Shop-Id", "1"]]),
    ]:
        out.add("order-" + id, comment, expect, "Order", ordered, lines, now=NOW)


def cuts(out):
    """One way to cut: what a part may not hold, and what may not touch."""
    extra = lambda value: {"extra": {"X-Extra": value}}  # noqa: E731
    webhook = scheme(signed="{id}.{timestamp}.{body}", timestamp=in_header("s", 300), **ID)
    for id, comment, expect, it, sign in [
        ("id-dot", "The id holds the full stop behind it.", "missing_part", webhook, {"id": "msg_1.2"}), ("id-ends", "The id ends with the full stop behind it.", "missing_part", webhook, {"id": "msg_1."}),
        ("id-other", "The id holds what stands elsewhere in the template.", "authentic", scheme(signed="v1:{id}.{body}", **ID), {"id": "v1:1"}),
        ("header-dot", "A signed header holds the full stop behind it.", "missing_part", scheme(signed="{header:X-Extra}.{body}"), extra("a.b")),
        ("header-part", "A signed header holds a part of the literal behind it.", "authentic", scheme(signed="{header:X-Extra}\r\n{body}"), extra("a:b")),
        ("long-literal", "A signed header holds the whole literal behind it.", "missing_part", scheme(signed="{header:X-Extra}::{body}"), extra("a::b")),
        ("half-literal", "A signed header holds the half of it.", "authentic", scheme(signed="{header:X-Extra}::{body}"), extra("a:b")),
        ("edge-literal", "A signed header ends as the literal begins.", "missing_part", scheme(signed="{header:X-Extra}::{body}"), extra("a:")),
        ("brace-literal", "The literal behind goes on with a brace.", "authentic", scheme(signed="{header:X-Extra}:{{{body}"), extra("a:b")),
        ("brace-literal-whole", "All of it.", "missing_part", scheme(signed="{header:X-Extra}:{{{body}"), extra("a:{b")),
        ("behind-body", "Behind the body, a part may not hold what stands in front of it.", "missing_part", scheme(signed="{body}.{header:X-Extra}"), extra("a.b")),
        ("behind-body-edge", "Behind the body, a part begins as the literal ends.", "missing_part", scheme(signed="{body}::{header:X-Extra}"), extra(":a")),
        ("behind-body-good", "Behind the body, a part that ends as the literal begins.", "authentic", scheme(signed="{body}::{header:X-Extra}"), extra("a:")),
        ("two-ids", "The id stands twice, the second time before what it holds.", "missing_part", scheme(signed="{id}.{id}_{body}", **ID), {"id": "msg_1"}),
        ("date-id", "An id before a date without a colon.", "authentic", scheme(signed="{id}{timestamp}{body}", timestamp=in_header("rfc3339"), **ID), {"id": "msg-1"}),
        ("date-id-colon", "An id before a date holds a colon.", "missing_part", scheme(signed="{id}{timestamp}{body}", timestamp=in_header("rfc3339"), **ID), {"id": "msg:1"}),
        ("date-header", "The header Date touches the body, in the form of HTTP.", "authentic", scheme(signed="{body}{header:Date}"), {"extra": {"Date": "Thu, 09 Oct 2025 08:53:20 GMT"}}),
        ("date-header-other", "The header Date touches the body, in another form.", "missing_part", scheme(signed="{body}{header:Date}"), {"extra": {"Date": "2025-10-09T08:53:20Z"}}),
        ("date-header-front", "Something stands in front of the date.", "missing_part", scheme(signed="{body}{header:Date}"), {"extra": {"Date": "{}Thu, 09 Oct 2025 08:53:20 GMT"}}),
        ("date-header-literal", "Where a literal bounds it, the header Date has any form.", "authentic", scheme(signed="{body}\n{header:Date}"), {"extra": {"Date": "today"}}),
        ("date-header-colon", "A literal that every date of HTTP holds does not bound one: its form does.", "authentic", scheme(signed="{header:Date}:{body}"), {"extra": {"Date": "Thu, 09 Oct 2025 08:53:20 GMT"}}),
        ("date-header-colon-other", "Another form beside such a literal, though without it.", "missing_part", scheme(signed="{header:Date}:{body}"), {"extra": {"Date": "today"}}),
        ("date-header-blank", "The same behind the body.", "authentic", scheme(signed="{body} {header:Date}"), {"extra": {"Date": "Thu, 09 Oct 2025 08:53:20 GMT"}}),
        ("date-header-digit", "A literal that some dates hold bounds the others.", "missing_part", scheme(signed="{header:Date}8{body}"), {"extra": {"Date": "Thu, 09 Oct 2025 08:53:20 GMT"}}),
    ]:
        out.sent("cut-" + id, comment, expect, "Cut", it, sign=sign, now=NOW)
    for id, template, unit, text, expect in [
        ("ten", "{timestamp}{body}", "s", "1760000000", "authentic"), ("nine", "{timestamp}{body}", "s", "176000000", "malformed_timestamp"), ("eleven", "{timestamp}{body}", "s", "17600000000", "malformed_timestamp"),
        ("thirteen", "{body}{timestamp}", "ms", "1760000000000", "authentic"), ("twelve", "{body}{timestamp}", "ms", "176000000000", "malformed_timestamp"), ("digit-behind", "{timestamp}0{body}", "s", "176000000", "malformed_timestamp"),
        ("letter-behind", "{timestamp}a{body}", "s", "176000000", "authentic"), ("digit-in-front", "{body}a0{timestamp}", "s", "176000000", "malformed_timestamp"), ("url-behind", "{timestamp}{url}{body}", "s", "176000000", "malformed_timestamp"),
    ]:
        it = scheme(signed=template, timestamp=in_header(unit))
        out.sent("cut-digits-" + id, "A timestamp of %d digits in %s." % (len(text), template), expect, "Cut", it, url=URL, sign={"stamp": text}, now=NOW)
    good = out.sent("cut-genuine", "A delivery whose body holds what looks like its end.", "authentic", "Cut", webhook, body=b'{"comment":"x.1761000000.{}"}', sign={"id": "msg_1"}, now=NOW)
    out.add("cut-replayed", "The same text and signature, cut elsewhere: another id, a later timestamp, an end of the body.", "missing_part", "Cut", webhook,
            good.headers(change={"X-Shop-Id": 'msg_1.%s.{"comment":"x' % NOW, STAMP: "1761000000"}), b'{}"}', now=1761000000)
    for number, template in enumerate(["{id}{body}", "{body}{id}", "{header:X-Extra}{body}", "{body}{header:X-Extra}", "{id}{header:X-Extra}.{body}", "{body}.{header:X-Extra}{id}", "{id}{timestamp}{body}", "{id}{timestamp}.{body}", "{body}{timestamp}{id}", "{id}{url}.{body}",
                                       "{id}{method} {body}", "{id}{id}.{body}", "{header:Date}{id}{body}", "{id}.{header:Date}{header:X-Extra}{body}"]):
        it = scheme(signed=template, timestamp=in_header(), **ID)
        out.add("touching-%d" % (number + 1), "The template %s." % template, "invalid_config", "Touching", it, [[NAME, "0" * 64]])
    for id, template in [("date", "{body}{timestamp}{id}"), ("date-twice", "{id}{timestamp}{header:X-Extra}{body}")]:
        out.add("touching-%s" % id, "The template %s with a date." % template, "invalid_config", "Touching", scheme(signed=template, timestamp=in_header("rfc3339"), **ID), [[NAME, "0" * 64]])


def timestamps():
    notes = {"Malformed": "A timestamp that is none in the scheme's unit.", "Good": "A timestamp that is one, however it looks.", "Edge": "At the edge of the tolerance.", "Place": "Where the timestamp stands.",
             "NoTolerance": "Without a tolerance the timestamp must still be one.", "Override": "The tolerance of the operator replaces that of the scheme.", "Limits": "Numbers at the limits of 64 bits."}
    out = Schemes("scheme-timestamps.json", "Timestamps", "Seconds, milliseconds and RFC 3339; past and future.", notes)
    numbers = ["", " ", "-1", "-9223372036854775808", "+1", "+1760000000", " 1", "1 ", "\t1", "1\t", "1 2", "1.5", "1.", ".5", "1e9", "1E9", "0x10", "1_000", "1,000", "1" * 40, "9" * 20, "18446744073709551616", "Infinity", "NaN", "null",
               "\u0661\u0662", "\uff11", "1760000000Z", "2025-10-09T08:53:20Z", "-0", "--1", "1-", "1\n", "\u00a01"]
    for unit in ("s", "ms"):
        for number, text in enumerate(numbers):
            out.sent("time-%s-bad-%d" % (unit, number + 1), "The timestamp %s." % ascii(text), "malformed_timestamp", "Malformed", stamped(unit), sign={"stamp": text}, now=NOW)
        largest = 9223372036854775 if unit == "s" else 9223372036854775807
        for id, text, expect in [("largest", str(largest), "authentic"), ("too-large", str(largest + 1), "malformed_timestamp"), ("twice-too-large", str(2 ** 64), "malformed_timestamp"), ("zero", "0", "authentic"),
                                 ("zeros", "0" * 30, "malformed_timestamp"), ("leading-zeros", "0" * 25 + str(largest), "malformed_timestamp"), ("leading-zeros-too-large", "0" * 25 + str(largest + 1), "malformed_timestamp")]:
            out.sent("time-%s-%s" % (unit, id), "The timestamp %s, without a tolerance." % text, expect, "Limits", stamped(unit, None), sign={"stamp": text}, now=NOW)
        out.sent("time-%s-largest-future" % unit, "The largest timestamp lies ahead.", "from_future", "Limits", stamped(unit), sign={"stamp": str(largest)}, now=NOW)
        out.sent("time-%s-zero-past" % unit, "The first moment is long ago.", "expired", "Limits", stamped(unit), sign={"stamp": "0"}, now=NOW)
        out.sent("time-%s-early-now" % unit, "A clock that stands before 1970.", "from_future", "Limits", stamped(unit), sign={"stamp": "0"}, now=-1000)
        out.sent("time-%s-zeros-good" % unit, "Leading zeros are not fine, even signed as they are: they could be taken from what stands in front.", "malformed_timestamp", "Limits", stamped(unit), sign={"stamp": "000" + moment(unit)}, now=NOW)
        out.sent("time-%s-no-tolerance-bad" % unit, "A bad timestamp without a tolerance.", "malformed_timestamp", "NoTolerance", stamped(unit, None), sign={"stamp": "soon"}, now=NOW)
    rfc3339(out)
    tolerances(out)
    places(out)
    return out.file()


def rfc3339(out):
    bad = ["", "2025-10-09", "2025-10-09T08:53Z", "2025-10-09T08:53:20", "2025-10-09 08:53:20Z", "20251009T085320Z", "2025-10-09T08:53:20.Z", "2025-10-09T08:53:20,5Z", "2025-10-09T08:53:20+0000", "2025-10-09T08:53:20+00", "2025-10-09T08:53:20 Z",
           "2025-10-09T08:53:20Z ", " 2025-10-09T08:53:20Z", "2025-10-09T08:53:20ZZ", "2025-10-09T08:53:20-24:00", "2025-10-09T08:53:20+23:60", "2025-10-09T08:53:20+1:00", "25-10-09T08:53:20Z", "2025-1-09T08:53:20Z", "2025-10-9T08:53:20Z", "2025-00-09T08:53:20Z",
           "2025-13-09T08:53:20Z", "2025-10-00T08:53:20Z", "2025-10-32T08:53:20Z", "2025-04-31T08:53:20Z", "2025-06-31T08:53:20Z", "2025-09-31T08:53:20Z", "2025-11-31T08:53:20Z", "2025-02-29T08:53:20Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z",
           "2025-10-09T24:00:00Z", "2025-10-09T08:60:20Z", "2025-10-09T08:53:61Z", "+2025-10-09T08:53:20Z", "-2025-10-09T08:53:20Z", "12025-10-09T08:53:20Z", "2025-10-09T08:53:20.12.3Z", "2025-10-09T8:53:20Z", "2025/10/09T08:53:20Z", "1760000000", "Thu, 09 Oct 2025 08:53:20 GMT",
           "2025-10-09T08:53:20\u2212\u0030\u0037:00", "2025-10-09T08:53:20z+00:00", "2025-W41-4T08:53:20Z", "2025-282T08:53:20Z", "2025-10-09T08:53:2\u0660Z"]
    for number, text in enumerate(bad):
        out.sent("time-rfc3339-bad-%d" % (number + 1), "The timestamp %s." % ascii(text), "malformed_timestamp", "Malformed", stamped("rfc3339"), sign={"stamp": text}, now=NOW)
    for number, text in enumerate(["2025-10-09T08:53:20Z", "2025-10-09t08:53:20z", "2025-10-09T08:53:20.0Z", "2025-10-09T08:53:20.123456789Z", "2025-10-09T08:53:20." + "9" * 60 + "Z", "2025-10-09T01:53:20-07:00", "2025-10-09T14:38:20+05:45", "2025-10-09T08:53:20+00:00",
                                   "2025-10-09T08:53:20-00:00", "2025-10-10T08:52:20+23:59", "2025-10-08T08:54:20-23:59"]):
        out.sent("time-rfc3339-good-%d" % (number + 1), "The timestamp %s." % text, "authentic", "Good", stamped("rfc3339", 1), sign={"stamp": text}, now=NOW)
    for id, text, received in [("leap-day", "2024-02-29T12:00:00Z", 1709208000), ("leap-day-2000", "2000-02-29T00:00:00Z", 951782400), ("march-2000", "2000-03-01T00:00:00Z", 951868800), ("march-1900", "1900-03-01T00:00:00Z", -2203891200), ("leap-second", "2016-12-31T23:59:60Z", 1483228800),
                               ("year-zero", "0000-01-01T00:00:00Z", -62167219200), ("year-9999", "9999-12-31T23:59:59Z", 253402300799), ("before-1970", "1969-12-31T23:59:59Z", -1), ("first", "1970-01-01T00:00:00Z", 0),
                               ("offset-over-midnight", "2025-01-01T00:30:00+01:00", 1735687800), ("end-of-year", "2025-12-31T23:30:00-00:30", 1767225600)]:
        for where, delta, expect in [("exact", 0, "authentic"), ("early", -1, "from_future"), ("late", 1, "expired")]:
            out.sent("time-rfc3339-%s-%s" % (id, where), "The moment %s, tolerance zero." % text, expect, "Good", stamped("rfc3339", 0), sign={"stamp": text}, now=received + delta)
    for id, text, expect in [("ms-999", "2025-10-09T08:53:20.999Z", "from_future"), ("ms-001", "2025-10-09T08:53:20.001Z", "from_future"), ("us-cut", "2025-10-09T08:53:20.000999Z", "authentic"), ("one-digit", "2025-10-09T08:53:20.1Z", "from_future")]:
        out.sent("time-rfc3339-fraction-%s" % id, "Fractions count to the millisecond.", expect, "Edge", stamped("rfc3339", 0), sign={"stamp": text}, now=NOW)


def tolerances(out):
    for unit in ("s", "ms", "rfc3339"):
        for name, tolerance, past, future in [("both", 300, 300, 300), ("zero", 0, 0, 0), ("apart", {"past": 600, "future": 60}, 600, 60), ("no-future", {"past": 600, "future": 0}, 600, 0), ("no-past", {"past": 0, "future": 5}, 0, 5)]:
            for id, expect, seconds in [("past-in", "authentic", -past), ("past-out", "expired", -past - 1), ("future-in", "authentic", future), ("future-out", "from_future", future + 1)]:
                out.sent("edge-%s-%s-%s" % (unit, name, id), "%s, tolerance %s: %s." % (unit, tolerance, id), expect, "Edge", stamped(unit, tolerance), sign={"seconds": NOW + seconds}, now=NOW)
        if unit != "s":
            for id, expect, seconds, extra in [("past-out", "expired", -301, 999), ("past-in", "authentic", -300, 1), ("future-out", "from_future", 300, 1), ("future-in", "authentic", 299, 999)]:
                out.sent("edge-%s-one-ms-%s" % (unit, id), "A millisecond on this side or that.", expect, "Edge", stamped(unit, 300), sign={"stamp": moment(unit, NOW + seconds, extra)}, now=NOW)
        out.sent("edge-%s-none" % unit, "No tolerance: any moment will do.", "authentic", "NoTolerance", stamped(unit, None), sign={"seconds": 1}, now=NOW)
        for id, expect, seconds, base in [("wider", "authentic", -900, 300), ("narrower", "expired", -200, 300), ("narrower-future", "from_future", 200, {"past": 300, "future": 300}), ("added", "expired", -901, None), ("added-in", "authentic", 900, None)]:
            out.sent("override-%s-%s" % (unit, id), "The operator's tolerance counts.", expect, "Override", stamped(unit, base), sign={"seconds": NOW + seconds}, now=NOW, tolerance=100 if "narrower" in id else 900)
    out.sent("edge-wrong-secret-stale", "Stale, and not authentic.", "mismatch", "Edge", stamped(), known=None, secret=OTHER_SECRET, sign={"seconds": 1}, now=NOW)
    out.sent("edge-large-tolerance", "A tolerance of a hundred years.", "authentic", "Edge", stamped("s", 3155760000), sign={"stamp": "0"}, now=NOW)


def places(out):
    own = {"timestamp": {"from": "signature:t", "unit": "s", "tolerance": 300}}
    pairs = scheme(PAIRS, signed="{timestamp}.{body}", **own)
    fields = scheme(dict(FIELDS, fields=["timestamp", "signature"]), signed="{timestamp}.{body}", timestamp={"from": "signature:timestamp", "unit": "s", "tolerance": 300})
    for id, comment, expect, it, value in [
        ("pairs", "A timestamp among the pairs.", "authentic", pairs, "t={t},v1={v}"), ("pairs-behind", "A timestamp behind the signature.", "authentic", pairs, "v1={v},t={t}"), ("pairs-missing", "No timestamp among the pairs.", "missing_timestamp", pairs, "v1={v}"),
        ("pairs-case", "Its key in another case.", "missing_timestamp", pairs, "T={t},v1={v}"), ("pairs-empty", "An empty timestamp.", "malformed_timestamp", pairs, "t=,v1={v}"), ("pairs-blank", "A blank in front of the timestamp.", "malformed_timestamp", pairs, "t= {t},v1={v}"),
        ("pairs-trimmed", "Blanks around the pair.", "authentic", pairs, " t={t} , v1={v}"), ("pairs-twice", "Two timestamps that are equal.", "malformed_signature", pairs, "t={t},t={t},v1={v}"), ("pairs-two", "Two timestamps.", "malformed_signature", pairs, "t={t},t=1,v1={v}"),
        ("pairs-infinity", "A word.", "malformed_timestamp", pairs, "t=Infinity,v1={v}"), ("positional", "A timestamp in its place.", "authentic", fields, "{t},{v}"), ("positional-two", "With two signatures.", "authentic", fields, "{t},{v},{v}"),
        ("positional-word", "A word in its place.", "malformed_timestamp", fields, "x,{v}"), ("positional-order", "The other way round.", "malformed_encoding", fields, "{v},{t}!"), ("positional-empty", "Nothing in its place.", "malformed_signature", fields, ",{v}"),
    ]:
        out.sent("place-" + id, comment, expect, "Place", it, value=lambda s, value=value: value.replace("{t}", s.stamp).replace("{v}", s.sig()), now=NOW)
    good = out.sent("place-header", "A timestamp in a header.", "authentic", "Place", stamped(), now=NOW)
    for id, comment, expect, lines in [
        ("header-missing", "No such header.", "missing_timestamp", good.headers(drop=[STAMP])), ("header-twice", "Two equal headers.", "repeated_signature", good.headers() + [[STAMP, good.stamp]]), ("header-two", "Two headers.", "repeated_signature", good.headers() + [[STAMP, "1"]]),
        ("header-case", "Its name in another case.", "authentic", [[name.upper(), value] for name, value in good.headers()]), ("header-blank", "A blank behind it is not trimmed.", "malformed_timestamp", good.headers(change={STAMP: good.stamp + " "})),
        ("header-tampered", "It was altered.", "mismatch", good.headers(change={STAMP: str(int(good.stamp) + 1)})), ("header-zero", "A zero was put in front.", "malformed_timestamp", good.headers(change={STAMP: "0" + good.stamp})),
    ]:
        out.add("place-" + id, comment, expect, "Place", stamped(), lines, now=NOW)
    unsigned = scheme(timestamp=in_header("s", None))
    body_only = out.sent("place-unsigned", "A timestamp that is not signed, and no tolerance.", "authentic", "Place", unsigned, now=NOW)
    out.add("place-unsigned-bad", "It must still be a timestamp.", "malformed_timestamp", "Place", unsigned, body_only.headers(change={STAMP: "x"}), now=NOW)
    out.add("place-unsigned-missing", "It must still be there.", "missing_timestamp", "Place", unsigned, body_only.headers(drop=[STAMP]), now=NOW)
    out.add("place-unsigned-other", "Another one will do.", "authentic", "Place", unsigned, body_only.headers(change={STAMP: "1"}), now=NOW)
    by_name = {"signature": {"header": NAME, "format": "bare"}, "algorithm": "SHA_256", "encoding": HEXA_DECIMAL, "signed": "{header:%s}.{body}" % STAMP.lower(), "timestamp": in_header("s", 300)}
    for id, seconds, expect in [("in", 300, "authentic"), ("out", 301, "expired")]:
        text = moment("s", NOW - seconds)
        sent = sign(SHA_256, HEXA_DECIMAL, text.encode() + b"." + BODY)
        out.add("place-signed-as-header-%s" % id, "The timestamp is signed as a header.", expect, "Place", by_name, [[STAMP, text], [NAME, sent]], now=NOW)


def files():
    return [templates(), timestamps()]

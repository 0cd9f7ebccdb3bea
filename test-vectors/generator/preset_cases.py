"""What can go right and wrong with a delivery of any preset: one list for all of them, led by the scheme."""

import copy

from .build import BASE64, HEXA_DECIMAL, encode
from .presets import PRESETS
from .sender import BY_NAME, NOW, Sent, example_secret, moment

NOTES = {
    "Accepted": "The delivery is as the sender makes it.",
    "Rotation": "Several secrets: any of them may have signed.",
    "Several": "Several signatures: every one is tried against every secret.",
    "Missing": "The signature is not there.",
    "Repeated": "A header that may stand there once stands there twice.",
    "Format": "The value of the signature header does not have the sender's form.",
    "Label": "A label in front of the signature that names no algorithm, or another one.",
    "Encoding": "The signature is not in the sender's encoding.",
    "Length": "The signature is not as long as the algorithm makes it.",
    "WrongSecret": "The signature is made with another secret.",
    "Tampered": "A part that is signed was altered on the way.",
    "Timestamp": "The timestamp is missing or is no timestamp in the sender's unit.",
    "Edge": "The timestamp is at the edge of the tolerance, on either side of it.",
    "NoTolerance": "The sender gives no tolerance, so that any moment will do; or one was set by the operator.",
    "Part": "A part that is signed is missing or empty.",
    "Cut": "The signed text is that of another delivery too, or could be.",
    "Secret": "The secret is not in the form that the sender hands out.",
    "Trap": "Something that is easily taken for what another sender does.",
}
BODIES = {
    "github": b'{"action":"opened","number":7,"repository":{"full_name":"octo/hello"}}', "shopify": '{"id":820982911946154508,"email":"jon@example.com","note":"caf\u00e9"}'.encode(),
    "slack": b"token=x&team_id=T1DC2JH3J&command=%2Fweather&text=94070", "meta": b'{"object":"page","entry":[{"text":"caf\\u00e9 \\/ bar"}]}',
    "xero": b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}', "circleci": b'{"type":"workflow-completed","id":"3888f21b"}',
    "convoy": b'{ "event_type": "payment.success" }', "svix": b'{"test": 2432232314}', "linear": b'{"action":"create","webhookTimestamp":1676056940508}',
}
BODY = b'{"id":"evt_1","type":"order.paid","data":{"total":"19.90"}}'
SECRETS = {"stripe": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "notion": "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl", "shopify": "hush",
           "zendesk": "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", "svix": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}
URLS = {"square": "https://hooks.example.com/square?shop=1", "trello": "https://hooks.example.com/trello", "appwrite": "https://hooks.example.com/appwrite"}
# Headers that are signed as they are.
EXTRA = {"scalr": {"Date": "Thu 09 Oct 2025 08:53:20 UTC"}}


class Preset:
    """Adds the vectors of one preset to a file."""

    def __init__(self, out, name):
        self.out, self.name, self.scheme = out, name, PRESETS[name]
        self.secret = SECRETS.get(name, example_secret(self.scheme))
        self.other = example_secret(self.scheme, "another")
        self.body = BODIES.get(name, BODY)
        self.extra = EXTRA.get(name, {})
        self.stamped = "timestamp" in self.scheme
        self.now = NOW if self.stamped else None
        self.unit = self.scheme["timestamp"]["unit"] if self.stamped else None
        self.tolerance = self.scheme.get("timestamp", {}).get("tolerance")
        self.encoding = self.scheme["encoding"]
        self.format = self.scheme["signature"]["format"]
        self.good = self.sent()

    def sent(self, secret=None, **more):
        if self.name in URLS:
            more.setdefault("url", URLS[self.name])
        return Sent(self.scheme, more.pop("body", self.body), secret or self.secret, extra=self.extra, **more)

    def add(self, id, comment, expect, flag, headers=None, body=None, secrets=None, sent=None, index=0, now="own", tolerance=None, **more):
        verifier = {"preset": self.name, "secrets": secrets or [self.secret]}
        if tolerance is not None:
            verifier["tolerance"] = tolerance
        sent = sent or self.good
        place = {"url": more.pop("url", sent.url)} if sent.url else {}
        if "{method}" in self.scheme["signed"]:
            place["method"] = more.pop("method", sent.method)
        verdict = dict(algorithm=sent.algorithm, secret_index=index) if expect == "authentic" else {}
        self.out.add("preset-%s-%s" % (self.name, id), comment, None, sent.headers() if headers is None else headers, sent.body if body is None else body,
                     expect, flags=[flag], verifier=verifier, received_at=self.now if now == "own" else now, **verdict, **place, **more)

    def value(self, id, comment, expect, flag, value, **more):
        self.add(id, comment, expect, flag, (more.get("sent") or self.good).headers(value=value), **more)

    def all(self):
        self.accepted()
        self.signatures()
        self.several()
        if self.stamped:
            self.moments()
        if "id" in self.scheme:
            self.ids()
        return self

    def accepted(self):
        good = self.good
        self.add("accept", "A delivery as the sender makes it.", "authentic", "Accepted")
        self.add("header-case", "Header names in another case.", "authentic", "Accepted", [[key.swapcase(), value] for key, value in good.headers()])
        self.add("neighbours", "Other headers around, and blanks at the ends of the signature.", "authentic", "Accepted",
                 [["Content-Type", "application/json"], ["X-Request-Id", "1"]] + good.headers(value=" %s\t" % good.value()))
        if self.encoding == HEXA_DECIMAL:
            self.value("upper-case", "Upper-case hex.", "authentic", "Accepted", good.value(good.sig().upper()))
        else:
            text = good.sig()
            self.value("padding", "The signature with its padding left out or put in.", "authentic", "Accepted",
                       good.value(text.rstrip("=") if text.endswith("=") else text + "=" * (-len(text) % 4)))
        self.add("rotation", "The second of two secrets signed.", "authentic", "Rotation", secrets=[self.other, self.secret], index=1)
        self.add("wrong-secret", "Signed with another secret.", "mismatch", "WrongSecret", sent=self.sent(self.other))
        self.add("empty-body", "An empty body, signed.", "authentic", "Accepted", sent=self.sent(body=b""))
        self.add("tampered", "One byte of the body was altered.", "mismatch", "Tampered", body=self.body[:-1] + bytes([self.body[-1] ^ 1]))
        self.add("newline", "A newline was added to the body.", "mismatch", "Tampered", body=self.body + b"\n")

    def signatures(self):
        good, name, text = self.good, self.good.name(), self.good.sig()
        self.add("missing", "No signature header.", "missing_signature", "Missing", good.headers(drop=[name]))
        self.add("repeated", "Two equal signature headers.", "repeated_signature", "Repeated", good.headers() + [[name, good.value()]])
        self.value("empty", "An empty signature header.", "malformed_signature", "Format", "")
        self.value("letter", "A letter that the encoding does not have.", "malformed_encoding", "Encoding", good.value("!" + text[1:]))
        self.value("short", "The last byte of the signature is cut off.", "wrong_length", "Length", good.value(good.sig(good.tag[:-1])))
        self.value("long", "A byte too many.", "wrong_length", "Length", good.value(good.sig(good.tag + b"\x00")))
        self.value("bit", "One bit of the signature is another.", "mismatch", "WrongSecret", good.value(good.sig(bytes([good.tag[0] ^ 1]) + good.tag[1:])))
        if self.encoding == HEXA_DECIMAL:
            self.value("odd", "An odd number of hex digits.", "malformed_encoding", "Encoding", good.value(text[:-1]))
            if self.format != "positional" and "separator" not in self.scheme["signature"]:
                self.value("base64", "The same tag in base64.", "malformed_encoding", "Encoding", good.value(encode(BASE64, good.tag).rstrip("=")))
        else:
            self.value("hex", "The same tag in hex.", "wrong_length", "Length", good.value(good.tag.hex()))
            swap = ("-", "+") if self.encoding == BASE64 else ("+", "-")
            self.value("alphabet", "A letter of the other base64 alphabet.", "malformed_encoding", "Encoding", good.value(swap[0] + text[1:]))
        getattr(self, "fault_" + self.format)(good, text)

    def fault_bare(self, good, text):
        if isinstance(self.scheme["signature"]["header"], list) or self.scheme["algorithm"] == "SHA_1":
            return
        self.value("label", "A label that names another algorithm.", "algorithm_not_accepted", "Label", "sha1=" + text)
        self.value("unknown-label", "A label that names no algorithm.", "unknown_algorithm", "Label", "v1=" + text)

    def fault_labelled(self, good, text):
        self.value("no-label", "The label is missing.", "malformed_signature", "Format", text)
        self.value("label-alone", "Nothing behind the label.", "malformed_signature", "Format", "sha256=")
        self.value("unknown-label", "A label that names no algorithm.", "unknown_algorithm", "Label", "v1=" + text)
        self.value("label-length", "A label that does not go with the length.", "wrong_length", "Length", "sha512=" + text)
        for name in ["MD5", "SHA_1", "SHA_224", "SHA_384", "SHA_512"]:
            sent = self.sent(algorithm=BY_NAME[name])
            self.add("by-%s" % sent.algorithm.digest, "The label names %s." % name, "authentic", "Accepted", sent=sent)
        self.value("label-case", "A label in upper case.", "authentic", "Accepted", "SHA256=" + text)

    def fault_prefixed(self, good, text):
        prefix = self.scheme["signature"]["prefix"]
        self.value("no-prefix", "The prefix is missing.", "malformed_signature", "Format", text)
        self.value("prefix-alone", "Nothing behind the prefix.", "malformed_signature", "Format", prefix)
        if self.name not in ("bitbucket", "easypost", "airtable", "microsoft-teams"):  # their prefixes are names of the algorithm as well
            self.value("prefix-case", "The prefix in upper case.", "malformed_signature", "Format", prefix.upper() + text)
            self.value("other-prefix", "Another prefix.", "malformed_signature", "Format", ("v9=" if prefix.startswith("v") else "sha512=") + text)
        if "separator" not in self.scheme["signature"]:
            self.value("prefix-twice", "The prefix twice.", "malformed_encoding", "Encoding", prefix + prefix + text)

    def fault_pairs(self, good, text):
        signature, value = self.scheme["signature"], good.value()
        key, separator = signature["key"], signature["separator"]
        self.value("no-key", "No signature among the pairs.", "malformed_signature", "Format", value.replace(key + "=", "zz="))
        self.value("key-case", "The key in upper case.", "malformed_signature", "Format", value.replace(key + "=", key.upper() + "="))
        self.value("no-equals", "An item that is no pair.", "malformed_signature", "Format", value + separator + "zz")
        self.value("empty-item", "Nothing behind the last separator.", "malformed_signature", "Format", value + separator)
        self.value("empty-signature", "A signature without a value.", "malformed_signature", "Format", value.replace(text, ""))
        self.value("empty-key", "A pair without a key.", "malformed_signature", "Format", value + separator + "=1")
        self.value("bare", "The signature alone, without any key.", "malformed_signature", "Format", text)
        self.value("blanks", "Blanks around the items.", "authentic", "Accepted", (" %s\t " % separator).join(value.split(separator)))
        self.value("order", "The items in another order.", "authentic", "Accepted", separator.join(reversed(value.split(separator))))
        self.value("other-keys", "Items with keys that have no meaning, one of them empty.", "authentic", "Accepted", separator.join(["v9=63f3", value, "zz=", "zz=1=2"]))
        if separator == ",":
            self.value("other-separator", "A semicolon for the comma.", "malformed_signature", "Format", value.replace(",", ";") if "," in value else "zz=1;" + value)

    def fault_list(self, good, text):
        self.value("no-version", "The signature without a version.", "malformed_signature", "Format", text)
        self.value("other-version", "Another version only.", "malformed_signature", "Format", "v1a," + text)
        self.value("version-case", "The version in upper case.", "malformed_signature", "Format", "V1," + text)
        self.value("empty-signature", "Nothing behind the version.", "malformed_signature", "Format", "v1,")
        self.value("two-blanks", "Two blanks between two signatures, so that an item is empty.", "malformed_signature", "Format", "v1,%s  v1,%s" % (text, text))
        self.value("other-versions", "Other versions are passed over.", "authentic", "Accepted", "v1a,abc v2,%s v1,%s v3," % (text, text))
        self.value("comma", "A comma for the blank between two signatures.", "malformed_encoding", "Encoding", "v1,%s,v1,%s" % (text, text))

    def fault_positional(self, good, text):
        mark = self.scheme["signature"]["separator"]
        self.value("one-field", "The timestamp alone.", "malformed_signature", "Format", good.stamp)
        self.value("empty-field", "The timestamp is empty.", "malformed_signature", "Format", mark + text)
        self.value("empty-signature", "The signature is empty.", "malformed_signature", "Format", good.stamp + mark)
        self.value("empty-last", "Nothing behind the last separator.", "authentic", "Several", good.value() + mark)
        self.value("blanks", "Blanks around the fields.", "authentic", "Accepted", " %s %s\t%s" % (good.stamp, mark, text))

    def several(self):
        good, signature = self.good, self.scheme["signature"]
        wrong = good.sig(good.tag_by(self.other))
        if isinstance(signature["header"], list):
            return self.several_headers(good, wrong, signature["header"])
        if "separator" not in signature:
            return None
        self.value("wrong-then-right", "A wrong signature, then the right one.", "authentic", "Several", good.value(wrong, good.sig()))
        self.value("right-then-wrong", "The right signature, then a wrong one.", "authentic", "Several", good.value(good.sig(), wrong))
        self.value("both-secrets", "Two signatures, both of known secrets: the first secret counts.", "authentic", "Several", good.value(wrong, good.sig()),
                   secrets=[self.secret, self.other])
        self.value("all-wrong", "Two wrong signatures.", "mismatch", "Several", good.value(wrong, wrong))
        self.value("sixteen", "Sixteen signatures, the last is right.", "authentic", "Several", good.value(*[wrong] * 15 + [good.sig()]))
        self.value("seventeen", "Seventeen signatures.", "malformed_signature", "Several", good.value(*[good.sig()] * 17))
        self.value("right-then-short", "The right signature, then one that is too short.", "authentic", "Several", good.value(good.sig(), good.sig(good.tag[:-1])))
        self.value("right-then-letter", "The right signature, then one that is not in the encoding.", "authentic", "Several", good.value(good.sig(), "!" + good.sig()[1:]))

    def several_headers(self, good, wrong, names):
        first, last = names[0], names[-1]
        rest = good.headers(drop=[first])
        for id, comment, expect, lines, flag in [
            ("last-header", "The last of the headers alone.", "authentic", [[last, good.value()]], "Several"),
            ("wrong-then-right", "A wrong signature in the first header, the right one in the last.", "authentic", [[first, wrong], [last, good.value()]], "Several"),
            ("right-then-wrong", "The right signature in the first header, a wrong one in the last.", "authentic", [[first, good.value()], [last, wrong]], "Several"),
            ("all-headers", "Every header is there, one is right.", "authentic", [[name, wrong] for name in names[1:]] + [[first, good.value()]], "Several"),
            ("all-wrong", "Wrong signatures in both.", "mismatch", [[first, wrong], [last, wrong]], "Several"),
            ("right-then-empty", "The last header is empty.", "malformed_signature", [[first, good.value()], [last, ""]], "Format"),
            ("right-then-short", "The last header is too short.", "authentic", [[first, good.value()], [last, good.sig(good.tag[:-1])]], "Several"),
            ("right-then-repeated", "The last header stands there twice.", "repeated_signature", [[first, good.value()], [last, wrong], [last, wrong]], "Repeated"),
        ]:
            self.add(id, comment, expect, flag, rest + lines)

    def moments(self):
        source, unit, good = self.scheme["timestamp"]["from"], self.unit, self.good
        in_header = source.startswith("header:")
        place = source.split(":")[1]
        if in_header:
            self.add("no-timestamp", "The timestamp is missing.", "missing_timestamp", "Timestamp", good.headers(drop=[place]))
            self.add("two-timestamps", "Two equal timestamps.", "repeated_signature", "Repeated", good.headers() + [[place, good.stamp]])
            self.add("timestamp-first", "Two timestamps, the first is the signed one.", "repeated_signature", "Repeated", good.headers() + [[place, moment(unit, NOW + 1)]])
        elif self.format == "pairs":
            separator, signature = self.scheme["signature"]["separator"], "%s=%s" % (self.scheme["signature"]["key"], good.sig())
            self.value("no-timestamp", "The timestamp is missing.", "missing_timestamp", "Timestamp", signature)
            self.value("two-timestamps", "Two equal timestamps.", "malformed_signature", "Format", "%s=%s%s%s" % (place, good.stamp, separator, good.value()))
            self.value("timestamp-key-case", "The key of the timestamp in upper case.", "missing_timestamp", "Timestamp", good.value().replace(place + "=", place.upper() + "=", 1))
        self.add("tampered-timestamp", "The timestamp was moved by a second.", "mismatch", "Tampered", self.restamped(good, moment(unit, NOW + 1)))
        for id, comment, text in faulty_moments(unit):
            if self.format == "positional" and self.scheme["signature"]["separator"] in text:
                continue  # that would be two fields
            if self.format == "positional" and text == "":
                continue
            if not in_header and text != text.strip(" \t"):
                continue
            self.add("timestamp-%s" % id, comment, "malformed_timestamp", "Timestamp", sent=self.sent(stamp=text))
        if self.tolerance is None:
            for id, seconds in [("old", NOW - 10 ** 8), ("new", NOW + 10 ** 8)]:
                self.add("timestamp-%s" % id, "A timestamp of another year, where the sender gives no tolerance.", "authentic", "NoTolerance", sent=self.sent(seconds=seconds))
        self.edges("", self.tolerance if self.tolerance is not None else 60, None if self.tolerance is not None else 60)
        if self.tolerance is not None:
            self.edges("own-", 7, 7)
            self.add("own-zero", "A tolerance of zero, and no time has passed.", "authentic", "Edge", tolerance=0)
            self.add("stale-and-wrong", "Old, and signed with another secret: first it must be authentic.", "mismatch", "WrongSecret",
                     sent=self.sent(self.other, seconds=NOW - 10 ** 6))
            self.add("second-secret-stale", "Old, and signed with the second secret.", "expired", "Edge", sent=self.sent(self.other, seconds=NOW - 10 ** 6), secrets=[self.secret, self.other])

    def edges(self, id, tolerance, override):
        for name, comment, expect, seconds in [
            ("past-in", "As old as the tolerance allows.", "authentic", -tolerance), ("past-out", "A second too old.", "expired", -tolerance - 1),
            ("future-in", "As far ahead as the tolerance allows.", "authentic", tolerance), ("future-out", "A second too far ahead.", "from_future", tolerance + 1),
        ]:
            self.add(id + name, comment, expect, "Edge", sent=self.sent(seconds=NOW + seconds), tolerance=override)
        if self.unit != "s":
            past, future = -tolerance - 1, tolerance
            self.add(id + "past-out-ms", "A millisecond too old.", "expired", "Edge", sent=self.sent(stamp=moment(self.unit, NOW + past, 999)), tolerance=override)
            self.add(id + "future-out-ms", "A millisecond too far ahead.", "from_future", "Edge", sent=self.sent(stamp=moment(self.unit, NOW + future, 1)), tolerance=override)

    def restamped(self, good, text):
        other = copy.copy(good)
        other.stamp = text
        return other.headers()

    def ids(self):
        good, name = self.good, self.scheme["id"]["from"].split(":")[1]
        self.add("no-id", "The id is missing.", "missing_part", "Part", good.headers(drop=[name]))
        self.add("empty-id", "The id is empty, and signed so.", "missing_part", "Part", sent=self.sent(id=""))
        self.add("blank-id", "The id is a blank.", "missing_part", "Part", good.headers(change={name: "  "}))
        self.add("tampered-id", "The id was altered.", "mismatch", "Tampered", good.headers(change={name: good.id + "0"}))
        self.add("two-ids", "Two equal ids.", "repeated_signature", "Repeated", good.headers() + [[name, good.id]])
        self.add("long-id", "An id of 4,097 bytes.", "malformed_signature", "Format", sent=self.sent(id="m" * 4097))


def faulty_moments(unit):
    if unit == "rfc3339":
        return [("empty", "An empty timestamp.", ""), ("seconds", "Seconds since 1970.", str(NOW)), ("date", "A date without a time.", "2025-10-09"),
                ("no-zone", "No offset.", "2025-10-09T08:53:20"), ("month", "A month 13.", "2025-13-09T08:53:20Z"), ("day", "The 29th of February of no leap year.", "2025-02-29T08:53:20Z"),
                ("blank", "A blank in front.", " 2025-10-09T08:53:20Z"), ("blank-between", "A blank for the T.", "2025-10-09 08:53:20Z")]
    return [("empty", "An empty timestamp.", ""), ("negative", "The least number of 64 bits.", "-9223372036854775808"), ("plus", "A sign in front.", "+%s" % moment(unit)),
            ("blank", "A blank in front.", " " + moment(unit)), ("blank-behind", "A blank behind.", moment(unit) + " "), ("fraction", "A fraction.", "%d.5" % NOW),
            ("exponent", "An exponent.", "1e9"), ("forty", "Forty digits.", "1" * 40), ("text", "A word.", "Infinity"),
            ("rfc3339", "A moment in words.", "2025-10-09T08:53:20Z")]

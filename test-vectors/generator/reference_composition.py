"""Schemes that read more of a delivery than a header and the body, judged the plain way.

Written from the rules in README.md; `json`, `urllib.parse` and `xml.etree` of the standard library read queries and bodies. What
a scheme has in common with all others (formats, encodings, algorithms, times) is in `reference_scheme.py` and
`reference_verify.py`.
"""

import base64
import hashlib
import json
import re
import urllib.parse
import xml.etree.ElementTree
import zlib

from .reference_text import FIELD_NAME, LONGEST_VALUE, Stop, raw_line

FIELDS = ["covers_body", "fields", "signed_headers", "unpack", "ambiguous"]
IN_SIGNATURE = ["from", "wrapped_in", "group_separator", "until"]
PLACES = ("query", "form", "json", "xml")
HASHES = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
MOST_FIELDS = 1000
MOST_RATIO = 100


def need(good):
    if not good:
        raise Stop("invalid_config")


# What may be configured.

def pieces(template):
    """[("text", literal) or ("part", inside)], or None for a template with a fault."""
    found = []
    for literal, inside, fault in re.findall(r"((?:[^{}]|\{\{|\}\})+)|\{([^{}]*)\}|(.)", template, re.DOTALL):
        if fault:
            return None
        found.append(("text", literal.replace("{{", "{").replace("}}", "}")) if literal else ("part", inside))
    return found


def is_own(inside):
    """Whether only a composition knows this part."""
    return inside not in ("body", "timestamp", "id", "method", "url") and not inside.startswith("header:") and is_known(inside)


def is_known(inside):
    functions, rest = [], inside
    while rest.partition(":")[0] in ["lower", "upper", "php", "sorted", "base64", "hubspot"] + [name + end for name in HASHES for end in ("", "-base64")]:
        name, _, rest = rest.partition(":")
        functions.append(name)
    if functions and rest in ("timestamp", "id", "secret"):
        return False
    # What prints JSON stands directly before a value of it.
    if any(name in ("php", "sorted") and (at < len(functions) - 1 or not rest.startswith(("json:", "body"))) for at, name in enumerate(functions)):
        return False
    kind, colon, name = rest.partition(":")
    if colon:
        return len(functions) <= 3 and is_place(rest)
    return len(functions) <= 3 and rest in (
        "body", "timestamp", "id", "method", "url", "path", "target", "query", "fields", "signed_headers", "signed_header_names", "secret")


def is_place(text):
    kind, colon, name = text.partition(":")
    if kind == "header":
        return FIELD_NAME.fullmatch(name) is not None
    if kind == "json":
        return name[:1] == "/" and name.count("/") <= 8 and not re.search("~(?![01])", name)
    return kind in ("query", "form", "xml") and name != ""


def is_composed(scheme):
    signature = scheme.get("signature")
    if any(field in scheme for field in FIELDS):
        return True
    if isinstance(signature, dict) and any(field in signature for field in IN_SIGNATURE):
        return True
    for part in ("timestamp", "id"):
        place = scheme.get(part)
        if isinstance(place, dict) and isinstance(place.get("from"), str) and place["from"].partition(":")[0] in PLACES:
            return True
    signed = scheme.get("signed", "{body}")
    found = pieces(signed) if isinstance(signed, str) else None
    return found is not None and all(kind == "text" or is_known(text) for kind, text in found) and any(kind == "part" and is_own(text) for kind, text in found)


def plain(scheme):
    """The same scheme as one of the others: with its signature in a header, and with the body alone signed."""
    scheme = json.loads(json.dumps(scheme))
    need("function" not in scheme)
    signature = scheme.get("signature")
    need(isinstance(signature, dict))
    if "from" in signature:
        need("header" not in signature and isinstance(signature["from"], str) and is_place(signature["from"]))
        kind, _, name = signature["from"].partition(":")
        signature["header"] = name if kind == "header" else "Signature"
    need(signature.get("wrapped_in", "BASE64") == "BASE64" and signature.get("group_separator", " ") == " ")
    need("group_separator" not in signature or signature.get("format") == "pairs")
    need(isinstance(signature.get("until", "x"), str) and signature.get("until", "x") != "")
    for field in IN_SIGNATURE:
        signature.pop(field, None)
    for field in FIELDS:
        scheme.pop(field, None)
    if "plain_hash" in scheme:
        scheme["algorithm"] = scheme.pop("plain_hash")
    signs = scheme.get("signed", "{body}")
    for part in ("timestamp", "id"):
        if part in scheme and isinstance(scheme[part], dict) and str(scheme[part].get("from")).partition(":")[0] in PLACES:
            need(is_place(scheme[part]["from"]))
            scheme[part]["from"] = "header:X-Moved-%s" % part
    scheme["signed"] = "".join("{%s}" % part + "|" for part in ("timestamp", "id") if "{%s}" % part in signs) + "{body}"
    return scheme


class Composition:
    """The rules of a scheme, checked."""

    def __init__(self, scheme):
        for field in ("covers_body", "ambiguous", "unpack"):
            need(isinstance(scheme.get(field, False), bool))
        self.scheme, self.signature = scheme, scheme["signature"]
        self.pieces = pieces(scheme.get("signed", "{body}"))
        need(self.pieces is not None and all(kind == "text" or is_known(text) for kind, text in self.pieces))
        self.parts = [text for kind, text in self.pieces if kind == "part"]
        need(self.parts.count("body") <= 1 and len(self.pieces) <= 16 and len(scheme.get("signed", "")) <= 255)
        need("\x01" not in scheme.get("signed", ""))
        need(not any(part.startswith("header:~") for part in self.parts))
        own = "header:" + str(self.signature.get("header", self.signature.get("from", ""))).rpartition(":")[2].lower()
        need("from" in self.signature and not self.signature["from"].startswith("header:") or not any(part.lower().endswith(own) for part in self.parts))
        self.ambiguous = scheme.get("ambiguous", False)
        self.fields = scheme.get("fields")
        need((self.fields is not None) == any(part.split(":")[-1] == "fields" for part in self.parts))
        if self.fields is not None:
            check_fields(self.fields)
            need(self.ambiguous or is_clear(self.fields))
        listed = [part for part in ("signed_headers", "signed_header_names") if part in self.parts]
        need(len(listed) == (2 if "signed_headers" in scheme else 0))
        if "signed_headers" in scheme:
            need(scheme["signed_headers"]["join"] or self.ambiguous)
            need(re.fullmatch("signature:.+", scheme["signed_headers"]["from"]))
        covers = any(self.covers(part) for part in self.parts)
        need(scheme.get("covers_body", True) == covers)
        self.pivot = self.find_pivot()
        self.check_sides()

    def covers(self, part):
        functions, _, last = part.rpartition(":")
        if last == "body":
            hexes = "(?:%s)" % "|".join(HASHES)
            return re.fullmatch("(?:(?:(?:lower|upper):%s|%s|%s-base64|base64|php|sorted)(?::|$))*" % ((hexes,) * 3), functions) is not None
        if last == "fields":
            rule = self.fields
            return "names" not in rule and not rule.get("skip_empty") and rule["from"] in ("form", "xml", "json")
        return False

    def find_pivot(self):
        """The part beside which nothing needs to end: the body, or else what can be longest; the last of equal ones."""
        def length(part):
            if part == "body":
                return 5
            if part == "fields":
                return 3
            if part.endswith(":body"):
                return 2
            return 0 if part in ("method", "url", "timestamp", "id", "secret") or of_the_url(part) else 1
        best = max([(length(text), at) for at, (kind, text) in enumerate(self.pieces) if kind == "part"], default=(0, 0))
        # A sender may sign when or where to it sends, and nothing of what. Then the pivot is the end.
        need(best[0] > 0 or any(part != "secret" for part in self.parts))
        return best[1] if best[0] > 0 else len(self.pieces)

    def neighbour(self, at):
        step = 1 if at < self.pivot else -1
        return self.pieces[at + step] if at + step < len(self.pieces) else ("end", "")

    def is_beside_secret(self, at):
        """Whether the text beside this part, up to the next value, contains the secret: then nobody else can write that text."""
        step = 1 if at < self.pivot else -1
        at += step
        while 0 <= at < len(self.pieces) and (self.pieces[at][0] == "text" or self.pieces[at][1] == "secret"):
            if self.pieces[at] == ("part", "secret"):
                return True
            at += step
        return False

    def is_free(self, at):
        kind, text = self.pieces[at]
        urls = [part for part in self.parts if part == "url" or of_the_url(part)]
        known = text in ("method", "url", "timestamp", "secret") or (of_the_url(text) and "url" not in self.parts and text == urls[0])
        return kind == "part" and at != self.pivot and not known and not self.is_merged(at)

    def is_merged(self, at):
        """Whether the sender leaves open where this part ends."""
        if not self.ambiguous:
            return False
        # The secret parts what stands on its two sides.
        secrets = [-1] + [place for place, piece in enumerate(self.pieces) if piece == ("part", "secret")] + [len(self.pieces)]
        start, end = max(place for place in secrets if place < at), min(place for place in secrets if place > at)
        side = [place for place in range(start + 1, end) if self.pieces[place][0] == "part"]
        ours = [place for place in side if self.pieces[place][1] not in ("timestamp", "id")]
        need(not any(ours[0] < place < ours[-1] and place not in ours for place in side))
        # The whole side of the pivot is one text with it; another side is free as a whole, so its edge must end.
        return start < self.pivot < end and ours[0] <= at <= ours[-1]

    def is_inside(self, at):
        """Whether the part is joined with its neighbour, on a side of the secret where there is no pivot."""
        return self.ambiguous and self.neighbour(at)[0] == "part" and self.is_beside_secret_of_side(at)

    def is_beside_secret_of_side(self, at):
        step = 1 if at < self.pivot else -1
        while 0 <= at < len(self.pieces) and at != self.pivot:
            if self.pieces[at] == ("part", "secret"):
                return True
            at += step
        return False

    def check_sides(self):
        for at in range(len(self.pieces)):
            if self.is_free(at):
                need(self.neighbour(at)[0] == "text" or self.neighbour(at) == ("part", "secret") or self.is_inside(at))

    def digits(self, timestamp):
        """How many digits the timestamp must have, where nothing else ends it."""
        for at, (kind, text) in enumerate(self.pieces):
            if (kind, text) == ("part", "timestamp") and timestamp.unit in ("s", "ms"):
                beside = self.neighbour(at)
                if beside[0] != "text" or beside[1][0 if at < self.pivot else -1] in "0123456789":
                    return {"s": 10, "ms": 13}[timestamp.unit]
        return None


def of_the_url(part):
    """Whether the receiver knows this part as it knows the URL."""
    functions, _, last = part.rpartition(":")
    return (last in ("path", "target") or (last == "url" and functions != "")) and all(name in ("lower", "upper", "hubspot") for name in functions.split(":") if name)


def check_fields(rule):
    need(isinstance(rule, dict) and {"from", "join"} <= set(rule))
    need(set(rule) <= {"from", "names", "absent", "except", "order", "pair", "join", "skip_empty", "repeated", "spelling"})
    need(isinstance(rule["from"], str) and isinstance(rule["join"], str) and isinstance(rule.get("pair", ""), str))
    need(rule["from"] in ("query", "form", "xml", "json") or (rule["from"][:6] == "json:/" and is_place(rule["from"])))
    need(rule.get("absent", "reject") in ("reject", "skip", "empty") and rule.get("order", "name") in ("name", "name_without_case", "received"))
    need(rule.get("spelling", "decoded") == "decoded" or (rule["spelling"] == "received" and rule["from"] in ("query", "form")))
    repeated = rule.get("repeated", "reject")
    need(repeated in ("reject", "keep") or (isinstance(repeated, dict) and list(repeated) == ["join"]))
    need(repeated == "reject" or not rule["from"].startswith("json"))
    if "names" in rule:
        need("except" not in rule and "order" not in rule and 1 <= len(rule["names"]) <= 64 and len(set(rule["names"])) == len(rule["names"]))
        need(all(name and (name[0] != "/" or rule["from"].startswith("json")) for name in rule["names"]))
    else:
        need("absent" not in rule)


def is_mark(text):
    return len(text) == 1 and (text.isspace() or (text.isascii() and text.isprintable() and not text.isalnum()))


def is_clear(rule):
    """Whether the joined text can be cut in one way only."""
    if "pair" not in rule:
        fixed = "names" in rule and rule.get("absent") != "skip" and not rule.get("skip_empty")
        return "names" in rule and rule.get("absent") != "skip" and (len(rule["names"]) == 1 or (fixed and is_mark(rule["join"]) and not isinstance(rule.get("repeated"), dict)))
    return is_mark(rule["pair"]) and is_mark(rule["join"]) and rule["pair"] != rule["join"] and not isinstance(rule.get("repeated"), dict)


# What stands in a delivery.

class Delivery:
    """A delivery, and the signed values in it."""

    def __init__(self, composition, delivery, headers, body):
        self.rules, self.headers, self.body = composition, headers, body
        self.method, self.url = delivery.get("method", ""), delivery.get("url", "")
        if composition.scheme.get("unpack"):
            self.unpack()

    def unpack(self):
        encoding = (raw_line(self.headers, "content-encoding") or b"").strip(b" \t").lower()
        if encoding in (b"", b"identity"):
            return
        if encoding not in (b"gzip", b"x-gzip", b"deflate"):
            raise Stop("missing_part")
        longest = min(max(len(self.body) * MOST_RATIO, 1 << 20), 32 << 20)
        unpacker = zlib.decompressobj(15 if encoding == b"deflate" else 31)
        try:
            self.body = unpacker.decompress(self.body, longest + 1)
        except zlib.error:
            raise Stop("missing_part")
        if len(self.body) > longest:
            raise Stop("body_too_large")
        if not unpacker.eof:
            raise Stop("missing_part")

    def query(self):
        return self.url.partition("#")[0].partition("?")[2]

    def target(self):
        url = self.url.partition("#")[0]
        return re.sub(r"^[^/?#]+://[^/?]*", "", url) or ("/" if url else "")

    def json(self):
        try:
            return json.loads(self.body.decode("utf-8"), object_pairs_hook=Object, parse_int=Number, parse_float=Number)
        except (ValueError, RecursionError):
            raise Stop("missing_part")

    def at(self, place):
        """The bytes at a place, or None."""
        kind, _, name = place.partition(":")
        if kind == "header":
            line = raw_line(self.headers, name)
            if line is not None and len(line.strip(b" \t")) > LONGEST_VALUE:
                raise Stop("malformed_signature")
            return None if line is None else line.strip(b" \t")
        if kind == "query":
            return only(parameters(self.query()), name)
        if kind == "form":
            return only(parameters(self.body.decode("latin-1")), name) if self.is_form() else None
        if kind == "xml":
            return only(self.elements(), name)
        value, span = self.json(), self.body.decode("utf-8")
        for step in (part.replace("~1", "/").replace("~0", "~") for part in name[1:].split("/")):
            value = value.get(step) if isinstance(value, Object) else value[int(step)] if isinstance(value, list) and step.isdigit() and int(step) < len(value) else None
        return as_bytes(value, span, name)

    def is_form(self):
        kind = raw_line(self.headers, "content-type")
        return kind is None or kind.split(b";")[0].strip().lower() == b"application/x-www-form-urlencoded"

    def elements(self):
        try:
            root = xml.etree.ElementTree.fromstring(self.body.decode("utf-8"))
        except (xml.etree.ElementTree.ParseError, ValueError):
            raise Stop("missing_part")
        if any(len(child) or child.attrib for child in root) or root.attrib or b"<!--" in self.body or b"<!DOCTYPE" in self.body:
            raise Stop("missing_part")
        return [(child.tag, (child.text or "").encode()) for child in root]

    # The texts of the template.

    def value(self, part, secret, listed):
        """The bytes of a part; absent and empty ones are a Stop."""
        name, colon, rest = part.partition(":")
        if part == "body":
            return self.body
        if part == "fields":
            return self.joined()
        if colon and name in ("lower", "upper"):
            text = self.value(rest, secret, listed)
            return text.lower() if name == "lower" else text.upper()
        if colon and name == "hubspot":
            text = self.value(rest, secret, listed).decode()
            return re.sub("%(?:21|24|27|28|29|2A|2C|2F|3A|3B|3F|40)", lambda found: chr(int(found.group()[1:], 16)), text, flags=re.IGNORECASE).encode()
        if colon and name in ("php", "sorted"):
            return printed(self.body, rest, name)
        if colon and name == "base64":
            return base64.b64encode(self.value(rest, secret, listed))
        if colon and name.partition("-")[0] in HASHES:
            digest = hashlib.new(name.partition("-")[0], self.value(rest, secret, listed)).digest()
            return base64.b64encode(digest) if "-" in name else digest.hex().encode()
        found = {"method": self.method, "url": self.url, "path": self.target().partition("?")[0], "target": self.target(), "query": self.query(), "secret": secret,
                 "signed_header_names": listed, "signed_headers": None}.get(part)
        if part == "signed_headers":
            found = self.listed(listed)
        elif colon:
            found = self.at(part)
        if not found:
            raise Stop("missing_part")
        return found.encode() if isinstance(found, str) else found

    def listed(self, names):
        rule = self.rules.scheme["signed_headers"]
        names = names.decode("utf-8", "replace").split(rule["separator"])
        if len({name.lower() for name in names}) < len(names) or not all(FIELD_NAME.fullmatch(name) for name in names):
            raise Stop("malformed_signature")
        values = [self.at("header:" + name) for name in names]
        place = self.rules.pieces.index(("part", "signed_headers"))
        marks = [] if self.rules.ambiguous else [rule["join"].encode(), self.rules.neighbour(place)[1].encode()]
        if not all(values) or any(mark in value for value in values for mark in marks):
            raise Stop("missing_part")
        return rule["join"].encode().join(values)

    def joined(self):
        rule = self.rules.fields
        pairs = self.chosen(rule)
        pair, join = rule.get("pair"), rule["join"].encode()
        for name, _, value in pairs:
            if not is_clear(rule):
                continue
            if pair is None:
                good = len(rule["names"]) == 1 and not join or join not in value
            else:
                good = not (set(name) & set(pair.encode() + join)) and all(pair.encode() not in piece for piece in value.split(join)[1:])
            if not good:
                raise Stop("missing_part")
        return join.join(value if pair is None else name + pair.encode() + value for name, _, value in pairs)

    def chosen(self, rule):
        """[(name as it is signed, decoded name, value)]."""
        kind = rule["from"]
        if kind.startswith("json"):
            whole = self.json()
            for step in (part.replace("~1", "/").replace("~0", "~") for part in kind[6:].split("/") if kind[5:]):
                whole = whole.get(step) if isinstance(whole, Object) else None
            if not isinstance(whole, Object):
                raise Stop("missing_part")
            whole.unique()
            found = [(name.encode(), name.encode(), as_bytes(value, self.body.decode(), name, null=b"")) for name, value in whole.pairs]
        elif kind == "xml":
            found = [(name.encode(), name.encode(), value) for name, value in self.elements()]
        else:
            if kind == "form" and not self.is_form():
                raise Stop("missing_part")
            text = self.query() if kind == "query" else self.body.decode("latin-1")
            found = []
            for item in (item for item in text.split("&") if item):
                name, _, value = item.partition("=")
                raw = (name.encode("latin-1"), value.encode("latin-1"))
                found.append((raw[0], unescaped(name), raw[1]) if rule.get("spelling") == "received" else (unescaped(name), unescaped(name), unescaped(value)))
        if len(found) > MOST_FIELDS:
            raise Stop("body_too_large")
        repeated = rule.get("repeated", "reject")
        if repeated != "keep":
            merged = {}
            for written, name, value in found:
                if name in merged and repeated == "reject":
                    raise Stop("repeated_signature")
                merged[name] = (written, name, merged[name][2] + repeated["join"].encode() + value if name in merged else value)
            found = list(merged.values())
        if "names" not in rule:
            found = [item for item in found if item[1].decode("utf-8", "replace") not in rule.get("except", [])]
            if rule.get("order", "name") != "received":
                found.sort(key=lambda item: (item[1].lower(), item[1]) if rule.get("order") == "name_without_case" else item[1])
        else:
            picked = []
            for name in rule["names"]:
                if name[0] == "/":
                    value = Delivery.below(whole, name, self.body)
                    ours = [] if value is None else [(name.rpartition("/")[2].encode(), b"", value)]
                else:
                    ours = [item for item in found if item[1] == name.encode()]
                    if kind.startswith("json") and any(item[1] != name.encode() and folded(item[1].decode()) == folded(name) for item in found):
                        raise Stop("missing_part")
                if not ours and rule.get("absent", "reject") == "reject":
                    raise Stop("missing_part")
                picked += ours or ([(name.rpartition("/")[2].encode(), b"", b"")] if rule.get("absent") == "empty" else [])
            found = picked
        return [item for item in found if item[2] or not rule.get("skip_empty")]

    @staticmethod
    def below(value, pointer, body):
        for step in pointer[1:].split("/"):
            if not isinstance(value, Object) or step not in [name for name, _ in value.pairs]:
                return None
            value = value.get(step)
        return as_bytes(value, body.decode(), pointer, null=b"")


class Object:
    """An object with all its names, in order."""

    def __init__(self, pairs):
        self.pairs = pairs

    def get(self, name):
        """The value of a name that no parser takes for another."""
        values = [value for own, value in self.pairs if folded(own) == folded(name)]
        if len(values) > 1 or any(own != name and folded(own) == folded(name) for own, _ in self.pairs):
            raise Stop("missing_part")
        return values[0] if values else None

    def unique(self):
        if len({name for name, _ in self.pairs}) < len(self.pairs):
            raise Stop("repeated_signature")


def folded(name):
    return name.lower().upper().replace("\u0307", "")


class Number(str):
    """A number as it is written."""


def only(pairs, name):
    values = [value for own, value in pairs if own == name]
    if len(values) > 1:
        raise Stop("repeated_signature")
    return values[0] if values else None


def unescaped(text):
    return urllib.parse.unquote_to_bytes(text.replace("+", " ").encode("latin-1"))


def parameters(text):
    pairs = [item.partition("=") for item in text.split("&")]
    return [(unescaped(name).decode("utf-8", "replace"), unescaped(value)) for name, _, value in pairs]


def as_bytes(value, text, name, null=None):
    if value is None:
        return null
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, str):
        return value.encode()
    # A list or an object as it is written: found by its name, which the vectors write once.
    start = re.search(r'"%s"\s*:\s*' % re.escape(name.rpartition("/")[2]), text).end()
    _, end = json.JSONDecoder().raw_decode(text, start)
    return text[start:end].encode()


def no_pairs(pairs):
    """An object in which no name stands twice."""
    if len(dict(pairs)) < len(pairs):
        raise Stop("missing_part")
    return dict(pairs)


def printed(body, place, style):
    """A JSON value as PHP prints it (without blanks, with escaped slashes, ASCII only), or as JavaScript does with sorted names."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=no_pairs if style == "sorted" else None, parse_int=Number, parse_float=Number)
    except ValueError:
        raise Stop("missing_part")
    for step in place.partition(":")[2][1:].split("/") if place != "body" else []:
        value = value.get(step) if isinstance(value, dict) else None
    if value is None and place != "body":
        raise Stop("missing_part")
    return write(value, style).encode()


def write(value, style):
    if isinstance(value, dict):
        pairs = sorted(value.items()) if style == "sorted" else value.items()
        return "{%s}" % ",".join(write(name, style) + ":" + write(inner, style) for name, inner in pairs)
    if isinstance(value, list):
        return "[%s]" % ",".join(write(inner, style) for inner in value)
    if isinstance(value, Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False) if style == "sorted" else json.dumps(value).replace("/", "\\/")


# What was signed.

def message(composition, source, secret, listed, stamp, id):
    """The bytes that are signed."""
    out = []
    for at, (kind, text) in enumerate(composition.pieces):
        if kind == "text":
            out.append(text.encode())
            continue
        value = stamp if text == "timestamp" else id if text == "id" else source.value(text, secret, listed)
        if not value and at != composition.pivot:
            raise Stop("missing_part")
        if composition.is_free(at) and text != "signed_headers":
            beside, before = composition.neighbour(at)[1].encode(), at < composition.pivot
            ends = composition.is_beside_secret(at) or composition.is_inside(at)
            alone = ends or ((value + beside).find(beside) == len(value) if before else (beside + value).rfind(beside) == 0)
            if not alone or value != value.strip(b" \t") or len(value) > LONGEST_VALUE:
                raise Stop("missing_part")
        out.append(value)
    return b"".join(out)


def signature_values(composition, source):
    """The values in which signatures stand, and the groups of each."""
    signature = composition.signature
    place = signature.get("from") or "header:" + signature["header"]
    value = source.at(place)
    if value is None:
        raise Stop("missing_signature")
    if "until" in signature:
        value, found, _ = value.partition(signature["until"].encode())
        if not found:
            raise Stop("malformed_signature")
    if "wrapped_in" in signature:
        try:
            value = base64.b64decode(value, validate=True)
        except ValueError:
            raise Stop("malformed_encoding")
    groups = [value]
    if "group_separator" in signature:
        groups = re.sub(rb" *([,;]) *", rb"\1", value).split()
        if len(groups) > 16:
            raise Stop("malformed_signature")
    for group in groups:
        if group.strip(b" \t") == b"" or len(group.strip(b" \t")) > LONGEST_VALUE:
            raise Stop("malformed_signature")
    return [group.strip(b" \t") for group in groups]


class Bare:
    """A delivery of a token: nothing is signed."""
    scheme = {}


def at(place, delivery, headers, body):
    """The trimmed value of a token at a place, or None."""
    value = Delivery(Bare, delivery, headers, body).at(place)
    if value is not None and (value.strip(b" \t") == b"" or len(value.strip(b" \t")) > LONGEST_VALUE):
        raise Stop("malformed_signature")
    return None if value is None else value.strip(b" \t")

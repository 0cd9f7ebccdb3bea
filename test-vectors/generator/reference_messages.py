"""How a delivery is judged whose message lists what is signed (RFC 9421, draft-cavage, JWT).

Written from README.md of this folder and from the specifications, with regular expressions; it shares nothing with the code of
the project, and with the modules that build the vectors only what `build.py` has for all of them.
"""

import base64
import calendar
import hashlib
import hmac
import json
import re
import string
import urllib.parse

from . import reference_ids, reference_times
from .reference_text import ALGORITHMS, FIELD_NAME, LONGEST_VALUE, Stop, decode, one_line, raw_line, read_delivery, tag_of, split_label

FORMATS = ("rfc9421", "draft-cavage", "jwt")
SECRET_FORMS = ["UTF_8", "BASE64", "HEXA_DECIMAL"]
ENCODINGS = ["BASE64", "HEXA_DECIMAL", "BASE64_URL"]
COMMON = ["name", "signature", "encoding", "timestamp", "id_from", "answer_within", "handshake"]
OWN = {"rfc9421": ["components", "label", "tag", "key_id", "authority"], "draft-cavage": ["components", "key_id"], "jwt": ["body_hash", "url_hash", "claims"]}
TIMES = {"rfc9421": ["signature:created", "header:Date"], "draft-cavage": ["signature:created", "header:Date"], "jwt": ["signature:iat", "signature:nbf"]}
DERIVED = ["@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"]
SPECIAL = ["(request-target)", "@request-target", "(created)", "(expires)"]
MOST_COMPONENTS, MOST_PARAMETERS, MOST_CLAIMS = 32, 16, 64


def need(good):
    if not good:
        raise Stop("invalid_config")


def want(good, name="malformed_signature"):
    if not good:
        raise Stop(name)


def concerns(scheme):
    signature = scheme.get("signature") if isinstance(scheme, dict) else None
    return isinstance(scheme, dict) and "token" not in scheme and isinstance(signature, dict) and signature.get("format") in FORMATS


def digest(algorithm, text):
    return hashlib.new(algorithm.replace("_", "").lower(), text).digest()


def mac(algorithm, key, text):
    return hmac.new(key, text, algorithm.replace("_", "").lower()).digest()


class Judge:
    """A scheme of these kinds, checked."""

    def __init__(self, scheme, tolerance):
        self.source, self.token, self.past, self.future = scheme, False, None, None
        self.secret = scheme.get("secret", "UTF_8")
        self.signature = scheme.get("signature")
        need(isinstance(self.signature, dict))
        header = self.signature.get("header")
        need(isinstance(header, str) and FIELD_NAME.fullmatch(header))
        self.header = header
        self.stamp = scheme.get("timestamp")
        if self.stamp is not None:
            need(isinstance(self.stamp, dict) and set(self.stamp) <= {"from", "unit", "tolerance"} and {"from", "unit"} <= set(self.stamp))
            self.tolerance(self.stamp.get("tolerance"))
        if tolerance is not None:
            need(self.stamp is not None)
            self.tolerance(tolerance)

    def tolerance(self, value):
        if value is None:
            return
        pair = value if isinstance(value, dict) else {"past": value, "future": value}
        need(set(pair) == {"past", "future"} and all(type(number) is int and 0 <= number < 2 ** 32 for number in pair.values()))
        self.past, self.future = pair["past"] * 1000, pair["future"] * 1000

    def fresh(self, sent, now):
        if self.past is None or sent is None:
            return
        want(now - sent <= self.past, "expired")
        want(sent - now <= self.future, "from_future")

    def usable(self, secrets, now):
        return [secret if reference_times.usable(secret, now) else None for secret in secrets]


# Messages that list what is signed.

ITEM = r'(?:"(?:[ !#-\[\]-~]|\\["\\])*"|-?[0-9]{1,12}\.[0-9]{1,3}|-?[0-9]{1,15}(?![0-9.])|:[A-Za-z0-9+/=]*:|\?[01]|[A-Za-z*][!#$%&\'*+.^_`|~:/0-9A-Za-z-]*)'
KEY = r"[a-z*][a-z0-9_.*-]*"
PARAMETERS = r"(?:; *%s(?:=%s)?)*" % (KEY, ITEM)
COMPONENT = re.compile(r'"((?:[ !#-\[\]-~])*)"(%s)' % PARAMETERS)
LIST = re.compile(r'\((?: *"(?:[ !#-\[\]-~])*"%s(?=[ )]))* *\)%s' % (PARAMETERS, PARAMETERS))
BYTES = re.compile(r":([A-Za-z0-9+/=]*):%s" % PARAMETERS)


def parameters(text):
    pairs = [(match.group(1), match.group(2)) for match in re.finditer(r"; *(%s)(?:=(%s))?" % (KEY, ITEM), text)]
    want(len(pairs) <= MOST_PARAMETERS and len({key for key, _ in pairs}) == len(pairs))
    return dict(pairs)


def dictionary(value, member):
    """(label, match) pairs."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        raise Stop("malformed_signature")
    found, at = [], 0
    while True:
        label = re.compile("(%s)=" % KEY).match(text, at)
        want(label and label.group(1) not in [name for name, _ in found] and len(found) < MOST_PARAMETERS)
        match = member.match(text, label.end())
        want(match)
        found.append((label.group(1), match))
        at = re.compile(r"[ \t]*").match(text, match.end()).end()
        if at == len(text):
            return found
        comma = re.compile(r",[ \t]*").match(text, at)
        want(comma)
        at = comma.end()


def quoted(item):
    """The text of a string without escapes, else None."""
    return item[1:-1] if item and re.fullmatch(r'"[^"\\]*"', item) else None


def line(headers, name):
    value = (raw_line(headers, name))
    want(value is not None, "missing_part")
    value = value.strip(b" \t")
    want(len(value) <= LONGEST_VALUE and not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value))
    return value


def seconds(text, fraction=False):
    match = re.fullmatch(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?", text)
    want(match and (fraction or match.group(2) is None), "malformed_timestamp")
    whole = int(match.group(1)) * 1000
    want(whole < 2 ** 63, "malformed_timestamp")
    return whole + int((match.group(2) or "0")[:3].ljust(3, "0"))


def http_date(text):
    match = re.fullmatch(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT", text)
    months = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"]
    want(match and match.group(2) in months, "malformed_timestamp")
    day, year, hour, minute, second = (int(match.group(at)) for at in (1, 3, 4, 5, 6))
    month = months.index(match.group(2)) + 1
    want(1 <= day <= calendar.monthrange(year or 4, month)[1] and hour < 24 and minute < 60 and second <= 60, "malformed_timestamp")
    return calendar.timegm((year, month, day, hour, minute, second)) * 1000


def body_hash(algorithm, encoding, text):
    value = decode(encoding, text)
    want(len(value) == ALGORITHMS[algorithm], "wrong_length")
    return algorithm, value


BODY_ALGORITHMS = {"sha-256": "SHA_256", "sha-512": "SHA_512"}


def content_digest(value):
    known = [(BODY_ALGORITHMS[name], match.group(1)) for name, match in dictionary(value, BYTES) if name in BODY_ALGORITHMS]
    hashes = [body_hash(algorithm, "BASE64", text.encode()) for algorithm, text in known]
    want(hashes, "unknown_algorithm")
    return hashes


def old_digest(value):
    hashes = []
    items = value.split(b",")
    for item in items:
        name, equals, text = item.partition(b"=")
        want(equals and len(items) <= MOST_PARAMETERS)
        name = name.strip().lower().decode("latin-1")
        if name in BODY_ALGORITHMS:
            want(BODY_ALGORITHMS[name] not in [algorithm for algorithm, _ in hashes])
            hashes.append(body_hash(BODY_ALGORITHMS[name], "BASE64", text.strip()))
    want(hashes, "unknown_algorithm")
    return hashes


class Url:
    def __init__(self, url):
        self.whole = url.split("#")[0]
        want(self.whole and not re.search(r"[\x00-\x20\x7f]", self.whole), "missing_part")
        match = re.fullmatch(r"(?:([^/?]*?)://([^/?]*))?([^?]*)(?:\?(.*))?", self.whole)
        self.scheme, self.host, self.path, self.query = match.groups()
        self.path = self.path or "/"

    def part(self, name):
        if name == "@path":
            return self.path
        if name == "@query":
            return "?" + (self.query or "")
        if name == "@request-target":
            return self.path + ("" if self.query is None else "?" + self.query)
        want(self.host is not None, "missing_part")
        if name == "@target-uri":
            return self.whole
        if name == "@scheme":
            want(self.scheme, "missing_part")
            return self.scheme.lower()
        want(self.host, "missing_part")
        host, port = self.host.split("@")[-1].lower(), {"https": ":443", "http": ":80"}.get(self.scheme.lower())
        return host[:-len(port)] if port and host.endswith(port) else host

    def parameter(self, name):
        pairs = [pair for pair in (self.query or "").split("&")]
        want(len(pairs) <= 1000, "body_too_large")
        recode = lambda text: urllib.parse.quote(urllib.parse.unquote_to_bytes(text.replace("+", " ")).decode("utf-8"), safe="*").replace("~", "%7E")  # noqa: E731
        try:
            found = [recode(value) for key, _, value in (pair.partition("=") for pair in pairs if pair) if recode(key) == name]
        except UnicodeDecodeError:
            raise Stop("missing_part")
        want(len(found) == 1, "missing_part")
        return found[0]


class Message(Judge):
    def __init__(self, scheme, tolerance):
        super().__init__(scheme, tolerance)
        self.format = scheme["signature"]["format"]
        need(set(scheme) <= set(COMMON + ["algorithm", "secret", "covers_body"]) and self.secret in SECRET_FORMS)
        self.covers_body = scheme.get("covers_body", True)
        need(isinstance(self.covers_body, bool))
        need(set(self.signature) <= set(["header", "format"] + OWN[self.format]))
        own = "BASE64_URL" if self.format == "jwt" else "BASE64"
        need(scheme.get("encoding", own) == own)
        need(scheme.get("algorithm") in ["SHA_256", "SHA_384", "SHA_512"] + (["SHA_1"] if self.format == "draft-cavage" else []))
        self.algorithm = scheme["algorithm"]
        if self.format == "jwt":
            self.check_jwt()
        else:
            self.check_components()
        if self.stamp is not None:
            need(self.stamp["from"] in TIMES[self.format] and self.stamp["unit"] == ("http_date" if self.stamp["from"] == "header:Date" else "s"))
            need(self.stamp["from"] != "header:Date" or "date" in self.signature["components"])
            need(self.format != "draft-cavage" or self.stamp["from"] != "signature:created" or "(created)" in self.signature["components"])

    def check_components(self):
        names = self.signature.get("components")
        need(isinstance(names, list) and all(isinstance(name, str) for name in names) and len(set(names)) == len(names) <= MOST_COMPONENTS)
        for name in names:
            header = FIELD_NAME.fullmatch(name) and name == name.lower()
            if self.format == "rfc9421":
                need(header or name in DERIVED or re.fullmatch(r'@query-param;name="[ !#-\[\]-~]+"', name))
            else:
                need(header or name in SPECIAL)
        if self.covers_body:
            need("content-digest" in names or (self.format == "draft-cavage" and "digest" in names))
        else:
            need(names and "content-digest" not in names and "digest" not in names)
        need(re.fullmatch(KEY, self.signature.get("label", "a")))
        for field in ("tag", "key_id", "authority"):
            text = self.signature.get(field, "a")
            need(isinstance(text, str) and re.fullmatch(r"[ !#-\[\]-~]+" if self.format == "rfc9421" else r"(?s).+", text))

    def check_jwt(self):
        need(("body_hash" in self.signature) == self.covers_body)
        for field, more in (("body_hash", ["absent_if_empty"]), ("url_hash", [])):
            rule = self.signature.get(field)
            if rule is not None:
                need(isinstance(rule, dict) and {"claim", "algorithm", "encoding"} <= set(rule) <= {"claim", "algorithm", "encoding", *more})
                need(isinstance(rule["claim"], str) and rule["claim"] and rule["algorithm"] in ALGORITHMS and rule["encoding"] in ENCODINGS)
                need(isinstance(rule.get("absent_if_empty", False), bool))
        claims = self.signature.get("claims", {})
        need(isinstance(claims, dict) and all(isinstance(value, str) for value in claims.values()))

    def judge(self, secrets, delivery):
        headers, body = read_delivery(delivery)
        now = delivery.get("received_at", 0) * 1000
        value = (raw_line(headers, self.header))
        want(value is not None, "missing_signature")
        value = value.strip(b" \t")
        want(value and len(value) <= LONGEST_VALUE)
        opened = {"rfc9421": self.open_rfc9421, "draft-cavage": self.open_cavage, "jwt": self.open_jwt}[self.format]
        signature, signed, hashes, empty, times = opened(value, delivery, headers)
        tag = decode(self.source.get("encoding", "BASE64_URL" if self.format == "jwt" else "BASE64"), signature)
        want(len(tag) == ALGORITHMS[self.algorithm], "wrong_length")
        for index, secret in enumerate(self.usable(secrets, now)):
            if secret and mac(self.algorithm, secret.key, signed) == tag:
                break
        else:
            raise Stop("mismatch")
        want(not (empty and body), "mismatch")
        want(all(digest(algorithm, body) == value for algorithm, value in hashes), "mismatch")
        want(times.get("expires") is None or now < times["expires"], "expired")
        want(times.get("not_before") is None or times["not_before"] <= now + (self.future or 0), "from_future")
        self.fresh(times.get("sent"), now)
        return self.algorithm, index

    def label(self, name):
        names = {"hmac-" + algorithm.replace("_", "").lower(): algorithm for algorithm in ALGORITHMS}
        want(name.lower() in names, "unknown_algorithm")
        want(names[name.lower()] == self.algorithm, "algorithm_not_accepted")

    def encoded(self, text):
        want(text.rstrip("="))
        want(re.fullmatch(r"[A-Za-z0-9+/_-]+={0,2}", text), "malformed_encoding")
        return text.encode()

    # RFC 9421.

    def open_rfc9421(self, value, delivery, headers):
        signatures = dictionary(value, BYTES)
        for _, match in signatures:
            parameters(match.group(0)[len(match.group(1)) + 2:])
        line_of_input = raw_line(headers, "signature-input")
        want(line_of_input is not None, "missing_part")
        line_of_input = line_of_input.strip(b" \t")
        want(len(line_of_input) <= LONGEST_VALUE)
        members = []
        for label, match in dictionary(line_of_input, LIST):
            components = [(found.group(1), found.group(2), found.group(0)) for found in COMPONENT.finditer(match.group(0)[:inner_end(match.group(0))])]
            want(len(components) <= MOST_COMPONENTS)
            for _, text, _ in components:
                parameters(text)
            members.append((label, components, parameters(match.group(0)[inner_end(match.group(0)):]), match.group(0)))
        wanted = [member for member in members if self.signature.get("label", member[0]) == member[0]
                  and ("tag" not in self.signature or quoted(member[2].get("tag")) == self.signature["tag"])]
        want(wanted, "missing_signature")
        want(len(wanted) == 1, "repeated_signature")
        label, components, values, text = wanted[0]
        signature = dict(signatures).get(label)
        want(signature is not None, "missing_signature")
        signature = self.encoded(signature.group(1))
        if "alg" in values:
            name = quoted(values["alg"])
            want(name is not None)
            self.label(name)
        want(len({component[2] for component in components}) == len(components))
        covered = [name + more for name, more, _ in components]
        want(all(name in covered for name in self.signature["components"]), "missing_part")
        lines, hashes = [], []
        for name, more, written in components:
            part = self.component(name, more, delivery, headers)
            lines.append(written.encode() + b": " + part + b"\n")
            if name == "content-digest":
                hashes = content_digest(part)
        lines.append(b'"@signature-params": ' + text.encode())
        times = {name: whole(values, name) for name in ("created", "expires") if self.stamp is None or name == "expires" or self.stamp["from"] != "header:Date"}
        sent = times.get("created")
        if self.stamp is not None:
            if self.stamp["from"] == "header:Date":
                sent = http_date(line(headers, "date"))
            want(sent is not None, "missing_timestamp")
        want("key_id" not in self.signature or quoted(values.get("keyid")) == self.signature["key_id"], "mismatch")
        return signature, b"".join(lines), hashes, False, {"sent": sent, "expires": times["expires"]}

    def component(self, name, more, delivery, headers):
        if name == "@query-param":
            key = quoted(parameters(more).get("name"))
            want(key is not None and len(parameters(more)) == 1)
            return Url(delivery.get("url", "")).parameter(key).encode()
        want(more == "")
        if name == "@method":
            want(FIELD_NAME.fullmatch(delivery.get("method", "")), "missing_part")
            return delivery["method"].encode()
        if name == "@authority" and "authority" in self.signature:
            return self.signature["authority"].encode()
        if name in DERIVED:
            return Url(delivery.get("url", "")).part(name).encode()
        want(FIELD_NAME.fullmatch(name) and name == name.lower())
        return line(headers, name)

    # draft-cavage.

    def open_cavage(self, value, delivery, headers):
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            raise Stop("malformed_signature")
        word = re.match(r"(?i)signature ", text)
        want(word or self.header.lower() != "authorization")
        text = text[word.end():] if word else text
        pairs, at = [], 0
        pattern = re.compile(r'[ \t]*([^=]*?)[ \t]*=(?:"([ !#-\[\]-~]*)"|([ !#-+\--\[\]-~][ !#-+\--\[\]-~]*|(?=,|$)))[ \t]*(,|$)')
        while True:
            match = pattern.match(text, at)
            want(match and FIELD_NAME.fullmatch(match.group(1)) and len(pairs) < MOST_PARAMETERS)
            pairs.append((match.group(1), match.group(2) if match.group(2) is not None else match.group(3).strip(" ")))
            at = match.end()
            if match.group(4) == "":
                break
        known = [pair for pair in pairs if pair[0] in ("keyId", "algorithm", "headers", "signature", "created", "expires")]
        values = dict(known)
        want(len(values) == len(known) and "signature" in values and "headers" in values)
        signature = self.encoded(values["signature"])
        if values.get("algorithm", "hs2019") != "hs2019":
            self.label(values["algorithm"])
        names = values["headers"].lower().split(" ")
        want(len(set(names)) == len(names) <= MOST_COMPONENTS and all(name in SPECIAL or FIELD_NAME.fullmatch(name) for name in names))
        targets = {"(request-target)", "@request-target"}
        want(all(name in names or (name in targets and targets & set(names)) for name in self.signature["components"]), "missing_part")
        lines, hashes = [], []
        for name in names:
            if name in SPECIAL[:2]:
                want(FIELD_NAME.fullmatch(delivery.get("method", "")), "missing_part")
                part = ("%s %s" % (delivery["method"].lower(), Url(delivery.get("url", "")).part("@request-target"))).encode()
            elif name in SPECIAL:
                want(values.get(name[1:-1]) is not None, "missing_timestamp")
                part = values[name[1:-1]].encode()
            else:
                part = line(headers, name)
            lines.append(name.encode() + b": " + part)
            hashes += old_digest(part) if name == "digest" else content_digest(part) if name == "content-digest" else []
        sent = None
        if self.stamp is not None and self.stamp["from"] == "header:Date":
            sent = http_date(line(headers, "date"))
        elif values.get("created") is not None:
            sent = seconds(values["created"])
        want(self.stamp is None or sent is not None, "missing_timestamp")
        expires = seconds(values["expires"]) if "expires" in values else None
        want("key_id" not in self.signature or values.get("keyId") == self.signature["key_id"], "mismatch")
        return signature, b"\n".join(lines), hashes, False, {"sent": sent, "expires": expires}

    # JWT.

    def open_jwt(self, value, delivery, headers):
        word = re.match(rb"(?i)(?:bearer|jwt) +", value) if self.header.lower() == "authorization" else None
        token = value[word.end():] if word else value
        want(token.count(b".") == 2)
        first, second, signature = token.split(b".")
        signature = self.encoded(signature.decode("latin-1"))
        head = json_object(first)
        want(isinstance(head.get("alg"), str))
        want(head["alg"] in ("HS256", "HS384", "HS512"), "unknown_algorithm")
        want("SHA_" + head["alg"][2:] == self.algorithm, "algorithm_not_accepted")
        want("crit" not in head)
        claims = json_object(second)
        for name, text in self.signature.get("claims", {}).items():
            want(name in claims, "missing_part")
            want(claims[name] == text, "mismatch")
        hashes, empty = [], False
        rule = self.signature.get("body_hash")
        if rule is None:
            pass
        elif rule["claim"] in claims:
            want(isinstance(claims[rule["claim"]], str))
            hashes = [body_hash(rule["algorithm"], rule["encoding"], claims[rule["claim"]].encode())]
        else:
            want(rule.get("absent_if_empty", False), "missing_part")
            empty = True
        rule = self.signature.get("url_hash")
        if rule is not None:
            want(rule["claim"] in claims, "missing_part")
            want(isinstance(claims[rule["claim"]], str))
            algorithm, expected = body_hash(rule["algorithm"], rule["encoding"], claims[rule["claim"]].encode())
            want(delivery.get("url"), "missing_part")
            want(digest(algorithm, delivery["url"].encode()) == expected, "mismatch")
        moment = lambda name: None if name not in claims else seconds(getattr(claims[name], "text", "x"), True)  # noqa: E731
        sent = None
        if self.stamp is not None:
            sent = moment(self.stamp["from"][10:])
            want(sent is not None, "missing_timestamp")
        return signature, first + b"." + second, hashes, empty, {"sent": sent, "not_before": moment("nbf"), "expires": moment("exp")}


def inner_end(text):
    """Where the list ends and its parameters begin."""
    match = re.match(r'\((?:[^")]|"(?:[^"\\]|\\.)*")*\)', text)
    return match.end()


def whole(values, name):
    if name not in values:
        return None
    want(re.fullmatch(r"-?[0-9]+", values[name] or "x"), "malformed_timestamp")
    return seconds(values[name])


class Number:
    def __init__(self, text):
        self.text = text


def json_object(text):
    """The fields of a JSON object in base64url. Numbers keep their texts."""
    try:
        want(re.fullmatch(rb"[A-Za-z0-9_-]*", text))
        raw = decode("BASE64_URL", text).decode("utf-8")
        found = json.loads(raw, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=refuse)
    except (Stop, ValueError):
        raise Stop("malformed_signature")
    want(isinstance(found, Pairs) and len({name for name, _ in found}) == len(found) <= MOST_CLAIMS)
    return dict(found)


class Pairs(list):
    """The fields of an object in their order."""


def refuse(text):
    raise ValueError(text)


def compiled(scheme, tolerance):
    answer = scheme.get("answer_within", 1)
    need(type(answer) is int and 0 < answer < 2 ** 32)
    need(isinstance(scheme.get("name", ""), str))
    if "id_from" in scheme:
        reference_ids.check(scheme["id_from"])
    return Message(scheme, tolerance)

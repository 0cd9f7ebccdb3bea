"""Senders: what they send for a body, so that the vectors can say what is authentic. Knows nothing of how it is judged."""

import base64
import datetime
import hashlib
import hmac

from .build import ALGORITHMS, encode

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}
NOW = 1760000000  # 2025-10-09T08:53:20Z
METHOD = "POST"


def moment(unit, seconds=NOW, extra_ms=0):
    """The text of a moment in the unit of a timestamp."""
    if unit == "s":
        return str(seconds)
    if unit == "ms":
        return str(seconds * 1000 + extra_ms)
    end = "" if unit == "utc" else "Z"
    whole = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return whole + (".%03d" % extra_ms if extra_ms else "") + end


def key_of(scheme, secret):
    """The key behind a secret that is written in the scheme's form."""
    form = scheme.get("secret", "UTF_8")
    if "key" in scheme:
        return hashlib.new(scheme["key"].replace("_", "").lower(), secret.encode("utf-8")).digest()
    if form == "HEXA_DECIMAL":
        return bytes.fromhex(secret)
    if form == "BASE64":
        bare = secret[6:] if secret.startswith("whsec_") else secret
        return base64.b64decode(bare)
    return secret if isinstance(secret, bytes) else secret.encode("utf-8")


def example_secret(scheme, name="example"):
    """A plain example of a secret in the scheme's form."""
    plain = ("%s-secret-of-the-vectors" % name).encode("ascii")
    form = scheme.get("secret", "UTF_8")
    if form == "HEXA_DECIMAL":
        return plain.hex()
    if form == "BASE64":
        return "whsec_" + base64.b64encode(plain).decode("ascii")
    return plain.decode("ascii")


class Sent:
    """What a sender sends. Change a part, then ask for `headers()`: the signature is made of the parts as they were signed."""

    def __init__(self, scheme, body, secret, seconds=NOW, algorithm=None, method=METHOD, url=None, id="msg_2b7e1516", stamp=None,
                 extra=(), signed_url=None, signed_body=None):
        self.scheme, self.body, self.method, self.url, self.extra = scheme, body, method, url, dict(extra)
        stamp_part = scheme.get("timestamp")
        self.stamp = stamp if stamp is not None or not stamp_part else moment(stamp_part["unit"], seconds)
        self.id = id if scheme.get("id") else None
        named = scheme.get("algorithm")
        self.algorithm = algorithm or (BY_NAME["SHA_256"] if named == "INFER_FROM_HEADER" else BY_NAME[named])
        self.text = text_of(scheme["signed"], {
            "body": body if signed_body is None else signed_body, "timestamp": (self.stamp or "").encode(), "id": (self.id or "").encode(),
            "method": method.encode(), "url": (signed_url or url or "").encode()}, self.extra)
        self.tag = self.tag_by(secret)

    def tag_by(self, secret):
        """The tag that another secret makes of the same text."""
        return hmac.new(key_of(self.scheme, secret), self.text, self.algorithm.digest).digest()

    def sig(self, tag=None):
        return encode(self.scheme["encoding"], self.tag if tag is None else tag, padded=self.scheme["encoding"] != "BASE64_URL")

    def value(self, *signatures):
        """The value of the signature header for these signature texts, or for the own one."""
        signature = self.scheme["signature"]
        texts = list(signatures) or [self.sig()]
        format, separator = signature.get("format", "bare"), signature.get("separator", ",")
        if format == "bare":
            return texts[0]
        if format == "labelled":
            return "%s=%s" % (self.algorithm.digest, texts[0])
        if format == "prefixed":
            return signature["prefix"] + separator.join(texts)
        if format == "list":
            return separator.join("%s,%s" % (signature["version"], text) for text in texts)
        if format == "positional":
            others = {"timestamp": self.stamp, "id": self.id}
            front = [others.get(field, "x") for field in signature["fields"] if field != "signature"]
            return separator.join(front + texts)
        mark = signature.get("mark", "=")
        others = [place[10:] + mark + value for place, value in self.places() if place.startswith("signature:")]
        return separator.join(others + [signature["key"] + mark + text for text in texts])

    def places(self):
        return [(self.scheme[part]["from"], value) for part, value in [("timestamp", self.stamp), ("id", self.id)] if part in self.scheme]

    def name(self):
        header = self.scheme["signature"]["header"]
        return header[0] if isinstance(header, list) else header

    def headers(self, value=None, drop=(), change=()):
        """All header lines. `value` replaces the signature's, `drop` leaves out, `change` replaces others."""
        lines = [[place[7:], text] for place, text in self.places() if place.startswith("header:")]
        lines += [[name, text] for name, text in self.extra.items()]
        lines.append([self.name(), self.value() if value is None else value])
        change = dict(change)
        return [[name, change.get(name, text)] for name, text in lines if name not in drop]


def text_of(template, parts, headers):
    """The signed bytes. A template of the vectors holds no braces but placeholders and doubled ones."""
    out, rest = b"", template
    headers = {name.lower(): text for name, text in headers.items()}
    while rest:
        if rest[:2] in ("{{", "}}"):
            out, rest = out + rest[:1].encode(), rest[2:]
        elif rest[0] == "{":
            word, rest = rest[1:].split("}", 1)
            out += headers[word[7:].lower()].encode() if word.startswith("header:") else parts[word]
        else:
            out, rest = out + rest[0].encode("utf-8"), rest[1:]
    return out

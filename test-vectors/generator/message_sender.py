"""Senders whose messages list what is signed, and those that hash the secret with the text. Knows nothing of how it is judged."""

import base64
import hashlib
import hmac
import json

from .build import SECRET
from .sender import NOW


def b64(data):
    return base64.b64encode(data).decode("ascii")


def b64url(data):
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def content_digest(body, name="sha-256"):
    return "%s=:%s:" % (name, b64(hashlib.new(name.replace("-", ""), body).digest()))


def old_digest(body, name="SHA-256"):
    return "%s=%s" % (name, b64(hashlib.new(name.replace("-", "").lower(), body).digest()))


class Signed9421:
    """A message by RFC 9421: `lines` are the components with their values, as they stand in what is signed."""

    def __init__(self, lines, parameters, key=SECRET.encode(), label="sig1", digest="sha256"):
        self.input = "(%s)%s" % (" ".join(name for name, _ in lines), parameters)
        self.base = "".join("%s: %s\n" % line for line in lines) + '"@signature-params": ' + self.input
        self.label, self.tag = label, hmac.new(key, self.base.encode("utf-8"), digest).digest()

    def headers(self, *more, input=None, signature=None):
        signature = b64(self.tag) if signature is None else signature
        return list(more) + [["Signature-Input", "%s=%s" % (self.label, self.input) if input is None else input],
                             ["Signature", "%s=:%s:" % (self.label, signature)]]


class SignedCavage:
    """A message by draft-cavage."""

    def __init__(self, lines, key=SECRET.encode(), algorithm="hmac-sha256", digest="sha256", more=""):
        self.names = " ".join(name for name, _ in lines)
        self.text = "\n".join("%s: %s" % line for line in lines)
        self.tag = hmac.new(key, self.text.encode("utf-8"), digest).digest()
        self.algorithm, self.more = algorithm, more

    def value(self, word="Signature ", signature=None, names=None, algorithm=None):
        algorithm = self.algorithm if algorithm is None else algorithm
        parts = ['keyId="k1"'] + (['algorithm="%s"' % algorithm] if algorithm else []) + ([self.more] if self.more else [])
        parts += ['headers="%s"' % (self.names if names is None else names), 'signature="%s"' % (b64(self.tag) if signature is None else signature)]
        return word + ",".join(parts)


def jwt(claims, key=SECRET.encode(), header=None, digest="sha256", text=None, head_text=None):
    """A token. `text` and `head_text` are the JSON texts where they are none that Python would write."""
    head = json.dumps(header or {"alg": "HS256", "typ": "JWT"}) if head_text is None else head_text
    signed = b64url(head.encode("utf-8")) + "." + b64url((json.dumps(claims) if text is None else text).encode("utf-8"))
    return signed + "." + b64url(hmac.new(key, signed.encode("ascii"), digest).digest())


def claims(body, name="payload_hash", **more):
    return dict({"iat": NOW, name: hashlib.sha256(body).hexdigest()}, **more)


def plain(digest, *parts):
    return hashlib.new(digest, b"".join(part if isinstance(part, bytes) else part.encode("utf-8") for part in parts)).hexdigest()

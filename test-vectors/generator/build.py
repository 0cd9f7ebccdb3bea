"""The parts every file of vectors is built from: algorithms, encodings, and the file itself."""

import base64
import hmac
import json
from collections import namedtuple

from .presets import ALIASES, PRESETS

Algorithm = namedtuple("Algorithm", "name digest length block")

MD5 = Algorithm("MD5", "md5", 16, 64)
SHA_1 = Algorithm("SHA_1", "sha1", 20, 64)
SHA_224 = Algorithm("SHA_224", "sha224", 28, 64)
SHA_256 = Algorithm("SHA_256", "sha256", 32, 64)
SHA_384 = Algorithm("SHA_384", "sha384", 48, 128)
SHA_512 = Algorithm("SHA_512", "sha512", 64, 128)
ALGORITHMS = [MD5, SHA_1, SHA_224, SHA_256, SHA_384, SHA_512]

BASE64 = "BASE64"
HEXA_DECIMAL = "HEXA_DECIMAL"
BASE64_URL = "BASE64_URL"
ENCODINGS = [BASE64, HEXA_DECIMAL, BASE64_URL]
UNSTATED = object()
SHORT = {BASE64: "base64", HEXA_DECIMAL: "hex", BASE64_URL: "base64url"}

INFER = "INFER_FROM_HEADER"
SIGN = "X-Fivetran-Hmac-Sign"
COMPANION = "X-Fivetran-Hmac-Algorithm"

SECRET = "example-secret-of-the-vectors"
OTHER_SECRET = "example-secret-of-somebody-else"
BODY = b'{"id":"evt_1","type":"order.paid","total":"19.90"}'


def mac(algorithm, key, body):
    """HMAC by Python's standard library."""
    return hmac.new(key, body, algorithm.digest).digest()


def encode(encoding, tag, padded=True):
    """The canonical text of a tag; `padded` matters to the two base64 encodings only."""
    if encoding == HEXA_DECIMAL:
        return tag.hex()
    maker = base64.b64encode if encoding == BASE64 else base64.urlsafe_b64encode
    text = maker(tag).decode("ascii")
    return text if padded else text.rstrip("=")


def sign(algorithm, encoding, body=BODY, secret=SECRET):
    """What a sender would put in the header, bare."""
    key = secret if isinstance(secret, bytes) else secret.encode("utf-8")
    return encode(encoding, mac(algorithm, key, body))


def varied_body(algorithm):
    """The first of a row of bodies whose base64 tag has both a `+` and a `/`, inside the text."""
    number = 0
    while True:
        body = b'{"id":"evt_%d","type":"order.paid"}' % number
        inner = sign(algorithm, BASE64, body)[1:-4]
        if "+" in inner and "/" in inner:
            return body
        number += 1


def hmac_connection(algorithm, encoding, secret=SECRET, **more):
    """A connection of auth_method HMAC. `algorithm` is an Algorithm or INFER."""
    connection = {"auth_method": "HMAC"}
    if secret is not None:
        connection["auth_secret"] = secret
    connection["algorithm"] = algorithm if isinstance(algorithm, str) else algorithm.name
    connection["signature_encoding"] = encoding
    connection.update(more)
    return connection


def _header_value(value):
    if isinstance(value, str):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode("ascii")}


def covers_body(verifier):
    """Whether the sender signs the whole body. Its scheme says so, except that of Adyen, whose function signs eight fields."""
    scheme = verifier.get("preset", verifier.get("scheme", verifier.get("connection", {}).get("scheme")))
    scheme = PRESETS[ALIASES.get(scheme, scheme)] if isinstance(scheme, str) else scheme or {}
    return scheme.get("covers_body", True) and scheme.get("function") != "adyen"


class VectorFile:
    """One `*.json` file: its title, its flags with their explanations, and its vectors."""

    def __init__(self, name, title, description, notes, source=None):
        self.name = name
        self.head = {"title": title, "description": description}
        if source:
            self.head["source"] = source
        self.notes = notes
        self.vectors = []

    def add(self, id, comment, connection, headers, body, expect, algorithm=None, secret_index=None,
            flags=(), source=None, secrets_base64=None, connection_text=None, verifier=None, method=None, url=None,
            received_at=None, delivery_id=UNSTATED, handshake=UNSTATED):
        """Adds a vector. What is expected is stated by the caller, who knows what was built. `delivery_id` is None where there is
        no id, `handshake` is None where the request is none."""
        vector = {"id": id, "comment": comment}
        if source:
            vector["source"] = source
        if verifier is not None:
            vector["verifier"] = verifier
        elif connection_text is not None:
            vector["verifier"] = {"connection_text": connection_text}
        else:
            vector["verifier"] = {"connection": connection}
        if secrets_base64 is not None:
            vector["verifier"]["secrets_base64"] = [base64.b64encode(s).decode("ascii") for s in secrets_base64]
        delivery = {}
        if method is not None:
            delivery["method"] = method
        if url is not None:
            delivery["url"] = url
        delivery["headers"] = [[name, _header_value(value)] for name, value in headers]
        try:
            delivery["body"] = body.decode("utf-8")
        except UnicodeDecodeError:
            delivery["body_base64"] = base64.b64encode(body).decode("ascii")
        if received_at is not None:
            delivery["received_at"] = received_at
        vector["delivery"] = delivery
        vector["expect"] = expect
        if algorithm is not None:
            vector["algorithm"] = algorithm.name
        if secret_index is not None:
            vector["secret_index"] = secret_index
        if algorithm is not None and not covers_body(vector["verifier"]):
            vector["covers_body"] = False
        if delivery_id is not UNSTATED:
            vector["delivery_id"] = delivery_id
        if handshake is not UNSTATED:
            vector["handshake"] = handshake
        vector["flags"] = list(flags)
        self.vectors.append(vector)

    def accept(self, id, comment, connection, headers, body, algorithm, secret_index=0, **more):
        """Adds a delivery that is authentic by HMAC."""
        self.add(id, comment, connection, headers, body, "authentic", algorithm, secret_index, **more)

    def text(self):
        """The file as it is written: one vector a line, ASCII only."""
        lines = ["{"]
        for key, value in self.head.items():
            lines.append("%s: %s," % (json.dumps(key), json.dumps(value)))
        notes = ["%s: %s" % (json.dumps(k), json.dumps(v)) for k, v in self.notes.items()]
        lines.append('"notes": {\n%s\n},' % ",\n".join(notes))
        lines.append('"vectors": [\n%s\n]' % ",\n".join(json.dumps(v) for v in self.vectors))
        lines.append("}")
        return "\n".join(lines) + "\n"

"""A plain verifier, to check what the vectors expect. Slow, obvious, and not for use on a server.

It is written from the rules in README.md of this folder and shares no code with the modules that
build the vectors: those state what they expect because they know what they built, this one reads
the finished JSON and decides anew.
"""

import base64
import hmac
import json
import re
import string

ALGORITHMS = {"MD5": 16, "SHA_1": 20, "SHA_224": 28, "SHA_256": 32, "SHA_384": 48, "SHA_512": 64}
BY_LENGTH = {length: name for name, length in ALGORITHMS.items()}
LONGEST_VALUE = 4096
MOST_SECRETS = 8

TEXT_FIELDS = [
    "schema", "table", "auth_method", "auth_secret", "auth_header_key", "algorithm", "signature_encoding",
    "bucket_service", "gcs_bucket", "s3_bucket", "s3_role_arn", "blob_sas_url", "sync_format",
    "algorithm_header_key",
]
OTHER_FIELDS = ["secrets", "accept", "tolerance"]
CHOICES = {
    "auth_method": ["HMAC", "TOKEN_BASED", "NONE"],
    "algorithm": list(ALGORITHMS) + ["INFER_FROM_HEADER"],
    "signature_encoding": ["BASE64", "HEXA_DECIMAL", "BASE64_URL"],
    "bucket_service": ["Fivetran", "S3", "AZURE", "GCS"],
    "sync_format": ["Unpacked", "Packed"],
}
NEEDED_BY_BUCKET = {"Fivetran": [], "S3": ["s3_bucket", "s3_role_arn"], "AZURE": ["blob_sas_url"], "GCS": ["gcs_bucket"]}
FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
LABEL = re.compile(rb"(?:hmac[-_]?)?(?:(md5)|sha[-_]?(1|224|256|384|512))(?:[-_](hex|base64))?", re.IGNORECASE)


class Stop(Exception):
    """Carries the name of a rejection or of a configuration error."""


def judge(vector):
    """The verdict of a vector: (expect, algorithm or None, secret_index or None)."""
    try:
        config, secrets = configure(vector["verifier"])
        headers, body = read_delivery(vector["delivery"])
        method = config.get("auth_method", "NONE")
        if method == "NONE":
            return "authentic", None, None
        if method == "TOKEN_BASED":
            return "authentic", None, verify_token(config, secrets, headers)
        algorithm, index = verify_hmac(config, secrets, headers, body)
        return "authentic", algorithm, index
    except Stop as stop:
        return str(stop), None, None


# The connection.

def configure(verifier):
    if "connection_text" in verifier:
        try:
            config = json.loads(verifier["connection_text"], object_pairs_hook=no_duplicates)
        except ValueError:
            raise Stop("invalid_config")
    else:
        config = verifier["connection"]
    check_shape(config)
    check_rules(config)
    if "secrets_base64" in verifier:
        secrets = [base64.b64decode(s, validate=True) for s in verifier["secrets_base64"]]
    else:
        texts = ([config["auth_secret"]] if "auth_secret" in config else []) + config.get("secrets", [])
        secrets = [text.encode("utf-8") for text in texts]
    check_secrets(config, secrets)
    return config, secrets


def no_duplicates(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a field is given twice")
    return dict(pairs)


def check_shape(config):
    if not isinstance(config, dict):
        raise Stop("invalid_config")
    for field, value in config.items():
        if field in TEXT_FIELDS:
            good = isinstance(value, str)
        elif field in ("secrets", "accept"):
            good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        else:
            good = field in OTHER_FIELDS
        if good and field in CHOICES:
            good = value in CHOICES[field]
        if not good:
            raise Stop("invalid_config")


def check_rules(config):
    inferring = config.get("algorithm") == "INFER_FROM_HEADER" and config.get("auth_method") == "HMAC"
    signature_header = config.get("auth_header_key", "X-Fivetran-Hmac-Sign")
    algorithm_header = config.get("algorithm_header_key", "X-Fivetran-Hmac-Algorithm")
    bucket_fields = NEEDED_BY_BUCKET[config.get("bucket_service", "Fivetran")]
    faults = [
        any(field in config for field in ("auth_secret", "secrets", "auth_header_key")) and "auth_method" not in config,
        len(set(config.get("accept", []))) < len(config.get("accept", [])),
        inferring and signature_header.lower() == algorithm_header.lower(),
        any(field in config and field not in bucket_fields for fields in NEEDED_BY_BUCKET.values() for field in fields),
        "accept" in config and not (inferring and config["accept"]),
        any(name not in ALGORITHMS for name in config.get("accept", [])),
        "algorithm_header_key" in config and not inferring,
        "tolerance" in config,  # only a scheme has timestamps, and this corpus has no schemes
        any(not FIELD_NAME.fullmatch(config.get(key, "ok")) for key in ("auth_header_key", "algorithm_header_key")),
        any(field not in config for field in bucket_fields),
    ]
    if any(faults):
        raise Stop("invalid_config")


def check_secrets(config, secrets):
    method = config.get("auth_method", "NONE")
    if any(secret == b"" for secret in secrets) or (method != "NONE" and not secrets):
        raise Stop("empty_secret")
    if len(secrets) > MOST_SECRETS:
        raise Stop("invalid_config")
    if method == "TOKEN_BASED" and not all(is_sendable(secret) for secret in secrets):
        raise Stop("malformed_secret")


def is_sendable(token):
    """Whether a header can carry it: no blanks at the ends, no control characters but the tab, not too long."""
    control = any((byte < 32 and byte != 9) or byte == 127 for byte in token)
    return token == token.strip(b" \t") and not control and len(token) <= LONGEST_VALUE


# The delivery.

def read_delivery(delivery):
    headers = []
    for name, value in delivery["headers"]:
        raw = base64.b64decode(value["base64"], validate=True) if isinstance(value, dict) else value.encode("utf-8")
        headers.append((name.lower(), raw.strip(b" \t")))
    if "body" in delivery:
        return headers, delivery["body"].encode("utf-8")
    return headers, base64.b64decode(delivery["body_base64"], validate=True)


def one_line(headers, name):
    """The only value of a header, or None when it is absent."""
    values = [value for key, value in headers if key == name.lower()]
    if not values:
        return None
    if len(values) > 1:
        raise Stop("repeated_signature")
    if values[0] == b"" or len(values[0]) > LONGEST_VALUE:
        raise Stop("malformed_signature")
    return values[0]


def signature_line(config, headers, default):
    value = one_line(headers, config.get("auth_header_key", default))
    if value is None:
        raise Stop("missing_signature")
    return value


# Tokens.

def verify_token(config, secrets, headers):
    value = signature_line(config, headers, "Authorization")
    readings = [value]
    if config.get("auth_header_key", "Authorization").lower() == "authorization":
        bearer = re.match(rb"bearer +", value, re.IGNORECASE)
        if bearer:
            readings.append(value[bearer.end():])
    for index, secret in enumerate(secrets):
        if secret in readings:
            return index
    raise Stop("mismatch")


# HMAC.

def verify_hmac(config, secrets, headers, body):
    encoding = config.get("signature_encoding", "BASE64")
    value = signature_line(config, headers, "X-Fivetran-Hmac-Sign")
    label, signature = split_label(value)
    companion = None
    if config.get("algorithm") == "INFER_FROM_HEADER":
        line = one_line(headers, config.get("algorithm_header_key", "X-Fivetran-Hmac-Algorithm"))
        if line is not None:
            companion = known_label(line)
            if companion is None:
                raise Stop("unknown_algorithm")
        stated = [name for name, _ in filter(None, [label, companion])]
        accepted = config.get("accept", list(ALGORITHMS))
    else:
        stated = [config.get("algorithm", "SHA_256")] + ([label[0]] if label else [])
        accepted = list(ALGORITHMS)
    if len(set(stated)) > 1 or any(name not in accepted for name in stated):
        raise Stop("algorithm_not_accepted")
    for _, suffix in filter(None, [label, companion]):
        if suffix and suffix != {"HEXA_DECIMAL": "hex", "BASE64": "base64"}.get(encoding):
            raise Stop("malformed_encoding")
    tag = decode(encoding, signature)
    if stated:
        algorithm = stated[0]
        if len(tag) != ALGORITHMS[algorithm]:
            raise Stop("wrong_length")
    else:
        if len(tag) not in BY_LENGTH:
            raise Stop("wrong_length")
        algorithm = BY_LENGTH[len(tag)]
        if algorithm not in accepted:
            raise Stop("algorithm_not_accepted")
    for index, secret in enumerate(secrets):
        if hmac.new(secret, body, algorithm.replace("_", "").lower()).digest() == tag:
            return algorithm, index
    raise Stop("mismatch")


def known_label(text):
    """(algorithm, suffix or None) of a known name, else None."""
    match = LABEL.fullmatch(text)
    if not match:
        return None
    name = "MD5" if match.group(1) else "SHA_" + match.group(2).decode("ascii")
    return name, match.group(3).lower().decode("ascii") if match.group(3) else None


def split_label(value):
    """(label or None, signature)."""
    match = re.search(rb"[=:]", value)
    if not match:
        return None, value
    label, rest = known_label(value[:match.start()]), value[match.end():]
    if label:
        if rest == b"":
            raise Stop("malformed_signature")
        return label, rest
    if value[match.start():].strip(b"=") == b"":
        return None, value
    raise Stop("unknown_algorithm")


def decode(encoding, text):
    if encoding == "HEXA_DECIMAL":
        if len(text) % 2 or any(chr(c) not in string.hexdigits for c in text):
            raise Stop("malformed_encoding")
        return bytes.fromhex(text.decode("ascii"))
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits
    letters += "+/" if encoding == "BASE64" else "-_"
    bare = text.rstrip(b"=")
    padding = len(text) - len(bare)
    if any(chr(c) not in letters for c in bare) or len(bare) % 4 == 1 or padding not in (0, -len(bare) % 4):
        raise Stop("malformed_encoding")
    number = 0
    for c in bare:
        number = number * 64 + letters.index(chr(c))
    spare = len(bare) * 6 % 8
    if number % 2 ** spare:
        raise Stop("malformed_encoding")
    return (number >> spare).to_bytes(len(bare) * 6 // 8, "big")

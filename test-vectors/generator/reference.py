"""A plain verifier, to check what the vectors expect. Slow, obvious, and not for use on a server.

It is written from the rules in README.md of this folder and shares no code with the modules that
build the vectors, only the table of presets: those modules state what they expect because they know
what they built, this one reads the finished JSON and decides anew. Connections are here, schemes in
`reference_scheme.py` (what may be configured) and `reference_verify.py` (how a delivery is judged).
"""

import base64
import hmac
import json

from . import presets, reference_handshakes, reference_ids, reference_scheme, reference_secrets, reference_times, reference_verify
from .reference_text import (ALGORITHMS, ENCODINGS, FIELD_NAME, Stop, companion_label, one_line, read_delivery, split_label,
                             tag_of)

TEXT_FIELDS = [
    "schema", "table", "auth_method", "auth_secret", "auth_header_key", "algorithm", "signature_encoding",
    "bucket_service", "gcs_bucket", "s3_bucket", "s3_role_arn", "blob_sas_url", "sync_format",
    "algorithm_header_key",
]
OTHER_FIELDS = ["secrets", "accept", "tolerance", "scheme", "id_from"]
CHOICES = {
    "auth_method": ["HMAC", "TOKEN_BASED", "NONE"],
    "algorithm": list(ALGORITHMS) + ["INFER_FROM_HEADER"],
    "signature_encoding": ENCODINGS,
    "bucket_service": ["Fivetran", "S3", "AZURE", "GCS"],
    "sync_format": ["Unpacked", "Packed"],
}
NEEDED_BY_BUCKET = {"Fivetran": [], "S3": ["s3_bucket", "s3_role_arn"], "AZURE": ["blob_sas_url"], "GCS": ["gcs_bucket"]}
SAID_BY_SCHEME = ["algorithm", "signature_encoding", "auth_header_key", "accept", "algorithm_header_key"]


def judge(vector):
    """The verdict of a vector: (expect, algorithm or None, secret_index or None)."""
    try:
        verify = verifier(vector["verifier"])
        return ("authentic",) + verify(vector["delivery"])
    except Stop as stop:
        return str(stop), None, None


def handshake(vector):
    """The answer to the delivery of a vector, or None where it is no handshake."""
    if "connection" in vector["verifier"]:
        config = read_connection(vector["verifier"])
        if "scheme" not in config:
            return None
        scheme = reference_scheme.compiled(named(config["scheme"]), config.get("tolerance"))
        secrets = reference_secrets.check(connection_secrets(vector["verifier"], config), scheme.secret, scheme.token)
    else:
        scheme, secrets = scheme_beside_secrets(vector["verifier"])
    return reference_handshakes.judge(scheme.source, secrets, vector["delivery"], judge(vector)[0])


def verifier(description):
    """A function that judges a delivery: (algorithm or None, secret_index or None), or a Stop."""
    if "preset" in description or "scheme" in description or "scheme_text" in description:
        scheme, secrets = scheme_beside_secrets(description)
        return lambda delivery: reference_verify.verify(scheme, secrets, delivery)
    config = read_connection(description)
    secrets = connection_secrets(description, config)
    if "scheme" in config:
        scheme = reference_scheme.compiled(named(config["scheme"]), config.get("tolerance"))
        secrets = reference_secrets.check(secrets, scheme.secret, scheme.token)
        return lambda delivery: reference_verify.verify(scheme, secrets, delivery)
    # The service's default, NONE, is not enough here: a verifier that checks nothing takes the word.
    if "auth_method" not in config or (config["auth_method"] == "NONE" and secrets):
        raise Stop("invalid_config")
    method = config["auth_method"]
    if method != "NONE":
        secrets = reference_secrets.check(secrets, sent=method == "TOKEN_BASED")
    judges = {"NONE": lambda *_: (None, None), "TOKEN_BASED": verify_token, "HMAC": verify_hmac}
    return lambda delivery: judges[method](config, secrets, delivery)


# Schemes with their secrets beside them.

def scheme_beside_secrets(description):
    if "preset" in description:
        scheme = named(description["preset"])
    elif "scheme" in description:
        scheme = description["scheme"]
    else:
        scheme = parse(description["scheme_text"])
    scheme = reference_scheme.compiled(scheme, description.get("tolerance"))
    secrets = [reference_secrets.read(item, with_base64=True) for item in description["secrets"]]
    return scheme, reference_secrets.check(secrets, scheme.secret, scheme.token)


def named(scheme):
    """The scheme of this name, or the scheme itself where it is written out."""
    if not isinstance(scheme, str):
        return scheme
    if scheme in presets.UNSUPPORTED:
        raise Stop("unsupported")
    name = presets.ALIASES.get(scheme, scheme)
    if name not in presets.PRESETS:
        raise Stop("unknown_preset")
    return presets.PRESETS[name]


# The connection.

def parse(text):
    try:
        return json.loads(text, object_pairs_hook=no_duplicates)
    except ValueError:
        raise Stop("invalid_config")


def no_duplicates(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a field is given twice")
    return dict(pairs)


def read_connection(description):
    config = parse(description["connection_text"]) if "connection_text" in description else description["connection"]
    check_shape(config)
    check_rules(config)
    return config


def connection_secrets(description, config):
    if "secrets_base64" in description:
        return [reference_secrets.Secret(base64.b64decode(s, validate=True), None, None) for s in description["secrets_base64"]]
    items = ([config["auth_secret"]] if "auth_secret" in config else []) + config.get("secrets", [])
    return [reference_secrets.read(item) for item in items]


def check_shape(config):
    if not isinstance(config, dict):
        raise Stop("invalid_config")
    for field, value in config.items():
        if field in TEXT_FIELDS:
            good = isinstance(value, str)
        elif field == "secrets":
            good = isinstance(value, list)
        elif field == "accept":
            good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        elif field == "scheme":
            good = isinstance(value, (str, dict))
        else:
            good = field in OTHER_FIELDS
        if good and field in CHOICES:
            good = value in CHOICES[field]
        if field == "id_from":
            reference_ids.check(value)
        if not good:
            raise Stop("invalid_config")


def check_rules(config):
    by_scheme = "scheme" in config
    inferring = config.get("algorithm") == "INFER_FROM_HEADER" and config.get("auth_method") == "HMAC"
    signature_header = config.get("auth_header_key", "X-Fivetran-Hmac-Sign")
    algorithm_header = config.get("algorithm_header_key", "X-Fivetran-Hmac-Algorithm")
    bucket_fields = NEEDED_BY_BUCKET[config.get("bucket_service", "Fivetran")]
    secret_fields = [field for field in ("auth_secret", "secrets", "auth_header_key") if field in config]
    faults = [
        secret_fields and config.get("auth_method", "NONE") == "NONE" and not by_scheme,
        by_scheme and config.get("auth_method", "HMAC") != "HMAC",
        by_scheme and any(field in config for field in SAID_BY_SCHEME),
        len(set(config.get("accept", []))) < len(config.get("accept", [])),
        inferring and signature_header.lower() == algorithm_header.lower(),
        any(field in config and field not in bucket_fields for fields in NEEDED_BY_BUCKET.values() for field in fields),
        "accept" in config and not (inferring and config["accept"]),
        any(name not in ALGORITHMS for name in config.get("accept", [])),
        "algorithm_header_key" in config and not inferring,
        "tolerance" in config and not by_scheme,
        any(not FIELD_NAME.fullmatch(config.get(key, "ok")) for key in ("auth_header_key", "algorithm_header_key")),
        any(field not in config for field in bucket_fields),
    ]
    if any(faults):
        raise Stop("invalid_config")


def signature_line(config, headers, default):
    value = one_line(headers, config.get("auth_header_key", default))
    if value is None:
        raise Stop("missing_signature")
    return value


# Tokens.

def verify_token(config, secrets, delivery):
    headers, _ = read_delivery(delivery)
    header = config.get("auth_header_key", "Authorization")
    value = signature_line(config, headers, "Authorization")
    return None, reference_verify.match_token(header, value, secrets, delivery.get("received_at", 0) * 1000)


# HMAC.

def verify_hmac(config, secrets, delivery):
    headers, body = read_delivery(delivery)
    value = signature_line(config, headers, "X-Fivetran-Hmac-Sign")
    label, signature = split_label(value)
    labels = [label] if label else []
    accepted, configured = list(ALGORITHMS), config.get("algorithm", "SHA_256")
    if configured == "INFER_FROM_HEADER":
        companion = companion_label(headers, config.get("algorithm_header_key", "X-Fivetran-Hmac-Algorithm"))
        labels += [companion] if companion else []
        accepted, configured = config.get("accept", accepted), None
    algorithm, tag = tag_of(signature, config.get("signature_encoding", "BASE64"), configured, accepted, labels)
    now = delivery.get("received_at", 0) * 1000
    for index, secret in enumerate(secrets):
        if reference_times.usable(secret, now) and hmac.new(secret.key, body, algorithm.replace("_", "").lower()).digest() == tag:
            return algorithm, index
    raise Stop("mismatch")

"""The answer to a handshake, found the plain way, and what a scheme may say of one.

Written from the rules in README.md; places are read as for the ids of deliveries (`reference_ids.py`).
"""

import base64
import hmac
import json
import re

from . import reference_ids, reference_times
from .reference_text import ALGORITHMS, FIELD_NAME, Stop, read_delivery

FIELDS = ["method", "where", "challenge", "signed", "status", "headers", "text", "json", "hmac", "chooses_secret"]
REPEATED = re.compile(rb"[A-Za-z0-9._~+/=-]{1,512}")
SIGNED = re.compile(rb"[A-Za-z0-9._~+/-]{1,512}")


def need(good):
    if not good:
        raise Stop("invalid_config")


def is_text(value):
    return isinstance(value, str) and value != ""


# What may be configured.

def check(scheme, template):
    """Stops unless the handshake of this scheme is one. `template` is what is signed, in parts; None for a token."""
    rule = scheme["handshake"]
    need(isinstance(rule, dict) and all(field in FIELDS for field in rule))
    need(rule.get("method") in ["GET", "POST", "HEAD"])
    where = rule.get("where", {})
    need(isinstance(where, dict) and all(value is None or is_text(value) for value in where.values()))
    for place in list(where) + ([rule["challenge"]] if "challenge" in rule else []):
        reference_ids.check_place(place)
    need(all(type(rule.get(field, True)) is bool for field in ("signed", "chooses_secret")))
    status = rule.get("status", 200)
    need(type(status) is int and 200 <= status <= 299)
    headers = rule.get("headers", {})
    need(isinstance(headers, dict) and all(FIELD_NAME.fullmatch(name) for name in headers))
    need(all(is_text(value) and not re.search("[\x00-\x08\x0a-\x1f\x7f]", value) for value in headers.values()))
    fields = rule.get("json", {})
    need(not ("text" in rule and "json" in rule) and is_text(rule.get("text", "x")))
    need(isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values()))
    need(rule.get("hmac", "BASE64") in ["HEXA_DECIMAL", "BASE64"])
    templates = list(headers.values()) + list(fields.values()) + [rule.get("text", "")]
    uses = lambda placeholder: any(placeholder in template for template in templates)  # noqa: E731
    need("challenge" in rule or where or rule["method"] == "HEAD")
    need("challenge" in rule or not (uses("{challenge}") or "hmac" in rule or rule.get("chooses_secret")))
    need(uses("{hmac}") == ("hmac" in rule))
    need(not (rule.get("signed") and rule.get("chooses_secret")))
    if "hmac" in rule:
        # The algorithm must be known, and a stranger's token must not be what is signed for some event.
        need(template is not None and scheme["algorithm"] != "INFER_FROM_HEADER")
        need(rule.get("signed") or ("function" not in scheme and (template == [("body", None)] or holds_no_token(template))))


def holds_no_token(template):
    """Whether a literal of the template is in no token, so that no signed text is a token."""
    return any(kind == "text" and not SIGNED.fullmatch(text.encode()) for kind, text in template)


# What is answered.

def judge(scheme, secrets, delivery, verdict):
    """The answer to a delivery, or None. `secrets` are those that were read, `verdict` that on the delivery."""
    rule = (scheme or {}).get("handshake")
    if rule is None or delivery.get("method", "") != rule["method"]:
        return None
    headers, body = read_delivery(delivery)
    try:
        for place, expected in rule.get("where", {}).items():
            if found(place, headers, body, delivery) != expected:
                return None
        challenge = found(rule["challenge"], headers, body, delivery) if "challenge" in rule else ""
    except reference_ids.Unusable:
        return None
    if "challenge" in rule and not (SIGNED if "hmac" in rule else REPEATED).fullmatch((challenge or "").encode()):
        return None
    if rule.get("signed") and verdict != "authentic":
        return None
    tag = None
    if "hmac" in rule:
        now = delivery.get("received_at", 0) * 1000
        usable = [secret.key for secret in secrets if reference_times.usable(secret, now)]
        if not usable:
            return None
        tag = hmac.new(usable[0], challenge.encode(), scheme["algorithm"].replace("_", "").lower()).digest()
        assert len(tag) == ALGORITHMS[scheme["algorithm"]]
        tag = tag.hex() if rule["hmac"] == "HEXA_DECIMAL" else base64.b64encode(tag).decode("ascii")
    return answer(rule, challenge, tag or "")


def found(place, headers, body, delivery):
    try:
        return reference_ids.value_at(place, headers, body, delivery.get("url", ""))
    except reference_ids.Absent:
        return None


def answer(rule, challenge, tag):
    fill = lambda template: re.sub(r"\{(challenge|hmac)\}", lambda match: tag if match.group(1) == "hmac" else challenge, template)  # noqa: E731
    lines = [[name, fill(value)] for name, value in rule.get("headers", {}).items()]
    body, kind = "", None
    if "text" in rule:
        body, kind = fill(rule["text"]), "text/plain"
    if "json" in rule:
        fields = {name: fill(value) for name, value in rule["json"].items()}
        body, kind = json.dumps(fields, ensure_ascii=False, separators=(",", ":")), "application/json"
    if kind and not any(name.lower() == "content-type" for name, _ in lines):
        lines.insert(0, ["Content-Type", kind])
    made = {"status": rule.get("status", 200), "headers": lines, "body": body}
    return dict(made, secret=challenge) if rule.get("chooses_secret") else made


def refuses(scheme, body):
    """Whether a body is refused although it is signed: a handshake would sign it for anyone."""
    return "hmac" in (scheme.get("handshake") or {}) and "function" not in scheme and scheme.get("signed", "{body}") == "{body}" and SIGNED.fullmatch(body) is not None

"""Connections that cannot be built: faults of the operator, found before any delivery is looked at."""

import json

from .build import (ALGORITHMS, BASE64, BODY, HEXA_DECIMAL, INFER, SECRET, SHA_256, SIGN, VectorFile, hmac_connection, sign)

BASE = {"auth_method": "HMAC", "auth_secret": SECRET}
DELIVERY = [[SIGN, sign(SHA_256, BASE64)]]


def connections():
    notes = {
        "EmptySecret": "An empty secret, or no secret where one is needed.",
        "MalformedSecret": "A token that no header can carry can never match: blanks at its ends, control characters, over 4,096 bytes.",
        "EnumValue": "Values of a choice are written exactly so, case and all.",
        "UnknownField": "A field that does not exist, or is misspelt.",
        "WrongType": "A value of another JSON type.",
        "Rule": "Fields that do not go together, or one that is missing beside another.",
        "HeaderName": "A header name must be a token of RFC 9110.",
        "TooMany": "More than eight secrets.",
        "Unchecked": "A verifier that checks nothing takes auth_method NONE in so many words, and nothing beside it that asks for a check.",
    }
    out = VectorFile("configuration.json", "Faulty connections", "Connections that must be refused before any delivery is verified. The deliveries are of no matter.", notes)

    def refuse(id, comment, connection, flag, expect="invalid_config"):
        out.add("config-" + id, comment, connection, DELIVERY, BODY, expect, flags=[flag])

    def with_fields(**fields):
        return dict(BASE, **fields)

    token = {"auth_method": "TOKEN_BASED"}
    for id, comment, connection in [
        ("hmac-empty", "HMAC with an empty secret.", with_fields(auth_secret="")),
        ("hmac-blank", "HMAC with a secret of one blank.", with_fields(auth_secret=" ")),
        ("hmac-blank-beside", "A secret of nothing but white space in the list beside a good one.", with_fields(secrets=["other", "\n"])),
        ("hmac-mask", "HMAC with what Fivetran's API returns in place of a secret.", with_fields(auth_secret="******")),
        ("token-mask", "A token that is what is shown in place of one.", dict(token, auth_secret="******")),
        ("hmac-none", "HMAC without any secret.", {"auth_method": "HMAC"}),
        ("hmac-none-inferred", "HMAC without any secret, algorithm inferred.", {"auth_method": "HMAC", "algorithm": INFER}),
        ("hmac-empty-list", "HMAC with an empty list of secrets.", {"auth_method": "HMAC", "secrets": []}),
        ("hmac-list-of-empty", "HMAC with an empty secret in the list.", {"auth_method": "HMAC", "secrets": [""]}),
        ("hmac-empty-beside", "An empty secret in the list beside a good one.", with_fields(secrets=["other", ""])),
        ("hmac-empty-before-list", "An empty auth_secret beside a good list.", with_fields(auth_secret="", secrets=["other"])),
        ("token-empty", "A token that is empty.", dict(token, auth_secret="")),
        ("token-none", "TOKEN_BASED without any secret.", token),
        ("token-none-own-header", "TOKEN_BASED with a header and no secret.", dict(token, auth_header_key="X-Api-Key")),
        ("token-empty-list", "TOKEN_BASED with an empty list of secrets.", dict(token, secrets=[])),
        ("token-empty-beside", "An empty token in the list beside a good one.", dict(token, auth_secret="token", secrets=[""])),
    ]:
        refuse("empty-secret-%s" % id, comment, connection, "EmptySecret", "empty_secret")
    for id, secret in [("space-front", " token"), ("space-behind", "token "), ("tab-front", "\ttoken"), ("tab-behind", "token\t"), ("blanks-alone", "   "), ("bearer-alone", "Bearer ")]:
        refuse("malformed-token-%s" % id, "A token with blanks at its ends.", dict(token, auth_secret=secret), "MalformedSecret", "malformed_secret")
    for id, secret in [("newline", "token\n"), ("carriage-return", "token\r\n"), ("nul", "tok\x00en"), ("delete", "token\x7f"), ("too-long", "k" * 4097)]:
        refuse("malformed-token-%s" % id, "A token that no header can carry.", dict(token, auth_secret=secret), "MalformedSecret", "malformed_secret")
    refuse("malformed-token-in-list", "A token with a blank at its end in the list.", dict(token, auth_secret="token", secrets=["older", "oldest "]), "MalformedSecret", "malformed_secret")
    refuse("malformed-token-own-header", "A token with a blank at its end, in a header of another name.", dict(token, auth_secret="token ", auth_header_key="X-Api-Key"), "MalformedSecret", "malformed_secret")

    choices = {
        "algorithm": ["sha_256", "Sha_256", "SHA256", "SHA-256", "SHA_3", "SHA_257", "SHA_512_256", "md5", "Md5", "sha_1", "INFER", "infer_from_header", "HMAC_SHA_256", "HmacSHA256", "", " SHA_256", "SHA_256 ", "NONE"],
        "signature_encoding": ["base64", "Base64", "BASE_64", "hexa_decimal", "HexaDecimal", "HEX", "HEXADECIMAL", "base64_url", "BASE64URL", "UTF_8", "", "BASE64 "],
        "auth_method": ["hmac", "Hmac", "token_based", "TOKEN", "BEARER", "none", "BASIC", "", "HMAC "],
        "bucket_service": ["fivetran", "FIVETRAN", "s3", "gcs", "Azure", "LOCAL", ""],
        "sync_format": ["unpacked", "PACKED", "JSON", ""],
    }
    for field, values in choices.items():
        for number, value in enumerate(values):
            refuse("enum-%s-%d" % (field.replace("_", "-"), number + 1), "%s is %s." % (field, json.dumps(value)), with_fields(**{field: value}), "EnumValue")

    for number, field in enumerate(["secret", "alogrithm", "auth_secrets", "Algorithm", "AUTH_METHOD", "authMethod", "signature_encodings", "encoding", "header", "auth_header", "hmac", "accepts", "", "algorithm ", "auth_method\u0000"]):
        refuse("unknown-field-%d" % (number + 1), "The field %s does not exist." % json.dumps(field), with_fields(**{field: "SHA_256"}), "UnknownField")

    wrong_types = [("auth_secret", [7, 1.5, True, [SECRET], {"value": SECRET}]), ("auth_method", [1, True, ["HMAC"]]), ("algorithm", [256, ["SHA_256"], True, {}]), ("signature_encoding", [64, [BASE64]]),
                   ("auth_header_key", [1, [SIGN]]), ("schema", [1, ["webhooks"]]), ("table", [True]), ("secrets", ["older", {"older": 1}, 3, ["older", 7], [["older"]], [None]]), ("sync_format", [1])]
    for field, values in wrong_types:
        for number, value in enumerate(values):
            refuse("type-%s-%d" % (field.replace("_", "-"), number + 1), "%s is %s." % (field, json.dumps(value)), with_fields(**{field: value}), "WrongType")
    for number, value in enumerate(["SHA_256", {"SHA_256": True}, 256, True, [256], ["SHA_256", None], [["SHA_256"]]]):
        refuse("type-accept-%d" % (number + 1), "accept is %s." % json.dumps(value), with_fields(algorithm=INFER, accept=value), "WrongType")
    for number, value in enumerate([1, ["X-Algorithm"], True]):
        refuse("type-algorithm-header-key-%d" % (number + 1), "algorithm_header_key is %s." % json.dumps(value), with_fields(algorithm=INFER, algorithm_header_key=value), "WrongType")

    add_rules(refuse, with_fields)
    add_unchecked(out, refuse)
    for number, name in enumerate(["", " ", "X Sign", " X-Sign", "X-Sign ", "X-Sign:", "X-Sign\n", "X-Sign\r\nX-Other", "X-Sign\u0000", "X-S\u00efgn", "(X-Sign)", "X/Sign", "X=Sign", "X,Sign", "\"X-Sign\"", "X@Sign", "X[Sign]", "X-Sign\t", "X\u007fSign"]):
        refuse("header-name-%d" % (number + 1), "auth_header_key is %s." % json.dumps(name), with_fields(auth_header_key=name), "HeaderName")
    refuse("header-name-token", "A header name with a blank, for tokens.", dict(token, auth_secret="token", auth_header_key="X Api Key"), "HeaderName")
    for number, name in enumerate(["", "X Algorithm", "X-Algorithm:"]):
        refuse("companion-name-%d" % (number + 1), "algorithm_header_key is %s." % json.dumps(name), with_fields(algorithm=INFER, algorithm_header_key=name), "HeaderName")
    return out


def add_unchecked(out, refuse):
    stated, raw = {"auth_method": "NONE"}, [b"\xff\x00"]
    for id, comment, connection in [
        ("empty", "A connection that says nothing.", {}),
        ("schema-and-table", "A destination, and nothing of authentication.", {"schema": "webhooks", "table": "orders"}),
        ("sync-format", "How events are stored, and nothing of authentication.", {"sync_format": "Packed"}),
        ("encoding", "An encoding without auth_method.", {"signature_encoding": HEXA_DECIMAL}),
        ("everything-but", "Algorithm, encoding and bucket without auth_method.", {"algorithm": "SHA_512", "signature_encoding": BASE64, "bucket_service": "Fivetran"}),
        ("none-secret", "auth_secret beside NONE.", dict(stated, auth_secret=SECRET)),
        ("none-list", "secrets beside NONE.", dict(stated, secrets=[SECRET])),
        ("none-empty-list", "An empty list of secrets beside NONE.", dict(stated, secrets=[])),
        ("none-null", "A null beside NONE in the place of the secret.", dict(stated, auth_secret=None)),
        ("none-header", "A header is named beside NONE.", dict(stated, auth_header_key=SIGN)),
    ]:
        refuse("unchecked-" + id, comment, connection, "Unchecked")
    for name in list(algorithm.name for algorithm in ALGORITHMS) + [INFER]:
        refuse("unchecked-algorithm-%s" % name.lower().replace("_", "-"), "%s without auth_method." % name, {"algorithm": name}, "Unchecked")
    out.add("config-unchecked-none-raw", "Secrets from elsewhere beside NONE.", stated, DELIVERY, BODY, "invalid_config", secrets_base64=raw, flags=["Unchecked"])
    out.add("config-unchecked-raw", "Secrets from elsewhere without auth_method.", {}, DELIVERY, BODY, "invalid_config", secrets_base64=raw, flags=["Unchecked"])


def add_rules(refuse, with_fields):
    for id, comment, connection in [
        ("secret-without-method", "auth_secret without auth_method.", {"auth_secret": SECRET}),
        ("secret-without-method-full", "auth_secret and everything else without auth_method.", {"auth_secret": SECRET, "algorithm": "SHA_256", "signature_encoding": BASE64, "auth_header_key": SIGN}),
        ("header-without-method", "A header is named, and auth_method is not stated.", {"auth_header_key": SIGN}),
        ("list-without-method", "secrets without auth_method.", {"secrets": [SECRET]}),
        ("accept-twice", "accept names an algorithm twice.", with_fields(algorithm=INFER, accept=["MD5", "SHA_1", "MD5"])),
        ("accept-token", "accept beside TOKEN_BASED.", {"auth_method": "TOKEN_BASED", "auth_secret": "token", "algorithm": INFER, "accept": ["MD5"]}),
        ("one-header-for-both", "Signature and algorithm in one header.", with_fields(algorithm=INFER, algorithm_header_key=SIGN)),
        ("one-header-for-both-case", "Signature and algorithm in one header, in another case.", with_fields(algorithm=INFER, auth_header_key="x-fivetran-hmac-algorithm")),
        ("s3-field-elsewhere", "s3_bucket without S3.", with_fields(s3_bucket="example-events")),
        ("gcs-field-elsewhere", "gcs_bucket beside AZURE.", with_fields(bucket_service="AZURE", blob_sas_url="https://example.com/?sig=example", gcs_bucket="example-events")),
        ("accept-empty", "An empty accept list.", with_fields(algorithm=INFER, accept=[])),
        ("accept-infer", "accept names INFER_FROM_HEADER.", with_fields(algorithm=INFER, accept=["SHA_256", INFER])),
        ("accept-case", "accept names an algorithm in another case.", with_fields(algorithm=INFER, accept=["sha_256"])),
        ("accept-unknown", "accept names an algorithm that does not exist.", with_fields(algorithm=INFER, accept=["SHA_256", "SHA3_256"])),
        ("accept-spelling", "accept names an algorithm by a label.", with_fields(algorithm=INFER, accept=["sha256"])),
        ("accept-blank", "accept names an empty algorithm.", with_fields(algorithm=INFER, accept=[""])),
        ("accept-by-default", "accept where the algorithm is left out.", with_fields(accept=["SHA_256"])),
        ("companion-by-default", "algorithm_header_key where the algorithm is left out.", with_fields(algorithm_header_key="X-Algorithm")),
        ("tolerance", "tolerance without a scheme.", with_fields(tolerance=300)),
        ("tolerance-zero", "A tolerance of zero without a scheme.", with_fields(tolerance=0)),
        ("tolerance-object", "A tolerance of past and future without a scheme.", with_fields(tolerance={"past": 300, "future": 60})),
        ("tolerance-none", "tolerance on a connection that does not verify.", {"auth_method": "NONE", "tolerance": 300}),
        ("gcs-bucket", "GCS without gcs_bucket.", with_fields(bucket_service="GCS")),
        ("s3-nothing", "S3 without bucket and role.", with_fields(bucket_service="S3")),
        ("s3-role", "S3 without s3_role_arn.", with_fields(bucket_service="S3", s3_bucket="example-events")),
        ("s3-bucket", "S3 without s3_bucket.", with_fields(bucket_service="S3", s3_role_arn="arn:aws:iam::123456789012:role/example-events")),
        ("azure-url", "AZURE without blob_sas_url.", with_fields(bucket_service="AZURE")),
    ]:
        refuse("rule-%s" % id, comment, connection, "Rule")
    for algorithm in ALGORITHMS:
        name = algorithm.digest
        refuse("rule-accept-%s" % name, "accept beside the configured %s." % algorithm.name, with_fields(algorithm=algorithm.name, accept=[algorithm.name]), "Rule")
        refuse("rule-companion-%s" % name, "algorithm_header_key beside the configured %s." % algorithm.name, with_fields(algorithm=algorithm.name, algorithm_header_key="X-Algorithm"), "Rule")
    nine = ["example-secret-%d" % n for n in range(9)]
    for id, comment, connection in [
        ("one-and-eight", "auth_secret and eight more.", with_fields(auth_secret=nine[0], secrets=nine[1:])),
        ("nine-in-list", "Nine secrets in the list.", {"auth_method": "HMAC", "secrets": nine}),
        ("equal", "Nine equal secrets are nine.", {"auth_method": "HMAC", "secrets": nine[:1] * 9}),
        ("tokens", "Nine tokens.", {"auth_method": "TOKEN_BASED", "auth_secret": nine[0], "secrets": nine[1:]}),
    ]:
        refuse("too-many-%s" % id, comment, connection, "TooMany")


def texts():
    notes = {
        "Duplicate": "A field that is given twice, even with equal values.",
        "NotJson": "The text is not JSON.",
        "NotAnObject": "The text is JSON, but no object.",
        "Blanks": "White space around and inside JSON has no meaning.",
    }
    out = VectorFile("connection-text.json", "Connections as text", "Connections whose JSON text itself is the point, given as a string in connection_text.", notes)
    good = '{"auth_method": "HMAC", "auth_secret": "%s", "algorithm": "SHA_256", "signature_encoding": "HEXA_DECIMAL"}' % SECRET
    headers = [[SIGN, sign(SHA_256, HEXA_DECIMAL)]]
    for id, comment, text in [("plain", "A good connection.", good), ("blanks", "Blanks and newlines around.", " \n\t" + good.replace(", ", " ,\r\n  ") + "\n"),
                              ("escapes", "Names and values written with escapes.", good.replace("HMAC", "\\u0048MAC").replace("algorithm", "\\u0061lgorithm"))]:
        out.accept("text-%s" % id, comment, None, headers, BODY, SHA_256, connection_text=text, flags=["Blanks"])
    body = good[1:-1]
    for id, flag, comment, text in [
        ("duplicate-secret", "Duplicate", "auth_secret twice.", '{%s, "auth_secret": "other"}' % body),
        ("duplicate-equal", "Duplicate", "auth_secret twice with the same value.", '{%s, "auth_secret": "%s"}' % (body, SECRET)),
        ("duplicate-algorithm", "Duplicate", "algorithm twice.", '{"algorithm": "MD5", %s}' % body),
        ("duplicate-method", "Duplicate", "auth_method twice.", '{%s, "auth_method": "NONE"}' % body),
        ("duplicate-encoding", "Duplicate", "signature_encoding twice.", '{%s, "signature_encoding": "BASE64"}' % body),
        ("duplicate-secrets", "Duplicate", "secrets twice.", '{%s, "secrets": ["a"], "secrets": ["b"]}' % body),
        ("duplicate-escaped", "Duplicate", "algorithm twice, once written with an escape.", '{%s, "\\u0061lgorithm": "SHA_512"}' % body),
        ("empty", "NotJson", "No text.", ""),
        ("blank", "NotJson", "Blanks only.", " \n "),
        ("cut", "NotJson", "The closing brace is missing.", good[:-1]),
        ("cut-string", "NotJson", "Text that stops inside a string.", good[:20]),
        ("trailing-comma", "NotJson", "A comma behind the last field.", "{%s,}" % body),
        ("single-quotes", "NotJson", "Single quotes for double ones.", good.replace('"', "'")),
        ("comment", "NotJson", "A comment inside.", "{ // verify\n%s}" % body),
        ("second-value", "NotJson", "A second object behind the first.", good + " " + good),
        ("garbage-behind", "NotJson", "A letter behind the object.", good + " x"),
        ("unquoted", "NotJson", "A field name without quotes.", "{auth_method: \"NONE\"}"),
        ("array", "NotAnObject", "A list with a connection in it.", "[%s]" % good),
        ("null", "NotAnObject", "null.", "null"),
        ("string", "NotAnObject", "A string.", '"HMAC"'),
        ("number", "NotAnObject", "A number.", "1"),
        ("true", "NotAnObject", "true.", "true"),
    ]:
        out.add("text-%s" % id, comment, None, headers, BODY, "invalid_config", connection_text=text, flags=[flag])
    return out


def files():
    return [connections(), texts()]

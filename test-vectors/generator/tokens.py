"""Tokens, rotation of secrets, and connections that do not verify."""

from .build import (ALGORITHMS, BASE64, BODY, ENCODINGS, HEXA_DECIMAL, INFER, OTHER_SECRET, SHA_1, SHA_256, SHA_512, SIGN,
                    VectorFile, hmac_connection, sign)

TOKEN = "example-token-3f9a"


def token_connection(secret=TOKEN, **more):
    connection = {"auth_method": "TOKEN_BASED"}
    if secret is not None:
        connection["auth_secret"] = secret
    connection.update(more)
    return connection


def tokens():
    notes = {
        "Bearer": "In the header Authorization a leading `Bearer ` is optional and its case is ignored.",
        "BareToken": "The value is the token alone.",
        "OwnHeader": "The token is in a header of the operator's choice, where `Bearer ` means nothing.",
        "SecretWithBearer": "The secret was typed with `Bearer ` in front.",
        "SecretKind": "A token of an unusual form.",
        "Rotation": "Several tokens are good; the index says which.",
        "Missing": "The header is absent.",
        "Repeated": "The header is there more than once.",
        "Empty": "The value is empty once it is trimmed.",
        "TooLong": "The value has more than 4,096 bytes once it is trimmed.",
        "NotEqual": "The value is another than the token.",
    }
    out = VectorFile("tokens.json", "Tokens", "TOKEN_BASED: the header carries the secret itself.", notes)

    def accept(id, comment, connection, headers, flag, index=0):
        out.add("token-" + id, comment, connection, headers, BODY, "authentic", secret_index=index, flags=[flag])

    def reject(id, comment, connection, headers, expect, flag):
        out.add("token-" + id, comment, connection, headers, BODY, expect, flags=[flag])

    plain, own = token_connection(), token_connection(auth_header_key="X-Api-Key")
    name = "Authorization"
    accept("bare", "The token alone.", plain, [[name, TOKEN]], "BareToken")
    for id, front in [("bearer", "Bearer "), ("bearer-lower", "bearer "), ("bearer-upper", "BEARER "), ("bearer-mixed", "bEaReR "), ("bearer-two-spaces", "Bearer  "),
                      ("bearer-many-spaces", "Bearer" + " " * 20)]:
        accept(id, "The token behind `%s`." % front.split(" ")[0], plain, [[name, front + TOKEN]], "Bearer")
    accept("bearer-blanks", "Blanks around `Bearer` and token.", plain, [[name, " \tBearer " + TOKEN + " \t"]], "Bearer")
    accept("blanks", "Blanks around the token.", plain, [[name, "\t " + TOKEN + "  "]], "BareToken")
    accept("header-lower", "The header name in lower case.", plain, [["authorization", "Bearer " + TOKEN]], "Bearer")
    accept("header-stated", "The default header stated in the connection.", token_connection(auth_header_key=name), [[name, "Bearer " + TOKEN]], "Bearer")
    accept("header-stated-lower", "The default header stated in lower case.", token_connection(auth_header_key="authorization"), [[name, "Bearer " + TOKEN]], "Bearer")
    accept("own-header", "The token in a header of another name.", own, [["X-Api-Key", TOKEN]], "OwnHeader")
    accept("own-header-case", "The token in a header of another name, in another case.", own, [["x-api-key", TOKEN]], "OwnHeader")
    accept("own-header-authorization-too", "The header Authorization is not looked at when another is configured.", own, [[name, "Bearer other"], ["X-Api-Key", TOKEN]], "OwnHeader")
    accept("own-header-with-bearer", "In another header `Bearer ` is part of the token.", token_connection("Bearer " + TOKEN, auth_header_key="X-Api-Key"),
           [["X-Api-Key", "Bearer " + TOKEN]], "OwnHeader")
    accept("secret-with-bearer", "A secret typed with `Bearer ` and a header with it.", token_connection("Bearer " + TOKEN), [[name, "Bearer " + TOKEN]], "SecretWithBearer")
    kinds = [("one-character", "x"), ("basic", "Basic ZXhhbXBsZTpleGFtcGxl"), ("equals", "key=value=="), ("colon", "user:password"), ("label", "sha256=00ff"),
             ("inner-blank", "two words"), ("looks-bearer", "bearertoken"), ("utf8", "schl\u00fcssel-\u9375"), ("quotes", '"quoted" \\'), ("long", "0123456789abcdef" * 64),
             ("at-the-limit", "k" * 4096), ("block", "k" * 64), ("block-and-one", "k" * 65), ("jwt-like", "eyJhbGciOiJub25lIn0.eyJpZCI6MX0."), ("comma", "a,b")]
    for id, secret in kinds:
        accept("kind-%s" % id, "The token is compared as bytes, whatever it looks like.", token_connection(secret), [[name, secret]], "SecretKind")
        if id != "at-the-limit":
            accept("kind-%s-bearer" % id, "The same behind `Bearer `.", token_connection(secret), [[name, "Bearer " + secret]], "SecretKind")
    rotation = token_connection("token-new", secrets=["token-old", "token-older", "token-old"])
    for index, secret in enumerate(["token-new", "token-old", "token-older"]):
        accept("rotation-%d" % index, "Token number %d of several; of equal ones the first counts." % index, rotation, [[name, "Bearer " + secret]], "Rotation", index)
    accept("secrets-only", "Tokens in `secrets` alone count from zero.", token_connection(None, secrets=["token-a", "token-b"]), [[name, "token-b"]], "Rotation", 1)

    reject("missing", "No header at all.", plain, [], "missing_signature", "Missing")
    reject("missing-other", "The token in a header that is not configured.", plain, [["X-Api-Key", TOKEN]], "missing_signature", "Missing")
    reject("missing-own", "The token in Authorization where another header is configured.", own, [[name, TOKEN]], "missing_signature", "Missing")
    reject("missing-hmac-header", "The token in the default header of HMAC.", plain, [[SIGN, TOKEN]], "missing_signature", "Missing")
    reject("repeated-equal", "Two equal lines.", plain, [[name, TOKEN], [name, TOKEN]], "repeated_signature", "Repeated")
    reject("repeated-different", "Two lines, one of them good.", plain, [[name, "other"], [name, TOKEN]], "repeated_signature", "Repeated")
    reject("repeated-case", "Two lines whose names differ in case.", plain, [[name, TOKEN], [name.lower(), TOKEN]], "repeated_signature", "Repeated")
    reject("repeated-own", "Two lines of a header of another name.", own, [["X-Api-Key", TOKEN], ["X-API-KEY", TOKEN]], "repeated_signature", "Repeated")
    for id, value in [("nothing", ""), ("space", " "), ("tab", "\t"), ("blanks", " \t ")]:
        reject("empty-%s" % id, "A value of no characters but blanks.", plain, [[name, value]], "malformed_signature", "Empty")
    reject("empty-own", "An empty value in a header of another name.", own, [["X-Api-Key", ""]], "malformed_signature", "Empty")
    reject("4097-bytes", "A value of 4,097 bytes.", plain, [[name, "k" * 4097]], "malformed_signature", "TooLong")
    reject("4096-bytes", "A value of exactly 4,096 bytes is read, and is another.", plain, [[name, "k" * 4096]], "mismatch", "NotEqual")
    wrong = [("other", "other-token", "Another token."), ("last-byte", TOKEN[:-1] + "b", "The last byte is another."), ("first-byte", "E" + TOKEN[1:], "The first byte is in another case."),
             ("prefix", TOKEN[:-1], "The token without its last byte."), ("one-byte", TOKEN[:1], "The first byte of the token alone."), ("longer", TOKEN + "a", "The token with a byte more."),
             ("twice", TOKEN + TOKEN, "The token twice."), ("upper", TOKEN.upper(), "The token in upper case."), ("inner-blank", TOKEN[:7] + " " + TOKEN[7:], "A blank inside the token."),
             ("bearer-alone", "Bearer", "`Bearer` and nothing else."), ("bearer-blank", "Bearer ", "`Bearer` and a blank, which is trimmed."), ("bearer-glued", "Bearer" + TOKEN, "No space behind `Bearer`."),
             ("bearer-tab", "Bearer\t" + TOKEN, "A tab behind `Bearer`."), ("bearer-colon", "Bearer: " + TOKEN, "A colon behind `Bearer`."), ("bearer-equals", "Bearer=" + TOKEN, "A `=` behind `Bearer`."),
             ("bearer-space-tab", "Bearer \t" + TOKEN, "A space and a tab behind `Bearer`."), ("bearer-space-newline", "Bearer \n" + TOKEN, "A space and a newline behind `Bearer`."), ("bearer-twice", "Bearer Bearer " + TOKEN, "`Bearer` twice."), ("bearer-other", "Bearer other-token", "Another token behind `Bearer`."), ("token-scheme", "Token " + TOKEN, "Another word than `Bearer`."),
             ("basic", "Basic " + TOKEN, "The word Basic."), ("quoted", '"%s"' % TOKEN, "Quotation marks around."), ("newline", TOKEN + "\n", "A newline at the end, which is not trimmed."),
             ("nul", TOKEN + "\x00", "A NUL at the end."), ("no-break-space", TOKEN + "\u00a0", "A no-break space at the end, which is not trimmed."), ("non-utf8", b"\xff\xfe", "Bytes that are not UTF-8."),
             ("comma", TOKEN + ", " + TOKEN, "The token twice with a comma between."), ("full-width", TOKEN.replace("3", "\uff13"), "A full-width digit."), ("high-bit", bytes([ord("e") | 0x80]) + TOKEN[1:].encode(), "The highest bit of a byte is set.")]
    for id, value, comment in wrong:
        reject("wrong-%s" % id, comment, plain, [[name, value]], "mismatch", "NotEqual")
    reject("own-header-bearer", "`Bearer ` in front of the token in a header of another name.", own, [["X-Api-Key", "Bearer " + TOKEN]], "mismatch", "OwnHeader")
    reject("own-header-secret-with-bearer", "A secret typed with `Bearer `, and a value without it, in a header of another name.",
           token_connection("Bearer " + TOKEN, auth_header_key="X-Api-Key"), [["X-Api-Key", TOKEN]], "mismatch", "OwnHeader")
    reject("rotation-none", "None of several tokens.", rotation, [[name, "token-oldest"]], "mismatch", "Rotation")
    reject("rotation-joined", "Two good tokens glued together.", rotation, [[name, "token-newtoken-old"]], "mismatch", "Rotation")
    return out


def rotation():
    notes = {
        "First": "The first secret made the signature.",
        "Middle": "A secret in the middle made the signature.",
        "Last": "The last secret made the signature.",
        "Duplicate": "Equal secrets: the index is that of the first of them.",
        "NoMatch": "None of the secrets made the signature.",
    }
    out = VectorFile("rotation.json", "Several secrets", "`auth_secret` is number 0 and `secrets` follow; the index says which one matched.", notes)
    secrets = ["example-secret-%d" % n for n in range(8)]
    for number, algorithm in enumerate(ALGORITHMS):
        for count in (2, 3, 8):
            encoding = ENCODINGS[(number + count) % 3]
            connection = hmac_connection(INFER if number % 2 else algorithm, encoding, secret=secrets[0], secrets=secrets[1:count])
            for index in sorted({0, count // 2, count - 1}):
                flag = "First" if index == 0 else "Last" if index == count - 1 else "Middle"
                out.accept("rotation-%s-%d-of-%d" % (algorithm.digest, index, count), "%s, secret number %d of %d." % (algorithm.name, index, count), connection,
                           [[SIGN, sign(algorithm, encoding, secret=secrets[index])]], BODY, algorithm, index, flags=[flag])
            out.add("rotation-%s-none-of-%d" % (algorithm.digest, count), "%s, none of %d secrets." % (algorithm.name, count), connection,
                    [[SIGN, sign(algorithm, encoding, secret=OTHER_SECRET)]], BODY, "mismatch", flags=["NoMatch"])
    only = hmac_connection(SHA_256, BASE64, secret=None, secrets=secrets[:8])
    for index, flag in [(0, "First"), (5, "Middle"), (7, "Last")]:
        out.accept("rotation-list-only-%d" % index, "Without auth_secret the list counts from zero.", only,
                   [[SIGN, sign(SHA_256, BASE64, secret=secrets[index])]], BODY, SHA_256, index, flags=[flag])
    out.accept("rotation-list-of-one", "A list of one secret.", hmac_connection(SHA_256, BASE64, secret=None, secrets=secrets[3:4]),
               [[SIGN, sign(SHA_256, BASE64, secret=secrets[3])]], BODY, SHA_256, 0, flags=["First"])
    for id, first, rest, signer, index in [
        ("list-repeats-auth-secret", "a-secret", ["a-secret"], "a-secret", 0),
        ("equal-in-list", "a-secret", ["b-secret", "c-secret", "b-secret"], "b-secret", 1),
        ("all-equal", "a-secret", ["a-secret"] * 7, "a-secret", 0),
        ("equal-at-the-end", "a-secret", ["b-secret", "c-secret", "c-secret"], "c-secret", 2),
    ]:
        out.accept("rotation-%s" % id, "Of equal secrets the first counts.", hmac_connection(SHA_512, HEXA_DECIMAL, secret=first, secrets=rest),
                   [[SIGN, sign(SHA_512, HEXA_DECIMAL, secret=signer)]], BODY, SHA_512, index, flags=["Duplicate"])
    raw = [b"\xff" * 20, b"\x00\x01\x02", bytes(range(128, 256))]
    for index, key in enumerate(raw):
        out.accept("rotation-raw-%d" % index, "Raw secrets, number %d." % index, hmac_connection(SHA_1, HEXA_DECIMAL, secret=None),
                   [[SIGN, sign(SHA_1, HEXA_DECIMAL, secret=key)]], BODY, SHA_1, index, secrets_base64=raw, flags=[["First", "Middle", "Last"][index]])
    return out


def none():
    notes = {"NoCheck": "auth_method NONE: every delivery is taken for authentic, whatever it carries."}
    out = VectorFile("none.json", "No verification", "Connections of auth_method NONE.", notes)
    stated = {"auth_method": "NONE"}
    for id, comment, connection, headers, body in [
        ("stated", "NONE is stated.", stated, [["Content-Type", "application/json"]], BODY),
        ("beside-settings", "Algorithm and encoding beside NONE do nothing.", dict(stated, algorithm="SHA_256", signature_encoding="BASE64"), [], BODY),
        ("schema-and-table", "The destination beside it.", dict(stated, schema="webhooks", table="orders"), [], BODY),
        ("empty-body", "No header and no body.", stated, [], b""),
        ("forged-signature", "A forged signature is not looked at.", stated, [[SIGN, "0" * 64]], BODY),
        ("malformed-signature", "A malformed signature is not looked at.", stated, [[SIGN, "v1=\u00e9"]], BODY),
        ("repeated-signature", "Two signature lines are not looked at.", stated, [[SIGN, ""], [SIGN, "1"]], BODY),
        ("long-signature", "A signature over the limit is not looked at.", stated, [[SIGN, "a" * 5000]], BODY),
        ("token", "A token is not looked at.", stated, [["Authorization", "Bearer other"]], BODY),
        ("binary-body", "A body that is not UTF-8.", stated, [], b"\xff\x00\xfe"),
    ]:
        out.add("none-%s" % id, comment, connection, headers, body, "authentic", flags=["NoCheck"])
    return out


def files():
    return [tokens(), rotation(), none()]

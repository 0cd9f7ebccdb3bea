"""Deliveries that are authentic: encodings, bodies and secrets."""

from .build import (ALGORITHMS, BASE64, BODY, ENCODINGS, HEXA_DECIMAL, INFER, SECRET, SHA_256, SHA_512, SHORT, SIGN,
                    VectorFile, encode, hmac_connection, mac, sign, varied_body)

CORNER_SIZES = [0, 1, 2, 31, 32, 55, 56, 57, 63, 64, 65, 111, 112, 113, 119, 120, 127, 128, 129, 183, 191, 192, 193,
                239, 247, 255, 256, 257, 511, 1023, 1024]
KEY_SIZES = [1, 2, 16, 20, 32, 63, 64, 65, 127, 128, 129, 200, 1024]


def mixed_case(text):
    return "".join(c.upper() if i % 3 == 0 else c for i, c in enumerate(text))


def counting(size):
    """Text of a given size in which no two blocks are alike."""
    return "".join("%06d," % n for n in range(size // 7 + 1)).encode("ascii")[:size]


def kebab(algorithm):
    return algorithm.name.lower().replace("_", "")


def encodings():
    notes = {
        "Bare": "The value is the encoded tag and nothing else.",
        "Inferred": "The algorithm is read from the length of the tag.",
        "UpperCase": "Hexadecimal digits in upper case.",
        "MixedCase": "Hexadecimal digits in upper and lower case.",
        "Padded": "The base64 padding is present and complete.",
        "Unpadded": "The base64 padding is left out.",
    }
    out = VectorFile("accepted-encodings.json", "Accepted encodings",
                     "Every algorithm in every encoding, in each way the encoding may be written.", notes)
    for algorithm in ALGORITHMS:
        body = varied_body(algorithm)
        for encoding in ENCODINGS:
            text = sign(algorithm, encoding, body)
            if encoding == HEXA_DECIMAL:
                forms = [("lower", text, []), ("upper", text.upper(), ["UpperCase"]), ("mixed", mixed_case(text), ["MixedCase"])]
            elif text.endswith("="):
                forms = [("padded", text, ["Padded"]), ("unpadded", text.rstrip("="), ["Unpadded"])]
            else:
                forms = [("whole", text, [])]  # 48 bytes need no padding
            for mode, configured, flags in [("fixed", algorithm, ["Bare"]), ("inferred", INFER, ["Bare", "Inferred"])]:
                for form, value, more in forms:
                    out.accept("accepted-%s-%s-%s-%s" % (kebab(algorithm), SHORT[encoding], form, mode),
                               "%s in %s, %s, %s algorithm." % (algorithm.name, encoding, form, mode),
                               hmac_connection(configured, encoding), [[SIGN, value]], body, algorithm, flags=flags + more)
    return out


SPECIAL_BODIES = [
    ("all-bytes", "Every byte value once.", bytes(range(256))),
    ("nul", "One NUL byte.", b"\x00"),
    ("nul-inside", "A NUL inside text.", b"before\x00after"),
    ("nul-at-end", "A NUL at the end of text.", b"text\x00"),
    ("all-ones", "Bytes that no UTF-8 text has.", b"\xff" * 70),
    ("cut-utf8", "UTF-8 cut inside a character.", '{"name":"Zo\u00eb"}'.encode("utf-8")[:12]),
    ("latin1", "JSON in Latin-1.", '{"name":"Zo\u00eb"}'.encode("latin-1")),
    ("utf8", "JSON with characters beyond ASCII.", '{"name":"Zo\u00eb \u4e2d\u6587 \U0001f4e6"}'.encode("utf-8")),
    ("utf8-bom", "JSON behind a byte order mark, which is signed too.", b'\xef\xbb\xbf{"id":1}'),
    ("trailing-newline", "A newline at the end, which is signed too.", b'{"id":1}\n'),
    ("trailing-crlf", "CR LF at the end, which is signed too.", b'{"id":1}\r\n'),
    ("leading-blank", "Blanks in front, which are signed too.", b'  {"id":1}'),
    ("spaced-json", "JSON with blanks that a parser would drop.", b'{ "b" : 1.0, "a" : [ ] }'),
    ("duplicate-keys", "JSON with a key given twice.", b'{"a":1,"a":2}'),
    ("escapes", "JSON with escapes that a printer would write otherwise.", b'{"a":"\\u00e9\\/"}'),
    ("not-json", "Text that is not JSON.", b"id=1&total=19.90"),
    ("cut-json", "JSON that stops early.", b'{"id":1,'),
]


def bodies():
    notes = {
        "BlockBoundary": "The length lies at or around a multiple of the block, or where the padding needs another block.",
        "RawBytes": "The bytes are signed as received; nothing is parsed, decoded or normalised.",
    }
    out = VectorFile("accepted-bodies.json", "Accepted bodies",
                     "Bodies around every block boundary, and bodies that a careless reader would change.", notes)
    for number, algorithm in enumerate(ALGORITHMS):
        for size in CORNER_SIZES:
            encoding = ENCODINGS[(number + size) % 3]
            body = counting(size)
            out.accept("body-%s-%d-bytes" % (kebab(algorithm), size), "%s over a body of %d bytes." % (algorithm.name, size),
                       hmac_connection(algorithm, encoding), [[SIGN, sign(algorithm, encoding, body)]], body, algorithm,
                       flags=["BlockBoundary"])
    for number, (name, comment, body) in enumerate(SPECIAL_BODIES):
        for mode in ("fixed", "inferred"):
            algorithm = ALGORITHMS[(number + (mode == "fixed")) % 6]
            configured = INFER if mode == "inferred" else algorithm
            out.accept("body-%s-%s" % (name, mode), comment, hmac_connection(configured, HEXA_DECIMAL),
                       [[SIGN, sign(algorithm, HEXA_DECIMAL, body)]], body, algorithm, flags=["RawBytes"])
    return out


SPECIAL_SECRETS = [
    ("utf8", "A secret with characters beyond ASCII is used as UTF-8.", "gehe\u00efm \u79d8\u5bc6 \U0001f511"),
    ("blanks", "Blanks at the ends of an HMAC secret belong to it.", "  example secret\t"),
    ("newline", "A newline at the end of an HMAC secret belongs to it.", "example-secret\n"),
    ("nul-inside", "A NUL inside a secret does not end it.", "example\x00secret"),
    ("looks-hex", "A secret that looks like hexadecimal is text.", "00112233445566778899aabbccddeeff"),
    ("looks-base64", "A secret that looks like base64 is text.", "ZXhhbXBsZSBzZWNyZXQ="),
    ("looks-whsec", "A secret that starts with whsec_ is text, prefix and all.", "whsec_ZXhhbXBsZSBzZWNyZXQ="),
    ("quotes", "Quotes and backslashes are just bytes of a secret.", "\"example\\secret'"),
]


def secrets():
    notes = {
        "KeyLength": "Keys around the block length; longer ones are hashed first.",
        "RawKey": "The secret is given as raw bytes in secrets_base64.",
        "TextSecret": "The secret is the UTF-8 bytes of the text as typed.",
    }
    out = VectorFile("accepted-secrets.json", "Accepted secrets", "Secrets of every length and kind.", notes)
    for algorithm in ALGORITHMS:
        for size in KEY_SIZES:
            secret = counting(size).decode("ascii")
            out.accept("secret-%s-%d-bytes" % (kebab(algorithm), size), "%s with a secret of %d bytes." % (algorithm.name, size),
                       hmac_connection(algorithm, HEXA_DECIMAL, secret=secret),
                       [[SIGN, sign(algorithm, HEXA_DECIMAL, secret=secret)]], BODY, algorithm, flags=["KeyLength"])
        for name, key in [("all-bytes", bytes(range(256))), ("high-bytes", b"\xff\xfe\x80" * 8),
                          ("block", bytes((7 * i + 129) % 256 for i in range(algorithm.block)))]:
            out.accept("secret-%s-raw-%s" % (kebab(algorithm), name), "%s with a secret that is not UTF-8." % algorithm.name,
                       hmac_connection(algorithm, HEXA_DECIMAL, secret=None),
                       [[SIGN, encode(HEXA_DECIMAL, mac(algorithm, key, BODY))]], BODY, algorithm,
                       secrets_base64=[key], flags=["RawKey"])
    for number, (name, comment, secret) in enumerate(SPECIAL_SECRETS):
        algorithm = SHA_512 if number % 2 else SHA_256
        out.accept("secret-%s" % name, comment, hmac_connection(algorithm, BASE64, secret=secret),
                   [[SIGN, sign(algorithm, BASE64, secret=secret)]], BODY, algorithm, flags=["TextSecret"])
    return out


def defaults():
    notes = {
        "Default": "A field that is left out takes its default.",
        "Ignored": "Fields that have nothing to do with verification change nothing.",
    }
    out = VectorFile("accepted-defaults.json", "Defaults", "Connections that leave fields out, and connections that fill all in.", notes)
    base = {"auth_method": "HMAC", "auth_secret": SECRET}
    standard = [[SIGN, sign(SHA_256, BASE64)]]
    out.accept("default-algorithm-and-encoding", "SHA_256 and BASE64 are the defaults.", base, standard, BODY, SHA_256, flags=["Default"])
    out.accept("default-algorithm", "SHA_256 is the default algorithm.", dict(base, signature_encoding=HEXA_DECIMAL),
               [[SIGN, sign(SHA_256, HEXA_DECIMAL)]], BODY, SHA_256, flags=["Default"])
    out.accept("default-encoding", "BASE64 is the default encoding.", dict(base, algorithm="SHA_512"),
               [[SIGN, sign(SHA_512, BASE64)]], BODY, SHA_512, flags=["Default"])
    out.accept("default-encoding-inferred", "BASE64 is the default encoding when the algorithm is inferred.", dict(base, algorithm=INFER),
               [[SIGN, sign(SHA_512, BASE64)]], BODY, SHA_512, flags=["Default"])
    out.accept("default-header", "The default header may be stated.", dict(base, auth_header_key=SIGN), standard, BODY, SHA_256, flags=["Default"])
    out.accept("schema-and-table", "The names of the destination may be given.", dict(base, schema="webhooks", table="orders"),
               standard, BODY, SHA_256, flags=["Ignored"])
    buckets = [
        ("fivetran", {"bucket_service": "Fivetran"}),
        ("s3", {"bucket_service": "S3", "s3_bucket": "example-events", "s3_role_arn": "arn:aws:iam::123456789012:role/example-events"}),
        ("azure", {"bucket_service": "AZURE", "blob_sas_url": "https://example.blob.core.windows.net/events?sv=2024-01-01&sp=rw&sig=ZXhhbXBsZQ%3D%3D"}),
        ("gcs", {"bucket_service": "GCS", "gcs_bucket": "example-events"}),
    ]
    for name, fields in buckets:
        out.accept("bucket-%s" % name, "A complete bucket of service %s." % fields["bucket_service"], dict(base, **fields), standard, BODY, SHA_256, flags=["Ignored"])
    for form in ("Packed", "Unpacked"):
        out.accept("sync-format-%s" % form.lower(), "sync_format %s." % form, dict(base, sync_format=form), standard, BODY, SHA_256, flags=["Ignored"])
    out.accept("method-and-url", "Method and URL of the request are not signed.", base, standard, BODY, SHA_256, flags=["Ignored"],
               method="PUT", url="https://example.com/hooks/orders?x=1")
    return out


def files():
    return [encodings(), bodies(), secrets(), defaults()]

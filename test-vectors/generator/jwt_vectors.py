"""`scheme-jwt.json`: JSON Web Tokens with HMAC, of which a claim is the hash of the body."""

import base64
import hashlib
import json

from .build import ALGORITHMS, BODY, OTHER_SECRET, SECRET
from .message_sender import b64url, claims, jwt
from .scheme_build import Schemes
from .sender import NOW

NAME = "Authorization"
URL = "https://hooks.example.com/in?shop=1"


def scheme(algorithm="SHA_256", header=NAME, claim="payload_hash", hashed="SHA_256", encoding="HEXA_DECIMAL", timestamp=None, more=None, **signature):
    body_hash = dict({"claim": claim, "algorithm": hashed, "encoding": encoding}, **(more or {}))
    it = {"signature": dict({"header": header, "format": "jwt", "body_hash": body_hash}, **signature), "algorithm": algorithm}
    return dict(it, timestamp=timestamp) if timestamp else it


def at(claim, tolerance=300):
    return {"from": "signature:" + claim, "unit": "s", "tolerance": tolerance}


def files():
    notes = {"Accepted": "An authentic delivery.", "Digest": "The hash of the body.", "Url": "The hash of the URL.", "Claim": "A claim with a fixed text.", "Algorithm": "The algorithm is the scheme's, whatever the token says.",
             "Time": "The claims iat, nbf and exp.", "Structure": "A header that is no token.", "Tampered": "A part that is signed was altered.", "Config": "A fault of the scheme."}
    out = Schemes("scheme-jwt.json", "JSON Web Tokens", "Schemes with the format jwt: RFC 7519 with HMAC, and a claim that is the hash of the body.", notes)

    def add(id, comment, expect, flag, token, it=None, body=BODY, now=NOW, name=NAME, word="Bearer ", **more):
        out.add("jwt-" + id, comment, expect, flag, it or scheme(), [] if token is None else [[name, word + token]], body, now=now, **more)

    good = jwt(claims(BODY))
    head, payload, signature = good.split(".")
    add("accept", "A token as most senders write it.", "authentic", "Accepted", good)
    for id, word in [("bare", ""), ("jwt", "JWT "), ("case", "bEARER "), ("blanks", "Bearer   ")]:
        add("word-" + id, "What may stand in front of the token.", "authentic", "Accepted", good, word=word)
    for id, word in [("other", "Token "), ("colon", "Bearer: "), ("tab", "Bearer\t")]:
        add("word-" + id, "What may not stand in front of the token.", "malformed_signature", "Structure", good, word=word)
    add("own-header", "In a header of its own.", "authentic", "Accepted", good, scheme(header="X-Token"), name="X-Token", word="")
    add("own-header-word", "In a header of its own no word may stand in front.", "malformed_signature", "Structure", good, scheme(header="X-Token"), name="X-Token")
    add("rotation", "The second of two secrets signed.", "authentic", "Accepted", good, secrets=[OTHER_SECRET, SECRET], index=1)
    add("wrong-secret", "Signed with another secret.", "mismatch", "Tampered", jwt(claims(BODY), OTHER_SECRET.encode()))
    add("missing", "No token.", "missing_signature", "Structure", None)
    out.add("jwt-repeated", "Two tokens.", "repeated_signature", "Structure", scheme(), [[NAME, good], [NAME, good]], now=NOW)
    add("body", "The body was altered.", "mismatch", "Digest", good, body=BODY + b" ")
    add("claims", "The claims were altered.", "mismatch", "Tampered", ".".join([head, b64url(json.dumps(claims(b"{}")).encode()), signature]), body=b"{}")
    add("head", "The header was altered.", "mismatch", "Tampered", ".".join([b64url(b'{"alg":"HS256"}'), payload, signature]))
    for id, token in [("two-parts", "%s.%s" % (head, payload)), ("four-parts", good + ".x"), ("empty", "."), ("no-signature", "%s.%s." % (head, payload)), ("no-head", ".%s.%s" % (payload, signature)), ("no-claims", "%s..%s" % (head, signature)),
                      ("padded-claims", "%s.%s=.%s" % (head, payload, signature)), ("letter", "%s.!%s.%s" % (head, payload[1:], signature)), ("one", "x"), ("blank", "%s. %s.%s" % (head, payload, signature))]:
        add("form-" + id, "What is no token.", "malformed_signature", "Structure", token)
    add("form-padding", "The signature with padding.", "authentic", "Structure", good + "=")
    add("form-short", "The last byte of the signature is cut off.", "wrong_length", "Structure", ".".join([head, payload, b64url(base64.urlsafe_b64decode(signature + "=")[:-1])]))
    add("form-alphabet", "A letter of the other base64 alphabet.", "malformed_encoding", "Structure", ".".join([head, payload, "+" + signature[1:]]))
    add("form-label", "A label inside of the signature.", "malformed_encoding", "Structure", ".".join([head, payload, "sha256=" + signature]))
    for id, text in [("list", "[]"), ("text", '"a"'), ("number", "1"), ("nothing", ""), ("rest", "{}{}"), ("broken", '{"iat"'), ("twice", '{"payload_hash":"%s","payload_hash":"%s"}' % ((hashlib.sha256(BODY).hexdigest(),) * 2))]:
        add("claims-" + id, "Claims that are no JSON object, or one in which a name stands twice.", "malformed_signature", "Structure", jwt(None, text=text))
        add("head-" + id, "A header that is no JSON object, or has no alg.", "malformed_signature", "Structure", jwt(claims(BODY), head_text=text))
    many = lambda count: jwt(dict(claims(BODY), **{"c%d" % number: number for number in range(count - 2)}))  # noqa: E731
    add("claims-64", "As many claims as are read.", "authentic", "Structure", many(64))
    add("claims-65", "More claims than are read.", "malformed_signature", "Structure", many(65))
    algorithms(add)
    hashes(add)
    bodiless(add)
    fixed(add)
    times(add)
    config(out, good)
    return [out.file()]


def algorithms(add):
    for algorithm in ALGORITHMS[3:]:
        named = {"alg": "HS" + algorithm.digest[3:], "kid": "1", "typ": "JWT", "jku": "https://example.com/"}
        add("alg-" + algorithm.digest, "The token names the algorithm of the scheme.", "authentic", "Algorithm", jwt(claims(BODY), header=named, digest=algorithm.digest), scheme(algorithm.name), algorithm=algorithm)
    add("alg-of-the-token", "The token names another algorithm, by which it is signed.", "algorithm_not_accepted", "Algorithm", jwt(claims(BODY), header={"alg": "HS512"}, digest="sha512"))
    add("alg-weaker", "The same the other way round.", "algorithm_not_accepted", "Algorithm", jwt(claims(BODY)), scheme("SHA_512"))
    add("alg-lie", "The token names another algorithm than it is signed by.", "algorithm_not_accepted", "Algorithm", jwt(claims(BODY), header={"alg": "HS384"}))
    for name in ["none", "None", "RS256", "ES256", "hs256", "HS256 ", "HS224", ""]:
        add("alg-%s" % ({"None": "none-case", "HS256 ": "blank", "": "empty"}.get(name, name.lower() if name != "hs256" else "case")), "The token names something else.", "unknown_algorithm", "Algorithm", jwt(claims(BODY), header={"alg": name}))
    unsigned = b64url(b'{"alg":"none"}') + "." + jwt(claims(BODY)).split(".")[1] + "."
    add("alg-unsigned", "A token without a signature.", "malformed_signature", "Algorithm", unsigned)
    for id, head in [("absent", {"typ": "JWT"}), ("list", {"alg": ["HS256"]}), ("null", {"alg": None}), ("crit", {"alg": "HS256", "crit": ["b64"], "b64": False})]:
        add("alg-%s" % id, "A header without an algorithm, or with an extension that must be understood.", "malformed_signature", "Algorithm", jwt(claims(BODY), header=head))


def hashes(add):
    for algorithm in ALGORITHMS:
        value = hashlib.new(algorithm.digest, BODY)
        for id, encoding, text in [("hex", "HEXA_DECIMAL", value.hexdigest().upper()), ("base64", "BASE64", base64.b64encode(value.digest()).decode()), ("base64url", "BASE64_URL", b64url(value.digest()))]:
            add("hash-%s-%s" % (algorithm.digest, id), "A hash of another kind.", "authentic", "Digest", jwt({"h": text}), scheme(claim="h", hashed=algorithm.name, encoding=encoding))
    good = hashlib.sha256(BODY).hexdigest()
    for id, expect, value in [("short", "wrong_length", good[:-2]), ("odd", "malformed_encoding", good[:-1]), ("base64", "malformed_encoding", base64.b64encode(hashlib.sha256(BODY).digest()).decode()), ("empty", "wrong_length", ""), ("number", "malformed_signature", 5), ("null", "malformed_signature", None),
                              ("list", "malformed_signature", [good])]:
        add("hash-" + id, "A claim that is no such hash.", expect, "Digest", jwt({"payload_hash": value}))
    add("hash-absent", "A token that says nothing of the body.", "missing_part", "Digest", jwt({"iat": NOW}))
    add("hash-absent-empty", "The same with an empty body.", "missing_part", "Digest", jwt({"iat": NOW}), body=b"")
    add("hash-of-nothing", "An empty body with its hash.", "authentic", "Digest", jwt(claims(b"")), body=b"")
    lenient = scheme(more={"absent_if_empty": True})
    add("hash-left-out", "A sender that leaves the hash of an empty body out.", "authentic", "Digest", jwt({"iat": NOW}), lenient, body=b"")
    add("hash-left-out-body", "The same token with a body.", "mismatch", "Digest", jwt({"iat": NOW}), lenient)
    add("hash-left-in", "The same sender with a body.", "authentic", "Digest", jwt(claims(BODY)), lenient)
    url_hash = {"claim": "url_hash", "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL"}
    with_url = jwt(claims(BODY, url_hash=hashlib.sha256(URL.encode()).hexdigest()))
    it = scheme(url_hash=url_hash)
    add("url", "The URL has a hash too.", "authentic", "Url", with_url, it, url=URL)
    add("url-other", "Another URL.", "mismatch", "Url", with_url, it, url=URL + "2")
    add("url-unknown", "The URL is not known.", "missing_part", "Url", with_url, it)
    add("url-absent", "A token that says nothing of the URL.", "missing_part", "Url", jwt(claims(BODY)), it, url=URL)


def bodiless(add):
    it = dict({"signature": {"header": NAME, "format": "jwt", "claims": {"aud": "https://hooks.example.com/"}}, "algorithm": "SHA_256"}, covers_body=False)
    token = jwt({"aud": "https://hooks.example.com/", "exp": NOW + 300})
    add("bodiless", "A token that says nothing of the body, under a scheme that says so.", "authentic", "Digest", token, it)
    add("bodiless-other", "The same with another body.", "authentic", "Digest", token, it, body=b"{}")
    add("bodiless-late", "The same when it has expired.", "expired", "Time", token, it, now=NOW + 300)
    add("bodiless-claim", "A token for somebody else.", "mismatch", "Claim", jwt({"aud": "https://other.example.com/"}), it)


def fixed(add):
    it = scheme(claims={"iss": "shop", "aud": "me"})
    add("claim", "Claims with the texts that the scheme wants.", "authentic", "Claim", jwt(claims(BODY, iss="shop", aud="me")), it)
    add("claim-other", "Another text.", "mismatch", "Claim", jwt(claims(BODY, iss="shop", aud="you")), it)
    add("claim-absent", "The claim is missing.", "missing_part", "Claim", jwt(claims(BODY, iss="shop")), it)
    add("claim-list", "The claim is no text.", "mismatch", "Claim", jwt(claims(BODY, iss="shop", aud=["me"])), it)


def times(add):
    by_iat, by_nbf = scheme(timestamp=at("iat")), scheme(timestamp=at("nbf", {"past": 60, "future": 5}))
    token = lambda **times: jwt(dict({"payload_hash": hashlib.sha256(BODY).hexdigest()}, **times))  # noqa: E731
    for id, expect, seconds in [("past-in", "authentic", -300), ("past-out", "expired", -301), ("future-in", "authentic", 300), ("future-out", "from_future", 301)]:
        add("iat-" + id, "At an edge of the tolerance.", expect, "Time", token(iat=NOW + seconds), by_iat)
    add("iat-fraction", "A time with a fraction.", "expired", "Time", token(iat=NOW - 300 - 0.5), by_iat)
    add("iat-absent", "The time is missing.", "missing_timestamp", "Time", token(), by_iat)
    add("iat-any", "Without a tolerance the time does not matter.", "authentic", "Time", token(iat=1))
    for id, value in [("text", str(NOW)), ("negative", -1), ("null", None), ("list", [NOW])]:
        add("iat-" + id, "A time that is none.", "malformed_timestamp", "Time", token(iat=value), by_iat)
    exponent = '{"payload_hash":"%s","iat":1.76e9}' % hashlib.sha256(BODY).hexdigest()
    add("iat-exponent", "A time with an exponent.", "malformed_timestamp", "Time", jwt(None, text=exponent), by_iat)
    for id, expect, seconds in [("in", "authentic", 1), ("at", "expired", 0), ("past", "expired", -5)]:
        add("exp-" + id, "The token expires, whatever the scheme says of times.", expect, "Time", token(exp=NOW + seconds))
    add("exp-text", "A time that is none.", "malformed_timestamp", "Time", token(exp="tomorrow"))
    for id, expect, seconds in [("at", "authentic", 0), ("ahead", "from_future", 1)]:
        add("nbf-" + id, "The token is not valid yet, whatever the scheme says of times.", expect, "Time", token(nbf=NOW + seconds))
    for id, expect, seconds in [("in", "authentic", -60), ("late", "expired", -61), ("leeway", "authentic", 5), ("early", "from_future", 6)]:
        add("nbf-rule-" + id, "The time of sending is nbf.", expect, "Time", token(nbf=NOW + seconds, exp=NOW + 60), by_nbf)
    add("stale-and-altered", "Expired, and with another body: first it must be authentic.", "mismatch", "Time", token(exp=1), body=b"{}")
    add("tolerance", "Another tolerance.", "expired", "Time", token(iat=NOW - 6), by_iat, tolerance=5)


def config(out, good):
    it = scheme()
    part = lambda **more: dict(it, signature=dict(it["signature"], **more))  # noqa: E731
    rule = it["signature"]["body_hash"]
    without = {"signature": {"header": NAME, "format": "jwt"}, "algorithm": "SHA_256"}
    for id, faulty in [
        ("no-hash", without), ("covers-body-false", dict(it, covers_body=False)), ("covers-body-true", dict(without, covers_body=True)), ("unpack", dict(it, unpack=True)), ("hash-text", part(body_hash="payload_hash")), ("hash-claim", part(body_hash=dict(rule, claim=""))), ("hash-algorithm", part(body_hash=dict(rule, algorithm="CRC32"))), ("hash-field", part(body_hash=dict(rule, pointer="/a"))),
        ("hash-flag", part(body_hash=dict(rule, absent_if_empty="yes"))), ("url-flag", part(url_hash=dict(rule, absent_if_empty=True))), ("claims-list", part(claims=["iss"])), ("claims-number", part(claims={"iss": 1})), ("components", part(components=["content-digest"])),
        ("sha1", scheme("SHA_1")), ("infer", scheme("INFER_FROM_HEADER")), ("base64", dict(it, encoding="BASE64")), ("signed", dict(it, signed="{body}")), ("id", dict(it, id={"from": "header:X-Id"})),
        ("from-exp", dict(it, timestamp=at("exp"))), ("from-header", dict(it, timestamp={"from": "header:Date", "unit": "http_date"})), ("unit", dict(it, timestamp={"from": "signature:iat", "unit": "ms"})),
    ]:
        out.add("jwt-config-" + id, "A scheme with a fault.", "invalid_config", "Config", faulty, [[NAME, good]], now=NOW)

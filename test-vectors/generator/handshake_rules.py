"""`handshake-rules.json`: handshakes of schemes that are written out."""

import json

from . import handshake_config
from .build import ALGORITHMS, BASE64, BODY, HEXA_DECIMAL, OTHER_SECRET, SECRET
from .handshake_answers import AS_JSON, AS_TEXT, FORM, TOO_LONG, URL, answer, rule, signature
from .presets import PRESETS
from .scheme_build import Schemes, in_header, scheme
from .sender import NOW, Sent, example_secret


class Rules(Schemes):
    """A file whose vectors say what is answered."""

    def ask(self, id, comment, flag, rule, handshake, expect="missing_signature", method=None, url=URL, lines=(), body=b"", it=None, secrets=(SECRET,), signer=None, now=NOW, index=0, **more):
        """A request to a scheme with this handshake. `signer`: the secret that signs it."""
        known = dict(it or scheme(), handshake=rule)
        sent = Sent(known, body, signer, url=url) if signer is not None else None
        self.add("handshake-" + id, comment, expect, flag, known, [list(line) for line in lines] + (sent.headers() if sent else []), body, secrets=secrets, index=index, algorithm=sent.algorithm if sent else None, now=now,
                 url=url, method=method or rule["method"], handshake=handshake, **more)


def rules():
    notes = {"Place": "Each kind of place where the challenge or a condition can be.", "Status": "The status of the answer.", "Headers": "The headers of the answer.", "Body": "The body of the answer: none, a text, or JSON.", "Mac": "The answer holds a MAC of the challenge.",
             "Condition": "What else the request must hold, or must not hold.", "Token": "What a challenge may be.", "Rotation": "Several secrets, of which the first that counts signs the answer.", "Signed": "Handshakes that the sender signs.", "Chosen": "Handshakes in which the sender chooses the secret.",
             "Bare": "A body that a handshake would sign for anyone is not authentic.", "Separate": "Schemes that sign no bare token, so that a handshake may sign one.", "Connection": "Connections with a scheme that has a handshake, or with none.", "Configuration": "What is no handshake."}
    out = Rules("handshake-rules.json", "Handshakes of schemes", "Schemes that say how a handshake is recognised and answered: places, conditions, answers, MACs, secrets, and what is refused as a configuration error.", notes)
    for part in (places, answers_without_mac, conditions_of_rules, tokens, macs, rotation, signed, chosen, bare_rules, connections, handshake_config.refused):
        part(out)
    return out.file()


def places(out):
    text = rule(text="{challenge}")
    ask = lambda id, comment, place, method, challenge, **more: out.ask("place-" + id, comment, "Place", dict(text, method=method, challenge=place), None if challenge is None else answer(challenge, AS_TEXT), **more)  # noqa: E731
    ask("query", "A parameter of the query.", "query:c", "GET", "abc", url=URL + "?a=1&c=abc")
    ask("query-escape", "A parameter with escapes.", "query:c", "GET", "a+b/c=", url=URL + "?c=a%2Bb%2fc%3d")
    ask("query-fragment", "A parameter in the fragment is none.", "query:c", "GET", None, url=URL + "#?c=abc")
    ask("query-twice", "A parameter twice, with one value.", "query:c", "GET", None, url=URL + "?c=abc&c=abc")
    ask("query-no-url", "The URL is not known.", "query:c", "GET", None, url=None)
    ask("header", "A header, trimmed.", "header:X-Challenge", "GET", "abc", lines=[["x-challenge", " abc\t"]])
    ask("header-twice", "Two lines of one value.", "header:X-Challenge", "GET", None, lines=[["X-Challenge", "abc"], ["X-Challenge", "abc"]])
    ask("header-bytes", "Bytes that are not UTF-8.", "header:X-Challenge", "GET", None, lines=[["X-Challenge", b"caf\xe9"]])
    ask("header-absent", "No such header.", "header:X-Challenge", "GET", None)
    ask("json", "A text in JSON.", "json:/a/0/c", "POST", "abc", body=b'{"a": [{"c": "abc"}]}')
    ask("json-escape", "A text in JSON with escapes.", "json:/c", "POST", "a/b", body=b'{"\\u0063": "\\u0061\\/b"}')
    ask("json-number", "A number, as it is written.", "json:/c", "POST", "-1.50E+3", body=b'{"c": -1.50E+3}')
    for id, comment, body in [("twice", "A name twice.", b'{"c": "abc", "c": "abc"}'), ("true", "true is no text.", b'{"c": true}'), ("null", "null is no text.", b'{"c": null}'), ("behind", "Something behind the JSON.", b'{"c": "abc"} x'), ("cut", "JSON that is cut off.", b'{"c": "abc"')]:
        ask("json-" + id, comment, "json:/c", "POST", None, body=body)
    ask("json-compressed", "A body that is compressed is not looked at.", "json:/c", "POST", None, lines=[["Content-Encoding", "gzip"]], body=b'{"c": "abc"}')
    ask("form", "A field of a form.", "form:c", "POST", "a+b", lines=FORM, body=b"a=1&c=a%2Bb")
    ask("form-blank", "A plus sign in a form is a blank, which no token has.", "form:c", "POST", None, lines=FORM, body=b"c=a+b")
    ask("form-type", "A body that nobody calls a form.", "form:c", "POST", None, body=b"c=abc")
    ask("method-empty", "The method is not known.", "query:c", "GET", None, url=URL + "?c=abc")
    out.out.vectors[-1]["delivery"].pop("method")
    ask("method-other", "Another method.", "query:c", "GET", None, url=URL + "?c=abc")
    out.out.vectors[-1]["delivery"]["method"] = "POST"
    ask("head", "HEAD, with a challenge.", "query:c", "HEAD", "abc", url=URL + "?c=abc")


def answers_without_mac(out):
    url = URL + "?c=abc"
    ask = lambda id, comment, flag, parts, handshake, **more: out.ask("answer-" + id, comment, flag, rule(**parts), handshake, **dict(dict(url=url), **more))  # noqa: E731
    ask("empty", "Nothing but a success.", "Body", {}, answer())
    ask("no-challenge", "Nothing is repeated: any HEAD is one.", "Body", {"method": "HEAD", "challenge": None}, answer(), url=URL)
    ask("no-challenge-text", "A constant text.", "Body", {"method": "HEAD", "challenge": None, "text": "OK"}, answer("OK", AS_TEXT), url=URL)
    ask("text", "A text.", "Body", {"text": "{challenge}"}, answer("abc", AS_TEXT))
    ask("text-around", "A text around the challenge, which stands in it twice.", "Body", {"text": "<{challenge}>\n{challenge}"}, answer("<abc>\nabc", AS_TEXT))
    ask("text-constant", "A text without the challenge.", "Body", {"text": "ok"}, answer("ok", AS_TEXT))
    ask("text-braces", "Other braces have no meaning, and none are doubled.", "Body", {"text": "{{challenge}} {x} {} } { {Challenge}"}, answer("{abc} {x} {} } { {Challenge}", AS_TEXT))
    ask("text-unicode", "Letters outside ASCII.", "Body", {"text": "\u00e9\U0001f600{challenge}"}, answer("\u00e9\U0001f600abc", AS_TEXT))
    ask("json", "A JSON object.", "Body", {"json": {"challenge": "{challenge}"}}, answer('{"challenge":"abc"}', AS_JSON))
    ask("json-order", "Fields in the order of the scheme.", "Body", {"json": {"z": "1", "a": "{challenge}", "m": ""}}, answer('{"z":"1","a":"abc","m":""}', AS_JSON))
    ask("json-empty", "An empty object.", "Body", {"json": {}}, answer("{}", AS_JSON))
    ask("json-name", "Nothing is replaced in names.", "Body", {"json": {"{challenge}": "{challenge}"}}, answer('{"{challenge}":"abc"}', AS_JSON))
    ask("json-escape", "Names and values are escaped: quotes, backslashes, control characters, and nothing else.", "Body", {"json": {'a"\\': '\x00\x1f\b\t\n\f\r"\\/\x7f\u00e9\u2028\U0001f600{challenge}'}},
        answer('{"a\\"\\\\":"\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\/\x7f\u00e9\u2028\U0001f600abc"}', AS_JSON))
    for status in (200, 201, 202, 204, 299):
        ask("status-%d" % status, "The status %d." % status, "Status", {"status": status}, answer(status=status))
    ask("headers", "Headers in the order of the scheme.", "Headers", {"headers": {"X-B": "{challenge}", "X-A": "a {challenge} b", "x-c": "constant"}}, answer("", ["X-B", "abc"], ["X-A", "a abc b"], ["x-c", "constant"]))
    ask("headers-text", "The Content-Type comes first.", "Headers", {"headers": {"X-B": "b"}, "text": "{challenge}"}, answer("abc", AS_TEXT, ["X-B", "b"]))
    ask("headers-json", "The Content-Type comes first.", "Headers", {"headers": {"X-B": "b"}, "json": {"a": "{challenge}"}, "status": 202}, answer('{"a":"abc"}', AS_JSON, ["X-B", "b"], status=202))
    ask("headers-type", "A Content-Type of the scheme takes the place of the usual one.", "Headers", {"headers": {"X-B": "b", "content-type": "text/plain; charset=utf-8"}, "text": "{challenge}"}, answer("abc", ["X-B", "b"], ["content-type", "text/plain; charset=utf-8"]))
    ask("headers-type-empty", "A Content-Type without a body.", "Headers", {"headers": {"Content-Type": "text/html"}}, answer("", ["Content-Type", "text/html"]))
    ask("headers-odd", "A header with a name of all that names may have, a tab and letters outside ASCII in its value.", "Headers", {"headers": {"!#$%&'*+-.^_`|~09azAZ": "a\tb \u00e9"}}, answer("", ["!#$%&'*+-.^_`|~09azAZ", "a\tb \u00e9"]))


def conditions_of_rules(out):
    def ask(id, comment, where, is_one, method="POST", **more):
        out.ask("where-" + id, comment, "Condition", rule(method, None, where=where, text="ok"), answer("ok", AS_TEXT) if is_one else None, **more)

    kind = {"json:/type": "ping"}
    ask("json", "The value is the expected one.", kind, True, body=b'{"type": "ping"}')
    for id, comment, body in [("other", "Another value.", b'{"type": "pong"}'), ("case", "Values have a case.", b'{"type": "Ping"}'), ("longer", "The value goes on.", b'{"type": "ping "}'), ("absent", "No such value.", b"{}"), ("twice", "The value twice.", b'{"type": "ping", "type": "ping"}'), ("no-json", "No JSON.", b"ping")]:
        ask("json-" + id, comment, kind, False, body=body)
    ask("number", "A number, as it is written.", {"json:/v": "1.0"}, True, body=b'{"v": 1.0}')
    ask("number-other", "The same number, written otherwise.", {"json:/v": "1.0"}, False, body=b'{"v": 1}')
    ask("any-text", "A condition may be any text, not only a token.", {"json:/type": "caf\u00e9 {challenge}"}, True, body='{"type": "caf\u00e9 {challenge}"}'.encode())
    ask("header", "A header.", {"header:X-Kind": "check"}, True, lines=[["x-kind", " check "]])
    ask("query", "A parameter.", {"query:hub.mode": "subscribe"}, True, "GET", url=URL + "?hub%2Emode=subscribe")
    ask("form", "A field of a form.", {"form:kind": "a b"}, True, lines=FORM, body=b"kind=a+b")
    both = {"json:/type": "ping", "header:X-Kind": "check"}
    ask("both", "Two conditions, both met.", both, True, lines=[["X-Kind", "check"]], body=b'{"type": "ping"}')
    ask("one-of-two", "Two conditions, one of them met.", both, False, body=b'{"type": "ping"}')
    none = {"header:X-Shop-Signature": None}
    ask("null", "Nothing may be there, and nothing is.", none, True)
    ask("null-empty", "An empty header is nothing.", none, True, "POST", lines=[["X-Shop-Signature", " "]], expect="malformed_signature")
    ask("null-present", "Something is there.", none, False, lines=[["x-shop-signature", "x"]], expect="malformed_encoding")
    ask("null-twice", "Two headers, both empty.", none, False, lines=[["X-Shop-Signature", ""], ["X-Shop-Signature", ""]], expect="repeated_signature")
    ask("null-json", "null in JSON is nothing.", {"json:/event": None}, True, body=b'{"event": null}')
    ask("null-json-false", "false in JSON is something.", {"json:/event": None}, False, body=b'{"event": false}')
    ask("null-no-json", "A body that is no JSON could hold anything.", {"json:/event": None}, False, body=b"event")
    ask("null-query", "A parameter without a value is nothing.", {"query:event": None}, True, url=URL + "?event")
    ask("null-and-value", "One condition of each kind.", dict(none, **kind), True, body=b'{"type": "ping"}')
    out.ask("where-challenge", "A condition and a challenge.", "Condition", rule(where={"query:a": "1"}, text="{challenge}"), answer("abc", AS_TEXT), url=URL + "?a=1&c=abc")
    out.ask("where-empty", "No conditions.", "Condition", rule(where={}, text="{challenge}"), answer("abc", AS_TEXT), url=URL + "?c=abc")
    out.ask("where-no-challenge", "The condition is met, and there is no challenge.", "Condition", rule(where={"query:a": "1"}, text="{challenge}"), None, url=URL + "?a=1")


def tokens(out):
    repeated, hmac = rule("POST", "json:/c", text="{challenge}"), rule("POST", "json:/c", hmac=HEXA_DECIMAL, text="{hmac}")
    for id, comment, challenge, is_token, is_signed in [
            ("one", "One byte.", "a", True, True), ("longest", "512 bytes.", "x" * 512, True, True), ("too-long", "513 bytes.", TOO_LONG, False, False), ("letters", "All that a token may have.", "ABCXYZabcxyz0189-._~+/", True, True), ("padding", "With =.", "YQ==", True, False),
            ("equals", "= alone.", "=", True, False), ("pair", "A form of one pair.", "a=b", True, False), ("pairs", "A form of two pairs.", "a=b&c=d", False, False), ("object", "A JSON object.", "{}", False, False), ("array", "A JSON list.", "[]", False, False), ("string", "A JSON text.", '"a"', False, False),
            ("number", "A JSON number.", "1e5", True, True), ("true", "true, as a text.", "true", True, True), ("blank", "A blank inside.", "a b", False, False), ("percent", "A percent sign.", "a%20b", False, False), ("comma", "A comma.", "a,b", False, False), ("colon", "A colon.", "a:b", False, False), ("semicolon", "A semicolon.", "a;b", False, False),
            ("at", "An at sign.", "a@b", False, False), ("star", "An asterisk.", "a*", False, False), ("backslash", "A backslash.", "a\\b", False, False), ("utf8", "A letter outside ASCII.", "\u00e9", False, False), ("fullwidth", "Digits outside ASCII.", "\uff11\uff12", False, False), ("newline", "A newline at the end.", "a\n", False, False), ("nul", "NUL.", "a\x00", False, False), ("dot", "A timestamp and a dot, as others sign them.", "1760000000.abc", True, True)]:
        body = json.dumps({"c": challenge}).encode()
        out.ask("token-" + id, comment + " Repeated.", "Token", repeated, answer(challenge, AS_TEXT) if is_token else None, body=body)
        out.ask("token-%s-signed" % id, comment + " Signed.", "Token", hmac, answer(signature(challenge), AS_TEXT) if is_signed else None, body=body)


def macs(out):
    url = URL + "?c=890e4665-4dfe-4ab1-b689-ed553bceeed0"
    challenge = url[len(URL) + 3:]
    for algorithm in ALGORITHMS:
        for id, encoding in [("hex", HEXA_DECIMAL), ("base64", BASE64)]:
            out.ask("mac-%s-%s" % (algorithm.digest, id), "%s in %s; the scheme's own encoding does not matter." % (algorithm.name, id), "Mac", rule(hmac=encoding, text="{hmac}"), answer(signature(challenge, encoding, algorithm), AS_TEXT), url=url,
                    it=scheme(algorithm=algorithm.name, encoding="BASE64_URL"))
    tag = signature(challenge)
    out.ask("mac-json", "The challenge and its MAC in JSON.", "Mac", rule(hmac=HEXA_DECIMAL, json={"challengeCode": "{challenge}", "challengeResponse": "{hmac}"}), answer('{"challengeCode":"%s","challengeResponse":"%s"}' % (challenge, tag), AS_JSON), url=url)
    out.ask("mac-header", "The MAC in a header, and no body.", "Mac", rule(hmac=HEXA_DECIMAL, headers={"X-Answer": "sha256={hmac}"}), answer("", ["X-Answer", "sha256=" + tag]), url=url)
    out.ask("mac-twice", "The MAC in a header and in the body.", "Mac", rule(hmac=HEXA_DECIMAL, headers={"X-Answer": "{hmac}"}, text="{hmac} {challenge} {hmac}"), answer("%s %s %s" % (tag, challenge, tag), AS_TEXT, ["X-Answer", tag]), url=url)
    for form, secret, key in [("HEXA_DECIMAL", "00ff10", b"\x00\xff\x10"), ("BASE64", "whsec_AP8Q", b"\x00\xff\x10")]:
        out.ask("mac-key-" + form.lower().replace("_", ""), "A secret in the form %s." % form, "Mac", rule(hmac=HEXA_DECIMAL, text="{hmac}"), answer(signature(challenge, key=key), AS_TEXT), url=url, it=scheme(secret=form), secrets=[secret])


def rotation(out):
    hmac, url = rule(hmac=HEXA_DECIMAL, text="{hmac}"), URL + "?c=abc"
    old, new = "old-secret", "new-secret"
    signed_by = lambda secret: answer(signature("abc", key=secret), AS_TEXT)  # noqa: E731
    ask = lambda id, comment, secrets, handshake, now=NOW, rule=hmac, **more: out.ask("rotation-" + id, comment, "Rotation", rule, handshake, secrets=secrets, url=url, now=now, **more)  # noqa: E731
    ask("first", "Two secrets: the first signs.", [old, new], signed_by(old))
    ask("order", "The other order: the first signs.", [new, old], signed_by(new))
    bounded = [{"secret": old, "not_after": NOW}, {"secret": new, "not_before": NOW - 60}]
    ask("both-count", "Both count: the first signs.", bounded, signed_by(old))
    ask("over", "The first counts no longer: the second signs.", bounded, signed_by(new), now=NOW + 1)
    ask("not-yet", "The first does not count yet: the second signs.", [{"secret": new, "not_before": NOW + 1}, old], signed_by(old))
    ask("none", "No secret counts: nothing is answered.", [{"secret": old, "not_after": NOW - 1}, {"secret": new, "not_before": NOW + 1}], None)
    ask("none-repeated", "No secret counts, and none is needed to repeat the challenge.", [{"secret": old, "not_after": NOW - 1}], answer("abc", AS_TEXT), rule=rule(text="{challenge}"))
    ask("eight", "The last of eight is the first that counts.", [{"secret": "secret-%d" % number, "not_after": NOW - 1} for number in range(7)] + [new], signed_by(new))


def signed(out):
    text = rule("POST", "json:/c", signed=True, text="{challenge}")
    body = b'{"c": "abc"}'
    ask = lambda id, comment, handshake, rule=text, body=body, **more: out.ask("signed-" + id, comment, "Signed", rule, handshake, body=body, **more)  # noqa: E731
    right = answer("abc", AS_TEXT)
    ask("right", "Signed like an event.", right, expect="authentic", signer=SECRET)
    ask("unsigned", "Not signed.", None)
    ask("other-secret", "Signed with another secret.", None, expect="mismatch", signer=OTHER_SECRET)
    ask("event", "Signed, and no handshake.", None, expect="authentic", signer=SECRET, body=b'{"d": "abc"}')
    ask("false", "\"signed\" is false: nobody need sign.", right, rule=dict(text, signed=False))
    stale = scheme(signed="{timestamp}.{body}", timestamp=in_header("s", 300))
    ask("fresh", "As old as may be.", right, expect="authentic", signer=SECRET, it=stale, now=NOW + 300)
    ask("stale", "A second too old.", None, expect="expired", signer=SECRET, it=stale, now=NOW + 301)
    ask("second", "The second secret has signed the request, and the first signs the answer.", answer(signature("abc", key="old-secret"), AS_TEXT), rule=rule("POST", "json:/c", signed=True, hmac=HEXA_DECIMAL, text="{hmac}"), expect="authentic", signer="new-secret",
        secrets=["old-secret", "new-secret"], index=1)
    ask("stamped-mac", "Signed, so that a scheme with a timestamp may sign the challenge.", answer(signature("1760000000.abc"), AS_TEXT), rule=rule("POST", "json:/c", signed=True, hmac=HEXA_DECIMAL, text="{hmac}"), expect="authentic", signer=SECRET, it=stale,
        body=b'{"c": "1760000000.abc"}')
    token = {"token": {"header": "X-Token"}}
    for id, comment, value, expect, handshake in [("right", "A token that is right.", "a-token", "authentic", right), ("wrong", "A token that is wrong.", "another", "mismatch", None), ("absent", "No token.", None, "missing_signature", None)]:
        lines = [["X-Token", value]] if value else []
        out.add("handshake-signed-token-" + id, comment, expect, "Signed", dict(token, handshake=text), lines, body, secrets=["a-token"], algorithm=None, now=NOW, url=URL, method="POST", handshake=handshake)
    header = rule("GET", "header:X-Challenge", json={"verification": "{challenge}"})
    out.add("handshake-signed-token-unneeded", "A sender of tokens that need not show its own.", "missing_signature", "Signed", dict(token, handshake=header), [["X-Challenge", "abc"]], b"", secrets=["a-token"], algorithm=None, now=NOW, url=URL, method="GET",
            handshake=answer('{"verification":"abc"}', AS_JSON))


def chosen(out):
    ask = lambda id, comment, parts, handshake, **more: out.ask("chosen-" + id, comment, "Chosen", rule("POST", "header:X-Secret", **parts), handshake, lines=[["X-Secret", more.pop("secret", "abc=")]], **more)  # noqa: E731
    ask("header", "The secret is repeated in a header.", {"chooses_secret": True, "headers": {"X-Secret": "{challenge}"}}, answer("", ["X-Secret", "abc="], secret="abc="))
    ask("nothing", "Nothing is repeated.", {"chooses_secret": True}, answer(secret="abc="))
    ask("false", "It is not the secret.", {"chooses_secret": False}, answer())
    ask("no-token", "What is no token is no secret.", {"chooses_secret": True}, None, secret="a b")
    ask("too-long", "A secret that is too long.", {"chooses_secret": True}, None, secret=TOO_LONG)
    ask("mac", "The secret, and a MAC of it under the secret that is known.", {"chooses_secret": True, "hmac": HEXA_DECIMAL, "text": "{hmac}"}, answer(signature("abc"), AS_TEXT, secret="abc"), secret="abc")
    ask("mac-padding", "A secret that is signed is a token without =.", {"chooses_secret": True, "hmac": HEXA_DECIMAL, "text": "{hmac}"}, None)


def bare_rules(out):
    hmac, body = rule(hmac=HEXA_DECIMAL, text="{hmac}"), b"a-token"
    ask = lambda id, comment, rule, expect, flag="Bare", **more: out.ask("bare-" + id, comment, flag, rule, None, expect=expect, signer=SECRET, method="POST", body=more.pop("body", body), **more)  # noqa: E731
    ask("token", "A token as the whole body, signed.", hmac, "mismatch")
    ask("token-signed", "The same where the sender signs the request of a handshake.", dict(hmac, signed=True), "mismatch")
    ask("no-mac", "No answer holds a MAC, so that a token is a body like any other.", rule(text="{challenge}"), "authentic")
    ask("object", "A JSON object.", hmac, "authentic", body=BODY)
    ask("bytes", "A body that is not UTF-8.", hmac, "authentic", body=b"\xff")
    ask("tampered", "A token that is signed as another one.", hmac, "mismatch", body=b"another")
    out.out.vectors[-1]["delivery"]["body"] = "other"
    ask("not-yet", "A token under a secret that counts no longer.", hmac, "mismatch", secrets=[{"secret": SECRET, "not_after": NOW - 1}])
    ask("stamped", "A token beside a timestamp that nobody signs.", hmac, "mismatch", it=scheme(timestamp=in_header()))
    ask("id", "A token beside an id that nobody signs.", hmac, "mismatch", it=scheme(id={"from": "header:X-Id"}))
    ask("literal", "A literal before the body that is in no token: no answer is the signature of a body.", hmac, "authentic", "Separate", it=scheme(signed="hmacsha256={body}"))
    ask("literal-behind", "A literal behind the body.", hmac, "authentic", "Separate", it=scheme(signed="{body}:v1"))
    ask("literal-stamped", "A literal between a timestamp and the body.", hmac, "authentic", "Separate", it=scheme(signed="{timestamp}:{body}", timestamp=in_header()))
    for id, signed_text in [("literal", "hmacsha256={body}"), ("braces", "{{{body}"), ("blank", "v1 {body}"), ("stamped", "v0:{timestamp}:{body}")]:
        it = scheme(signed=signed_text, **({"timestamp": in_header()} if "timestamp" in signed_text else {}))
        out.ask("separate-" + id, "%s is signed, which is no token." % signed_text, "Separate", hmac, answer(signature("abc"), AS_TEXT), url=URL + "?c=abc", it=it, expect="missing_signature")


def connections(out):
    it = scheme(handshake=rule(hmac=HEXA_DECIMAL, text="{hmac}"))
    add = lambda id, comment, connection, handshake, expect="missing_signature", **more: out.out.add("handshake-connection-" + id, comment, connection, more.pop("lines", []), b"", expect, flags=["Connection"], received_at=NOW, method=more.pop("method", "GET"), url=more.pop("url", URL + "?c=abc"), handshake=handshake, **more)  # noqa: E731
    add("own", "A scheme of its own.", {"scheme": it, "auth_secret": SECRET}, answer(signature("abc"), AS_TEXT))
    add("second", "Several secrets: the first signs.", {"scheme": it, "auth_secret": SECRET, "secrets": [OTHER_SECRET]}, answer(signature("abc"), AS_TEXT))
    add("bounds", "A secret that counts no longer does not sign.", {"scheme": it, "secrets": [{"secret": OTHER_SECRET, "not_after": NOW - 1}, SECRET]}, answer(signature("abc"), AS_TEXT))
    secret = example_secret(PRESETS["twitter"])
    add("preset", "A preset.", {"scheme": "twitter", "auth_secret": secret}, answer('{"response_token":"sha256=%s"}' % signature("abc", BASE64, key=secret), AS_JSON), url=URL + "?crc_token=abc")
    add("hmac", "A connection without a scheme has no handshake.", {"auth_method": "HMAC", "auth_secret": SECRET}, None)
    add("token", "Nor has one with a token.", {"auth_method": "TOKEN_BASED", "auth_secret": SECRET}, None)
    add("none", "Nor has one that checks nothing.", {"auth_method": "NONE"}, None, "authentic")
    add("preset-without", "Nor has a preset whose sender demands none.", {"scheme": "github", "auth_secret": SECRET}, None, method="HEAD")


def files():
    return [rules()]

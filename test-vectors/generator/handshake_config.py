"""Handshakes that are none, for `handshake-rules.json`: configuration errors."""

import json

from .build import BASE64, HEXA_DECIMAL
from .handshake_answers import rule
from .scheme_build import in_header, scheme


def refused(out):
    bad = []

    def refuse(comment, handshake, it=None):
        bad.append(comment)
        out.add("handshake-config-%d" % len(bad), comment, "invalid_config", "Configuration", dict(it or scheme(), handshake=handshake), [["X-Shop-Signature", "0" * 64]])

    for value in [None, True, 7, "GET", [], [rule()], {}]:
        refuse("The handshake is %s." % json.dumps(value), value)
    for method in ["PUT", "get", "DELETE", "OPTIONS", "", " GET", None, 1, ["GET"]]:
        refuse("The method is %s." % json.dumps(method), rule(method))
    refuse("There is no method.", {"challenge": "query:c"})
    for method in ["GET", "POST"]:
        refuse("Nothing says which %s is a handshake." % method, {"method": method})
        refuse("No condition says which %s is a handshake." % method, {"method": method, "where": {}, "text": "ok"})
    for place in ["", "c", "cookie:c", "query:", "header:", "header:X C", "form:", "json:c", "json:/a~2", "json:/1/2/3/4/5/6/7/8/9", "Query:c", "body", None, 7, ["query:c"], {}]:
        refuse("The challenge is %s." % json.dumps(place), dict(rule(), challenge=place))
        if isinstance(place, str):
            refuse("A condition stands at %s." % json.dumps(place), rule(where={place: "x"}))
    for where in [None, [], "query:c", 7]:
        refuse("The conditions are %s." % json.dumps(where), rule(where=where))
    for value in ["", 7, True, [], {}, ["x"]]:
        refuse("A condition is %s." % json.dumps(value), rule(where={"query:a": value}))
    for field in ("signed", "chooses_secret"):
        for value in [None, "true", 1, []]:
            refuse("%s is %s." % (field, json.dumps(value)), rule(**{field: value}))
    refuse("A request that is signed chooses the secret.", rule(signed=True, chooses_secret=True))
    for status in [None, "200", 0, 100, 199, 300, 302, 404, 500, 65536, 4294967496, -200, 200.5, True, [200]]:
        refuse("The status is %s." % json.dumps(status), rule(status=status))
    for headers in [None, [], "X-A: b", {"": "b"}, {"X A": "b"}, {"X-A:": "b"}, {"X-\u00c4": "b"}, {"X-A": ""}, {"X-A": None}, {"X-A": 7}, {"X-A": ["b"]}, {"X-A": "b\r\nX-C: d"}, {"X-A": "b\x00"}, {"X-A": "\x7f"}]:
        refuse("The headers are %s." % json.dumps(headers), rule(headers=headers))
    for value in [None, "", 7, [], {}]:
        refuse("The text is %s." % json.dumps(value), rule(text=value))
    for value in [None, "", 7, [], "{}", {"a": 7}, {"a": None}, {"a": {}}, {"a": ["b"]}]:
        refuse("The JSON is %s." % json.dumps(value), rule(json=value))
    refuse("A text and JSON.", rule(text="a", json={"a": "b"}))
    for parts in [{"text": "{challenge}"}, {"json": {"a": "{challenge}"}}, {"headers": {"X-A": "{challenge}"}}, {"hmac": HEXA_DECIMAL, "text": "{hmac}"}, {"chooses_secret": True}]:
        refuse("No challenge, and %s." % json.dumps(parts), rule("HEAD", None, **parts))
        refuse("A condition and no challenge, and %s." % json.dumps(parts), rule("GET", None, where={"query:a": "b"}, **parts))
    for parts in [{"text": "{hmac}"}, {"json": {"a": "{hmac}"}}, {"headers": {"X-A": "{hmac}"}}, {"hmac": HEXA_DECIMAL}, {"hmac": BASE64, "text": "{challenge}"}, {"hmac": BASE64, "json": {"{hmac}": "a"}}]:
        refuse("\"hmac\" or {hmac} alone: %s." % json.dumps(parts), rule(**parts))
    for value in ["BASE64_URL", "hex", "", None, 7, True, ["BASE64"]]:
        refuse("hmac is %s." % json.dumps(value), rule(hmac=value, text="{hmac}"))
    for field in ["methods", "Method", "conditions", "body", "type", "secret", "algorithm", ""]:
        refuse("The field %s does not exist." % json.dumps(field), rule(**{field: "x"}))
    hmac = rule(hmac=HEXA_DECIMAL, text="{hmac}")
    refuse("A MAC where a token is compared.", hmac, {"token": {"header": "X-Token"}})
    refuse("A MAC where a token is compared, of a request that shows the token.", dict(hmac, signed=True), {"token": {"header": "X-Token"}})
    refuse("A MAC where the algorithm is inferred.", hmac, scheme(algorithm="INFER_FROM_HEADER"))
    refuse("A MAC where the algorithm is inferred, of a signed request.", dict(hmac, signed=True), scheme(algorithm="INFER_FROM_HEADER"))
    stamp = dict(timestamp=in_header())
    for signed_text, more in [("{timestamp}.{body}", stamp), ("{timestamp}{body}", stamp), ("{body}{url}", {}), ("{method}{body}", {}), ("v1.{body}", {}), ("{body}/", {}), ("{header:X-Event}.{body}", {}), ("{id}.{body}", {"id": {"from": "header:X-Id"}})]:
        refuse("Anyone may have a token signed, and %s may be one." % signed_text, hmac, scheme(signed=signed_text, **more))
    for function, signed_text in [("twilio", "{url}{body}"), ("mandrill", "{url}:{body}"), ("adyen", "{body}")]:
        refuse("Anyone may have a token signed, and the function %s changes what is signed." % function, hmac, scheme(signed=signed_text, function=function))
    text = json.dumps(scheme(handshake=rule(where={"query:a": "1"}, headers={"X-A": "b"}, json={"a": "b"})))
    for id, old, new in [("field", '"method": "GET"', '"method": "GET", "method": "GET"'), ("condition", '"query:a": "1"', '"query:a": "1", "query:a": "1"'), ("header", '"X-A": "b"', '"X-A": "b", "X-A": "c"'), ("json", '"a": "b"}', '"a": "b", "a": "c"}')]:
        assert text.count(old) == 1 or id == "json"
        out.add("handshake-text-twice-" + id, "A name twice.", "invalid_config", "Configuration", None, [["X-Shop-Signature", "0" * 64]], text=new.join(text.rsplit(old, 1)))

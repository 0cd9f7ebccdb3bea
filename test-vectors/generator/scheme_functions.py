"""`scheme-functions.json`: schemes of one's own that use a function: what it rewrites, and nothing else, is fixed by it."""

import hashlib
import json

from .build import BASE64, BASE64_URL, HEXA_DECIMAL, SECRET
from .scheme_build import FORMATS, NAME, STAMP, Schemes, in_header, scheme
from .sender import NOW, Sent, moment

FORM = ["Content-Type", "application/x-www-form-urlencoded"]
URL = "https://hooks.example.com/in?shop=1"


def files():
    notes = {"Rewritten": "Header, format, algorithm, encoding and template are the scheme's own; the function rewrites the URL or the body.", "Fault": "A fault of the delivery.", "Config": "A fault of the scheme."}
    out = Schemes("scheme-functions.json", "Schemes with a function", "Schemes that are not those of the presets and use their functions.", notes)

    def signed(id, comment, it, url, body, plain_url, plain_body, lines, expect="authentic", flag="Rewritten", now=None, place=URL, method=None):
        made = Sent(it, body, SECRET, url=place, signed_url=plain_url, signed_body=plain_body, method=method or "POST")
        more = {"url": url, "method": method} if "{method}" in it["signed"] else {"url": url}
        out.add("function-" + id, comment, expect, flag, it, lines + made.headers(), body, algorithm=made.algorithm, now=now, **more)
        return made

    form, text = b"b=2&a=1+1&a=0", b"a0a1 1b2"
    for id, it in [("hex", scheme(signed="{url}{body}", function="twilio")), ("sha512", scheme("prefixed", "SHA_512", BASE64, "{url}{body}", function="twilio")), ("pairs", scheme("pairs", "SHA_384", BASE64_URL, "{url}|{body}", function="twilio")),
                   ("other-order", scheme(signed="{body}{url}", function="twilio")), ("list", scheme(FORMATS["list"], signed="{url}\n{body}", function="twilio"))]:
        signed("twilio-" + id, "The form of Twilio under another scheme.", it, URL, form, URL, text, [FORM])
    twilio = scheme(signed="{timestamp}.{url}{body}", timestamp=in_header("s", 300), function="twilio")
    signed("twilio-stamped", "The form of Twilio with a timestamp.", twilio, URL, form, URL, text, [FORM], now=NOW)
    signed("twilio-stamped-late", "The same, too late.", twilio, URL, form, URL, text, [FORM], "expired", "Fault", NOW + 301)
    body = b'{"a":1}'
    hashed = URL + "&bodySHA256=" + hashlib.sha256(body).hexdigest()
    signed("twilio-json", "A JSON body, whose hash stands in the URL.", scheme(signed="{url}{body}", function="twilio"), hashed, body, hashed, b"", [])
    signed("twilio-no-hash", "A JSON body without its hash.", scheme(signed="{url}{body}", function="twilio"), URL, body, URL, b"", [], "missing_part", "Fault")
    signed("twilio-port", "Signed with the standard port.", scheme(signed="{url}{body}", function="twilio"), URL, form, URL.replace(".com", ".com:443"), text, [FORM])
    mandrill = scheme(algorithm="SHA_256", signed="{url}{body}", function="mandrill")
    signed("mandrill", "The form of Mandrill under another scheme.", mandrill, URL, b"b=2&a=%C3%A9", URL, "a\u00e9b2".encode(), [FORM])
    signed("mandrill-tampered", "Another value.", mandrill, URL, b"b=2&a=1", URL, b"a1b3", [FORM], "mismatch", "Fault")
    hubspot = scheme("prefixed", "SHA_512", HEXA_DECIMAL, "{timestamp}:{method}:{url}:{body}", timestamp=in_header("s", 60), function="hubspot")
    signed("hubspot", "The URL of HubSpot under another scheme.", hubspot, URL + "&x=%3A%20", body, URL + "&x=:%20", body, [], now=NOW, method="PUT")
    signed("hubspot-raw", "The URL as it is, signed so.", hubspot, URL + "&x=%3A%20", body, URL + "&x=%3A%20", body, [], "mismatch", "Fault", NOW, method="PUT")
    adyen(out)
    for id, it in [("unknown", scheme(function="paypal")), ("case", scheme(function="Twilio")), ("empty", scheme(function="")), ("type", scheme(function=["twilio"])), ("no-body", scheme(signed="{url}", function="twilio")), ("twilio-no-url", scheme(signed="{body}", function="twilio")), ("hubspot-no-url", scheme(signed="{method}{body}", function="hubspot")), ("contentful-no-url", scheme(function="contentful")), ("unsigned", scheme(function="hubspot", timestamp=in_header("ms", 300)))]:
        out.add("function-config-" + id, "A scheme with a function and a fault.", "invalid_config", "Config", it, [[NAME, "0" * 64], [STAMP, moment("s")]])
    return [out.file()]


def adyen(out):
    it = scheme(algorithm="SHA_512", signed="{body}", header="additionalData.hmacSignature", function="adyen")
    item = {"pspReference": "1", "merchantAccountCode": "m", "merchantReference": "r", "amount": {"value": 5, "currency": "EUR"}, "eventCode": "E", "success": "true"}
    made = Sent(it, b"", SECRET, signed_body=b"1::m:r:5:EUR:E:true")
    for id, signature, expect, flag in [("good", made.sig(), "authentic", "Rewritten"), ("upper-case", made.sig().upper(), "authentic", "Rewritten"), ("letter", "!" + made.sig()[1:], "malformed_encoding", "Fault"), ("short", made.sig()[:-2], "wrong_length", "Fault")]:
        body = json.dumps({"notificationItems": [{"NotificationRequestItem": dict(item, additionalData={"hmacSignature": signature})}]}).encode()
        out.add("function-adyen-" + id, "The item of Adyen under another scheme.", expect, flag, it, [], body, algorithm=made.algorithm)

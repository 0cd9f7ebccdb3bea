"""`presets-composed.json`: senders that sign values of the URL or of the body. What each signs stands here as text."""

import base64
import gzip
import hashlib
import hmac
import json

from .build import ALGORITHMS, VectorFile
from .presets import PRESETS
from .sender import NOW

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}
SECRET, OTHER = "example-secret-of-the-vectors", "another-secret-of-the-vectors"
FORM = ["Content-Type", "application/x-www-form-urlencoded"]
NOTES = {"Accepted": "A delivery as the sender makes it.", "Published": "A delivery that the sender, or a library for it, publishes.", "Rotation": "One of several secrets signed.", "WrongSecret": "Signed with another secret.", "Tampered": "A signed value is another one.", "Unsigned": "A value that is not signed is another one.",
         "Missing": "The signature is missing.", "Cut": "A text that could be cut in another way.", "Stale": "Too old."}


class Sender:
    """A preset, and what it makes of a text."""

    def __init__(self, out, name):
        self.out, self.name, self.scheme = out, name, PRESETS[name]
        self.algorithm = BY_NAME[self.scheme.get("algorithm", self.scheme.get("plain_hash"))]

    def tag(self, text, secret=SECRET):
        text = text(secret) if callable(text) else text
        text = text.encode() if isinstance(text, str) else text
        made = hashlib.new(self.algorithm.digest, text).digest() if "plain_hash" in self.scheme else hmac.new(secret.encode(), text, self.algorithm.digest).digest()
        made = made.hex() if self.scheme["encoding"] == "HEXA_DECIMAL" else base64.b64encode(made).decode()
        return base64.b64encode(made.encode()).decode() if "wrapped_in" in self.scheme["signature"] else made

    def add(self, id, comment, flag, expect="authentic", url=None, headers=(), body="", now=None, secrets=(SECRET,), index=0, source=None, method=None):
        verdict = dict(algorithm=self.algorithm, secret_index=index) if expect == "authentic" else {}
        body = body.encode() if isinstance(body, str) else body
        self.out.add("preset-%s-%s" % (self.name, id), comment, None, [list(line) for line in headers], body, expect, flags=[flag], verifier={"preset": self.name, "secrets": list(secrets)},
                     url=url, method=method, received_at=now, source=source, **verdict)

    def all(self, text, make, tampered=(), unsigned=(), stale=None, **fixed):
        """`make` returns the parts of a delivery with this signature; `tampered` and `unsigned` replace a text in them."""
        good = self.tag(text)
        add = lambda id, comment, flag, expect, parts, **more: self.add(id, comment, flag, expect, **dict(fixed, **dict(parts, **more)))  # noqa: E731
        add("accept", "A delivery as the sender makes it.", "Accepted", "authentic", make(good))
        add("wrong-secret", "Signed with another secret.", "WrongSecret", "mismatch", make(self.tag(text, OTHER)))
        if callable(text) or "{secret}" not in self.scheme["signed"]:
            add("rotation", "The second of two secrets signed.", "Rotation", "authentic", make(good), secrets=[OTHER, SECRET], index=1)
        for flag, expect, changes in [("Tampered", "mismatch", tampered), ("Unsigned", "authentic", unsigned)]:
            for number, (old, new) in enumerate(changes):
                add("%s-%d" % (flag.lower(), number + 1), "%s in place of %s." % (new, old), flag, expect, replaced(make(good), old, new))
        if stale is not None:
            add("stale", "Too old.", "Stale", "expired", make(good), now=stale)


def replaced(parts, old, new):
    swap = lambda value: value.replace(old, new) if isinstance(value, str) else [[name, text.replace(old, new)] for name, text in value]  # noqa: E731
    found = {key: swap(value) if key in ("url", "body", "headers") else value for key, value in parts.items()}
    assert found != parts, (old, parts)
    return found


def queries(out):
    url = "https://app.example/auth?code=0907a61c0c8d55e99db179b68161bc00&hmac=%s&shop=some-shop.myshopify.com&timestamp=1337178173"
    it = Sender(out, "shopify-oauth")
    text = "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&timestamp=1337178173"
    it.all(text, lambda tag: {"url": url % tag}, [("0907", "0908"), ("some-shop", "other-shop")])
    it.add("published", "The example of Shopify's documentation, as a library for it repeats it.", "Published", url=url % "4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20", secrets=["hush"], source="https://hexdocs.pm/exshopify/Shopify.HMAC.html")
    it.add("missing", "No signature.", "Missing", "missing_signature", url=url.replace("hmac=%s&", ""))
    it = Sender(out, "shopify-app-proxy")
    url = "https://shop.example/proxy?extra=1&extra=2&shop=some-shop.myshopify.com&path_prefix=%%2Fapps%%2Freviews&timestamp=1317327555&signature=%s"
    text = "extra=1,2path_prefix=/apps/reviewsshop=some-shop.myshopify.comtimestamp=1317327555"
    it.all(text, lambda tag: {"url": url % tag}, [("extra=1", "extra=3"), ("1317327555", "1317327556")])
    it.add("ambiguous", "Another query with the same text: a value has taken in the next parameter.", "Cut", url="https://shop.example/proxy?extra=1%2C2path_prefix%3D%2Fapps%2Freviews&shop=some-shop.myshopify.com&timestamp=1317327555&signature=" + it.tag(text))
    it = Sender(out, "vnpay")
    url = "https://shop.example/ipn?vnp_Amount=1000000&vnp_OrderInfo=Thanh+toan+don+hang&vnp_TxnRef=5&vnp_ResponseCode=00&vnp_SecureHashType=HMACSHA512&vnp_SecureHash=%s"
    it.all("vnp_Amount=1000000&vnp_OrderInfo=Thanh+toan+don+hang&vnp_ResponseCode=00&vnp_TxnRef=5", lambda tag: {"url": url % tag}, [("1000000", "1000001"), ("ResponseCode=00", "ResponseCode=24")], [("HMACSHA512", "SHA512")])
    it = Sender(out, "mercado-pago")
    url = "https://shop.example/mp?data.id=ORD01JQ4S4K&type=order"
    it.all("id:ord01jq4s4k;request-id:2066ca19-c6f1;ts:%d683;" % NOW, lambda tag: {"url": url, "headers": [["x-signature", "ts=%d683,v1=%s" % (NOW, tag)], ["x-request-id", "2066ca19-c6f1"]], "body": '{"type":"order"}'},
           [("ORD01", "ORD02"), ("2066ca19", "2066ca18")], [('"order"', '"other"'), ("ORD01JQ4S4K", "ord01jq4s4k")], now=NOW, stale=NOW + 302)
    it = Sender(out, "plivo-v2")
    it.all("https://answer.example/in12345", lambda tag: {"url": "https://answer.example/in", "headers": [["X-Plivo-Signature-V2", tag], ["X-Plivo-Signature-V2-Nonce", "12345"], FORM], "body": "CallUUID=1"}, [("12345", "12346"), ("/in", "/out")], [("CallUUID=1", "CallUUID=2")])
    it.add("published", "The values of a test of plivo-node.", "Published", url="https://answer.url", headers=[["X-Plivo-Signature-V2", "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc="], ["X-Plivo-Signature-V2-Nonce", "12345"]], secrets=["my_auth_token"], source="https://github.com/plivo/plivo-node/issues/338")


def bodies(out):
    it = Sender(out, "payos")
    data = '"data": {"orderCode": 123, "amount": 3000, "desc": "Th\u00e0nh c\u00f4ng", "counterAccountName": null, "account": ""}'
    it.all("account=&amount=3000&counterAccountName=&desc=Th\u00e0nh c\u00f4ng&orderCode=123", lambda tag: {"body": '{"code": "00", %s, "signature": "%s"}' % (data, tag)}, [("3000", "3001"), ("account", "accounts")], [('"00"', '"01"')])
    it.add("join", "A value that looks like another field.", "Cut", "missing_part", body='{"data": {"a": "1&b=2"}, "signature": "%s"}' % it.tag("a=1&b=2"))
    it = Sender(out, "exact-online")
    content = '{"Topic":"Accounts", "Action":"Update","Key":"1"}'
    it.all(content, lambda tag: {"body": '{"Content":%s,"HashCode":"%s"}' % (content, tag.upper())}, [("Update", "Delete"), (", ", ",")])
    it = Sender(out, "treezor")
    it.all('{"a":"\\u00e9","u":"x\\/y","n":15}', lambda tag: {"body": '{"object_payload": {"a": "\u00e9", "u": "x/y", "n": 15}, "webhook": "a", "object_payload_signature": "%s"}' % tag}, [("x/y", "x/z"), ('"n": 15', '"n": 16')], [('"webhook": "a"', '"webhook": "b"')])
    it = Sender(out, "favro")
    it.all("cGF5bG9hZA==https://shop.example/f", lambda tag: {"url": "https://shop.example/f", "headers": [["X-Favro-Webhook", tag]], "body": '{"payloadId":"cGF5bG9hZA==","action":"ping"}'}, [("cGF5", "cGF6"), ("/f", "/g")], [("ping", "pong")])
    it = Sender(out, "usps")
    it.all(str(NOW) + '{"n":1}', lambda tag: {"headers": [["X-HMAC", tag]], "body": json.dumps({"subscriptionId": "1", "timestamp": str(NOW), "payload": '{"n":1}'})}, [('n\\":1', 'n\\":2')], [('"subscriptionId": "1"', '"subscriptionId": "2"')])
    it = Sender(out, "mailgun")
    it.all(str(NOW) + "0123456789abcdef", lambda tag: {"body": json.dumps({"signature": {"timestamp": str(NOW), "token": "0123456789abcdef", "signature": tag}, "event-data": {"event": "delivered"}})}, [("0123", "0124")], [("delivered", "opened")], now=NOW, stale=NOW + 301)
    it = Sender(out, "zalopay")
    it.all('{"app_id":1,"amount":5}', lambda tag: {"body": json.dumps({"data": '{"app_id":1,"amount":5}', "mac": tag, "type": 1})}, [('amount\\":5', 'amount\\":6')], [('"type": 1', '"type": 2')])
    it = Sender(out, "paymob")
    obj = {"id": 77, "amount_cents": 10000, "created_at": "2026-01-01T00:00:00", "currency": "EGP", "error_occured": False, "has_parent_transaction": False, "integration_id": 5, "is_3d_secure": True, "is_auth": False, "is_capture": False, "is_refunded": False, "is_standalone_payment": True,
           "is_voided": False, "order": {"id": 9, "note": "x"}, "owner": 3, "pending": False, "source_data": {"pan": "2346", "sub_type": "MasterCard", "type": "card"}, "success": True, "extra": "x"}
    text = "100002026-01-01T00:00:00EGPfalsefalse775truefalsefalsefalsetruefalse93false2346MasterCardcardtrue"
    it.all(text, lambda tag: {"url": "https://shop.example/paymob?hmac=" + tag, "body": json.dumps({"type": "TRANSACTION", "obj": obj})}, [("10000", "10001"), ('"pan": "2346"', '"pan": "2347"')], [('"extra": "x"', '"extra": "y"'), ('"note": "x"', '"note": "y"')])
    it.add("ambiguous", "Another body with the same text: a digit has moved from the amount to the date.", "Cut", url="https://shop.example/paymob?hmac=" + it.tag(text), body=json.dumps({"obj": dict(obj, amount_cents=1000, created_at="02026-01-01T00:00:00")}))
    it = Sender(out, "billplz")
    it.all("amount200|id1|paidtrue|paid_atx", lambda tag: {"headers": [FORM], "body": "id=1&amount=200&paid=true&paid_at=x&x_signature=" + tag}, [("200", "201"), ("true", "false")])
    it.add("ambiguous", "Another form with the same text: the end of a name has become the start of its value.", "Cut", headers=[FORM], body="amount=200&id=1&paid=true&paid_=atx&x_signature=" + it.tag("amount200|id1|paidtrue|paid_atx"))
    it = Sender(out, "wechat-pay-v2")
    it.all("appid=wx1&nonce_str=n&total_fee=1&key=" + SECRET, lambda tag: {"body": "<xml><appid>wx1</appid><total_fee>1</total_fee><nonce_str><![CDATA[n]]></nonce_str><sign>%s</sign></xml>" % tag.upper()}, [("<total_fee>1", "<total_fee>2")], [("<xml>", "<xml><empty></empty>")])


def shapes(out):
    it = Sender(out, "solidgate")
    it.all('pk_1{"a":1}pk_1', lambda tag: {"headers": [["merchant", "pk_1"], ["signature", tag]], "body": '{"a":1}'}, [('"a":1', '"a":2'), ("pk_1", "pk_2")])
    for id, merchant, around in [("ambiguous", "a", "a1a"), ("ambiguous-other", "aa", "1")]:
        it.add(id, "One of two deliveries with the same text: the public key touches the body.", "Cut", headers=[["merchant", merchant], ["signature", it.tag("aa1aa")]], body=around)
    it = Sender(out, "walmart")
    body = '{"a":1}'
    it.all("POST\n/hook?x=1\n%d\n%s" % (NOW, hashlib.sha256(body.encode()).hexdigest()), lambda tag: {"url": "https://shop.example/hook?x=1", "headers": [["WM_SEC.SIGNATURE", tag], ["WM_SEC.TIMESTAMP", str(NOW)]], "body": body}, [('"a":1', '"a":2'), ("x=1", "x=2"), (str(NOW), str(NOW + 1))], [("https://shop", "http://store")], now=NOW, stale=NOW + 301, method="POST")
    it = Sender(out, "upollo")
    it.all(body, lambda tag: {"headers": [["Upollo-Signature", "t:%d,s0:%s" % (NOW, tag)]], "body": body}, [('"a":1', '"a":2')], [("t:%d" % NOW, "t:1")])
    it = Sender(out, "persona")
    it.all(str(NOW) + "." + body, lambda tag: {"headers": [["Persona-Signature", "t=%d,v1=%s" % (NOW, tag)]], "body": body}, [('"a":1', '"a":2')], now=NOW, stale=NOW + 301)
    old, new = it.tag(str(NOW) + "." + body, OTHER), it.tag(str(NOW) + "." + body)
    it.add("two-groups", "While a secret is rotated: a group for each.", "Rotation", headers=[["Persona-Signature", "t=%d,v1=%s t=%d,v1=%s" % (NOW, old, NOW, new)]], body=body, now=NOW)
    it = Sender(out, "getstream")
    it.all(body, lambda tag: {"headers": [["X-Signature", tag]], "body": body}, [('"a":1', '"a":2')])
    it.add("packed", "A packed body.", "Accepted", headers=[["X-Signature", it.tag(body)], ["Content-Encoding", "gzip"]], body=gzip.compress(body.encode(), mtime=0))
    for name in ("hook0", "coinbase-cdp"):
        it = Sender(out, name)
        text = "%d.x-event-type x-id.wallet.paid.7.%s" % (NOW, body)
        it.all(text, lambda tag: {"headers": [["X-Hook0-Signature", "t=%d,h=x-event-type x-id,v1=%s" % (NOW, tag)], ["X-Event-Type", "wallet.paid"], ["X-Id", "7"]], "body": body}, [('"a":1', '"a":2'), ("wallet.paid", "wallet.gone"), ("h=x-event-type x-id", "h=x-id x-event-type")], now=NOW, stale=NOW + 301)
        it.add("ambiguous", "Other headers with the same text: the end of a value has moved to the next.", "Cut", headers=[["X-Hook0-Signature", "t=%d,h=x-event-type x-id,v1=%s" % (NOW, it.tag(text))], ["X-Event-Type", "wallet"], ["X-Id", "paid.7"]], body=body, now=NOW)
    it = Sender(out, "hook0")
    it.add("published", "The values of a test of Hook0's own library.", "Published", headers=[["X-Hook0-Signature", "t=1636936200,h=x-test x-test2,v1=493c35f05443fdb74cb99fd4f00e0e7653c2ab6b24fbc97f4a7bd4d56b31758a"], ["x-test", "val1"], ["x-test2", "val2"]], body="hello !", now=1636936200,
           secrets=["secret"], source="https://github.com/hook0/hook0/blob/master/clients/rust/tests/webhook_verification.rs")


def payments(out):
    it = Sender(out, "doku")
    body = '{"order":{"invoice_number":"INV-1","amount":150000}}'
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    lines = [["Client-Id", "MCH-0001-1"], ["Request-Id", "fdb69f47-96da"], ["Request-Timestamp", "2025-10-09T08:53:20Z"]]
    it.all("Client-Id:MCH-0001-1\nRequest-Id:fdb69f47-96da\nRequest-Timestamp:2025-10-09T08:53:20Z\nRequest-Target:/payments/notifications\nDigest:" + digest,
           lambda tag: {"url": "https://shop.example/payments/notifications", "headers": lines + [["Signature", "HMACSHA256=" + tag]], "body": body}, [("150000", "150001"), ("MCH-0001-1", "MCH-0001-2"), ("/notifications", "/other")], [("shop.example", "store.example")], now=NOW)
    it = Sender(out, "midtrans")
    order = '{"order_id":"1111","status_code":"200","gross_amount":"100000.00","transaction_status":"settlement","signature_key":"%s"}'
    it.all(lambda secret: "1111200100000.00" + secret, lambda tag: {"body": order % tag}, [("100000.00", "1.00"), ("1111", "1112")], [("settlement", "pending")])
    it.add("published", "The values of Midtrans's own page.", "Published", body=order % hashlib.sha512(b"1111200100000.00askvnoibnosifnboseofinbofinfgbiufglnbfg").hexdigest(), secrets=["askvnoibnosifnboseofinbofinfgbiufglnbfg"], source="https://docs.midtrans.com/reference/receiving-notifications")
    it.add("ambiguous", "Another order with the same text: a digit of the number has become one of the status.", "Cut", body='{"order_id":"111","status_code":"1200","gross_amount":"100000.00","signature_key":"%s"}' % it.tag(lambda secret: "1111200100000.00" + secret))
    it = Sender(out, "nowpayments")
    it.all('{"fee":{"currency":"btc","depositFee":0.5},"order_id":"7","payment_status":"finished","price_amount":3999.5}', lambda tag: {"headers": [["x-nowpayments-sig", tag]], "body": '{"payment_status":"finished","price_amount":3999.5,"order_id":"7","fee":{"depositFee":0.5,"currency":"btc"}}'},
           [("finished", "failed"), ("0.5", "0.6")], [('"payment_status":"finished",', '"payment_status": "finished",')])
    it = Sender(out, "phonepe")
    response = base64.b64encode(b'{"success":true,"code":"PAYMENT_SUCCESS"}').decode()
    it.all(lambda secret: response + secret, lambda tag: {"headers": [["X-VERIFY", tag + "###1"]], "body": '{"response":"%s"}' % response}, [("eyJz", "eyJa")], [("###1", "###2")])
    it.add("no-index", "Without the index of the salt.", "Missing", "malformed_signature", headers=[["X-VERIFY", it.tag(lambda secret: response + secret)]], body='{"response":"%s"}' % response)
    it = Sender(out, "plivo-v3")
    it.all("https://answer.example/in?CallUUID97ce-ebDuration300.12345", lambda tag: {"url": "https://answer.example/in", "headers": [["X-Plivo-Signature-V3", tag], ["X-Plivo-Signature-V3-Nonce", "12345"], FORM], "body": "Duration=300&CallUUID=97ce-eb"}, [("300", "301"), ("12345", "12346"), ("/in", "/out")])
    text = "https://answer.example/in?CallUUID97ce-ebDuration300.12345"
    it.add("two", "Signatures of two auth tokens, as while one is replaced.", "Rotation", url="https://answer.example/in", headers=[["X-Plivo-Signature-V3", it.tag(text, OTHER) + "," + it.tag(text)], ["X-Plivo-Signature-V3-Nonce", "12345"], FORM], body="Duration=300&CallUUID=97ce-eb")
    it.add("ambiguous", "Another form with the same text: the end of a name has become the start of its value.", "Cut", url="https://answer.example/in", headers=[["X-Plivo-Signature-V3", it.tag(text)], ["X-Plivo-Signature-V3-Nonce", "12345"], FORM], body="Duration=300&CallUUI=D97ce-eb")
    it = Sender(out, "gitee")
    it.all(lambda secret: "%d000\n%s" % (NOW, secret), lambda tag: {"headers": [["X-Gitee-Token", tag], ["X-Gitee-Timestamp", "%d000" % NOW]], "body": '{"ref":"refs/heads/master"}'}, [("%d000" % NOW, "%d001" % NOW)], [("master", "other")], now=NOW, stale=NOW + 3601)


def tokens(out):
    for name, field in [("meraki", "sharedSecret"), ("figma", "passcode")]:
        for id, comment, flag, expect, body, secrets, index in [
            ("accept", "The secret is there.", "Accepted", "authentic", {field: SECRET, "a": 1}, [SECRET], 0), ("rotation", "The second of two secrets.", "Rotation", "authentic", {field: SECRET}, [OTHER, SECRET], 1),
            ("wrong-secret", "Another secret.", "WrongSecret", "mismatch", {field: OTHER}, [SECRET], 0), ("missing", "No secret.", "Missing", "missing_signature", {"a": {field: SECRET}}, [SECRET], 0),
        ]:
            out.add("preset-%s-%s" % (name, id), comment, None, [["Content-Type", "application/json"]], json.dumps(body).encode(), expect, flags=[flag], verifier={"preset": name, "secrets": secrets}, secret_index=index if expect == "authentic" else None)


def files():
    out = VectorFile("presets-composed.json", "Presets that sign values of the URL or of the body", "Senders whose signature or signed text is not only a header and the body.", dict(NOTES))
    for add in (queries, bodies, shapes, payments, tokens):
        add(out)
    return [out]

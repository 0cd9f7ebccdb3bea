"""The presets of senders that sign values of the URL or of the body, or have a signature of another shape, written down from what they publish."""

HEX, BASE64 = "HEXA_DECIMAL", "BASE64"
UNCOVERED = {"covers_body": False}


def signed(template, signature, encoding=HEX, algorithm="SHA_256", **more):
    return dict({"signature": signature, "algorithm": algorithm, "encoding": encoding, "signed": template}, **more)


def hashed(template, signature, algorithm="SHA_256", **more):
    """A sender that hashes the secret with the text, without HMAC."""
    return dict({"signature": signature, "plain_hash": algorithm, "encoding": HEX, "signed": template}, **more)


def bare(header):
    return {"header": header, "format": "bare"}


def pairs(header, key, **more):
    return dict({"header": header, "format": "pairs", "separator": ",", "key": key}, **more)


def at(place):
    return {"from": place}


def fields(source, **rule):
    rule.setdefault("join", "&")
    return dict({"from": source}, **{key.rstrip("_"): value for key, value in rule.items()})


def stamp(place, unit="s", tolerance=300):
    return {"from": place, "unit": unit, "tolerance": tolerance}


HOOK0 = signed("{timestamp}.{signed_header_names}.{signed_headers}.{body}", pairs("X-Hook0-Signature", "v1"), timestamp=stamp("signature:t"),
               signed_headers={"from": "signature:h", "separator": " ", "join": "."}, ambiguous=True)
PAYMOB = ["amount_cents", "created_at", "currency", "error_occured", "has_parent_transaction", "id", "integration_id", "is_3d_secure", "is_auth", "is_capture", "is_refunded",
          "is_standalone_payment", "is_voided", "/order/id", "owner", "pending", "/source_data/pan", "/source_data/sub_type", "/source_data/type", "success"]

COMPOSED = {
    "billplz": signed("{fields}", at("form:x_signature"), fields=fields("form", except_=["x_signature"], order="name_without_case", pair="", join="|"), ambiguous=True),
    "coinbase-cdp": HOOK0,
    "doku": signed("Client-Id:{header:Client-Id}\nRequest-Id:{header:Request-Id}\nRequest-Timestamp:{timestamp}\nRequest-Target:{path}\nDigest:{sha256-base64:body}", {"header": "Signature", "format": "prefixed", "prefix": "HMACSHA256="}, BASE64,
                   timestamp={"from": "header:Request-Timestamp", "unit": "rfc3339"}),
    "exact-online": signed("{json:/Content}", at("json:/HashCode"), **UNCOVERED),
    "favro": signed("{json:/payloadId}{url}", bare("X-Favro-Webhook"), BASE64, "SHA_1", **UNCOVERED),
    "figma": {"token": at("json:/passcode")},
    "getstream": signed("{body}", bare("X-Signature"), unpack=True),
    "gitee": signed("{timestamp}\n{secret}", bare("X-Gitee-Token"), BASE64, timestamp=stamp("header:X-Gitee-Timestamp", "ms", 3600), **UNCOVERED),
    "hook0": HOOK0,
    "mailgun": signed("{timestamp}{json:/signature/token}", at("json:/signature/signature"), timestamp=stamp("json:/signature/timestamp"), **UNCOVERED),
    "meraki": {"token": at("json:/sharedSecret")},
    "mercado-pago": signed("id:{lower:query:data.id};request-id:{header:x-request-id};ts:{timestamp};", pairs("x-signature", "v1"), timestamp=stamp("signature:ts", "ms"), **UNCOVERED),
    "midtrans": hashed("{fields}{secret}", at("json:/signature_key"), "SHA_512", fields=fields("json", names=["order_id", "status_code", "gross_amount"], join=""), ambiguous=True, **UNCOVERED),
    "nowpayments": signed("{sorted:body}", bare("x-nowpayments-sig"), algorithm="SHA_512"),
    "paymob": signed("{fields}", at("query:hmac"), algorithm="SHA_512", fields=fields("json:/obj", names=PAYMOB, absent="empty", join=""), ambiguous=True, **UNCOVERED),
    "payos": signed("{fields}", at("json:/signature"), fields=fields("json:/data", pair="="), **UNCOVERED),
    "persona": signed("{timestamp}.{body}", pairs("Persona-Signature", "v1", group_separator=" "), timestamp=stamp("signature:t")),
    "phonepe": hashed("{json:/response}{secret}", {"header": "X-VERIFY", "until": "###"}, **UNCOVERED),
    "plivo-v2": signed("{url}{header:X-Plivo-Signature-V2-Nonce}", bare("X-Plivo-Signature-V2"), BASE64, **UNCOVERED),
    "plivo-v3": signed("{url}?{fields}.{header:X-Plivo-Signature-V3-Nonce}", {"header": "X-Plivo-Signature-V3", "format": "positional", "separator": ",", "fields": ["signature"]}, BASE64,
                       fields=fields("form", pair="", join="", repeated="keep"), ambiguous=True),
    "shopify-app-proxy": signed("{fields}", at("query:signature"), fields=fields("query", except_=["signature"], pair="=", join="", repeated={"join": ","}), ambiguous=True, **UNCOVERED),
    "shopify-oauth": signed("{fields}", at("query:hmac"), fields=fields("query", except_=["hmac", "signature"], pair="=", spelling="received"), **UNCOVERED),
    "solidgate": signed("{header:merchant}{body}{header:merchant}", {"header": "signature", "wrapped_in": "BASE64"}, algorithm="SHA_512", ambiguous=True),
    "treezor": signed("{php:json:/object_payload}", at("json:/object_payload_signature"), BASE64, **UNCOVERED),
    "upollo": signed("{body}", pairs("Upollo-Signature", "s0", mark=":"), algorithm="SHA_512"),
    "usps": signed("{timestamp}{json:/payload}", bare("X-HMAC"), BASE64, timestamp={"from": "json:/timestamp", "unit": "s"}, **UNCOVERED),
    "vnpay": signed("{fields}", at("query:vnp_SecureHash"), algorithm="SHA_512", fields=fields("query", except_=["vnp_SecureHash", "vnp_SecureHashType"], pair="=", spelling="received"), **UNCOVERED),
    "walmart": signed("{method}\n{target}\n{timestamp}\n{sha256:body}", bare("WM_SEC.SIGNATURE"), BASE64, timestamp=stamp("header:WM_SEC.TIMESTAMP")),
    "wechat-pay-v2": signed("{fields}&key={secret}", at("xml:sign"), fields=fields("xml", except_=["sign"], pair="=", skip_empty=True), **UNCOVERED),
    "zalopay": signed("{json:/data}", at("json:/mac"), **UNCOVERED),
}

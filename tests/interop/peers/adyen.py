"""Adyen: notifications, of which eight fields are signed inside the body, and bodies that are signed whole."""

import json

from Adyen.util import generate_notification_sig, generate_payload_sig
from Adyen.util import is_valid_hmac_notification, is_valid_hmac_payload

import keys
import samples
from delivery import Delivery, Sample
from peer import Peer


def _notification(name, **fields):
    item = {
        "amount": {"value": 1130, "currency": "EUR"},
        "pspReference": "7914073381342284",
        "originalReference": "",
        "eventCode": "AUTHORISATION",
        "eventDate": "2019-05-06T17:15:34.121+02:00",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "TestPayment-1407325143704",
        "paymentMethod": "visa",
        "success": "true",
        "additionalData": {"cardSummary": "7777"},
    } | fields
    item = {key: value for key, value in item.items() if value is not None}
    body = {"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}
    text = json.dumps(body, ensure_ascii=name != "unicode", indent=3 if name == "spacing" else None)
    return Sample(name, text.encode())


class AdyenNotification(Peer):
    name, package, preset = "Adyen notifications (Python)", "Adyen", "adyen"
    secrets = keys.HEX
    samples = [
        _notification("usual"),
        _notification("spacing"),
        _notification("original", originalReference="8835511210681145", eventCode="CAPTURE"),
        _notification("absent", originalReference=None, merchantReference=None),
        _notification("failed", success="false", reason="Refused: 05", amount={"currency": "JPY", "value": 0}),
        _notification("separators", merchantReference="a:b\\:c\\\\d"),
        _notification("unicode", merchantReference="Zoë 東京 🦀 \u2028"),
        _notification("escapes", merchantReference="Zoë 東京 🦀 \u2028 \x01\x7f\"/\n"),
        _notification("large", additionalData={f"key{n}": "x" * 100 for n in range(1000)}),
    ]
    expected = (108, 81)

    def sign(self, secret, sample, sending):
        [entry] = json.loads(sample.body)["notificationItems"]
        signature = generate_notification_sig(entry["NotificationRequestItem"], secret).decode()
        return self.deliver(sample, [("additionalData.hmacSignature", signature)])

    def accepts(self, secret, delivery):
        return is_valid_hmac_notification(json.loads(delivery.body), secret)

    def deliver(self, sample, headers):
        """The signature is no header but a field of the body, and the rest of the body stays as it is."""
        [(name, signature)] = headers
        if name != "additionalData.hmacSignature":
            raise SystemExit(f"countersign sign --preset adyen: {name} is no field that Adyen knows")
        start = b'"additionalData": {'
        if sample.body.count(start) != 1:
            raise SystemExit(f"adyen: body {sample.name} has no place for the signature")
        return Delivery((), sample.body.replace(start, start + b'"hmacSignature": "%b", ' % signature.encode()))

    def altered(self, body):
        return body.replace(b"7914073381342284", b"7914073381342285")


class AdyenPayload(Peer):
    name, package, preset = "Adyen payloads (Python)", "Adyen", "adyen-management"
    secrets = keys.HEX
    samples = [*samples.ALL, samples.BYTES]
    expected = (156, 117)

    def sign(self, secret, sample, sending):
        return self.deliver(sample, [("HmacSignature", generate_payload_sig(sample.body, secret).decode())])

    def accepts(self, secret, delivery):
        return is_valid_hmac_payload(delivery.header("HmacSignature"), secret, delivery.body)

"""Peers whose signature is made of the body and at most a time, and a URL."""

import types
from datetime import datetime, timezone

import stripe
from box_sdk_gen.internal.utils import compute_webhook_signature
from box_sdk_gen.managers.webhooks import WebhooksManager
from hubspot.exceptions import InvalidSignatureTimestampError
from hubspot.utils.signature import Signature as HubspotSignature
from paddle_billing.Notifications import Secret as PaddleSecret, Verifier as PaddleVerifier
from paddle_billing.Notifications.PaddleSignature import PaddleSignature
from slack_sdk.signature import SignatureVerifier as SlackVerifier
from square.utils.webhooks_helper import verify_signature as square_verify
from workos.actions import _compute_signature as workos_compute
from workos.webhooks._verification import verify_header as workos_verify

import samples
from peer import Peer


class Stripe(Peer):
    name, package, preset = "stripe (Python)", "stripe", "stripe"
    tolerance = 300
    expected = (360, 240)

    def sign(self, secret, sample, sending):
        value = stripe.WebhookSignature.generate_signature_header(sample.body.decode(), secret, sending.seconds)
        return self.deliver(sample, [("Stripe-Signature", value)])

    def accepts(self, secret, delivery):
        try:
            return stripe.WebhookSignature.verify_header(
                delivery.body, delivery.header("Stripe-Signature"), secret, stripe.Webhook.DEFAULT_TOLERANCE)
        except stripe.SignatureVerificationError:
            return False


class Slack(Peer):
    name, package, preset = "slack_sdk (Python)", "slack_sdk", "slack"
    tolerance = 300
    expected = (360, 240)

    def sign(self, secret, sample, sending):
        timestamp = str(sending.seconds)
        signature = SlackVerifier(secret).generate_signature(timestamp=timestamp, body=sample.body)
        return self.deliver(sample, [("X-Slack-Request-Timestamp", timestamp), ("X-Slack-Signature", signature)])

    def accepts(self, secret, delivery):
        return SlackVerifier(secret).is_valid_request(delivery.body, delivery.by_name)


class Box(Peer):
    """It takes the signature of an escaped form of the body too; what it signs by default is the body as it comes."""

    name, package, preset = "boxsdk (Python)", "boxsdk", "box"
    tolerance = 600
    expected = (360, 240)
    fixed = (("BOX-SIGNATURE-VERSION", "1"), ("BOX-SIGNATURE-ALGORITHM", "HmacSHA256"))

    def sign(self, secret, sample, sending):
        moment = datetime.fromtimestamp(sending.seconds, tz=timezone.utc).isoformat()
        unsigned = self.deliver(sample, [("BOX-DELIVERY-TIMESTAMP", moment)])
        signature = compute_webhook_signature(unsigned.text, unsigned.by_name, secret)
        return self.deliver(sample, [("BOX-DELIVERY-TIMESTAMP", moment), ("BOX-SIGNATURE-PRIMARY", signature)])

    def accepts(self, secret, delivery):
        return WebhooksManager.validate_message(delivery.text, delivery.by_name, secret)

    def deliver(self, sample, headers):
        return super().deliver(sample, (*self.fixed, *headers))


class Hubspot(Peer):
    name, package, preset = "hubspot-api-client (Python)", "hubspot-api-client", "hubspot"
    tolerance = 300
    expected = (360, 240)

    def sign(self, secret, sample, sending):
        timestamp = str(sending.in_milliseconds)
        signature = HubspotSignature.get_signature(
            secret, sample.body.decode(), "v3", sample.url, sample.method, timestamp)
        return self.deliver(sample, [
            ("X-HubSpot-Request-Timestamp", timestamp),
            ("X-HubSpot-Signature-v3", signature),
        ])

    def accepts(self, secret, delivery):
        try:
            return HubspotSignature.is_valid(
                delivery.header("X-HubSpot-Signature-v3"), secret, delivery.text, delivery.url, delivery.method, "v3",
                delivery.header("X-HubSpot-Request-Timestamp"))
        except InvalidSignatureTimestampError:
            return False


class Paddle(Peer):
    name, package, preset = "paddle-python-sdk (Python)", "paddle-python-sdk", "paddle"
    tolerance = 5
    expected = (360, 240)

    def sign(self, secret, sample, sending):
        signed = b"%d:%b" % (sending.seconds, sample.body)
        signature = PaddleSignature.calculate_hmac(secret, signed).hexdigest()
        return self.deliver(sample, [("Paddle-Signature", f"ts={sending.seconds};h1={signature}")])

    def accepts(self, secret, delivery):
        headers = {"Paddle-Signature": delivery.header("Paddle-Signature")}
        return PaddleVerifier().verify(types.SimpleNamespace(body=delivery.body, headers=headers), PaddleSecret(secret))


class Square(Peer):
    """It only verifies."""

    name, package, preset = "squareup (Python)", "squareup", "square"
    samples = samples.but("empty")
    signs = False
    expected = (0, 165)

    def accepts(self, secret, delivery):
        return square_verify(
            request_body=delivery.text, signature_header=delivery.header("x-square-hmacsha256-signature"),
            signature_key=secret, notification_url=delivery.url)


class WorkOs(Peer):
    name, package, preset = "workos (Python)", "workos", "workos"
    tolerance = 180
    expected = (360, 240)

    def sign(self, secret, sample, sending):
        timestamp = sending.in_milliseconds
        signature = workos_compute(f"{timestamp}.{sample.body.decode()}", secret)
        return self.deliver(sample, [("WorkOS-Signature", f"t={timestamp}, v1={signature}")])

    def accepts(self, secret, delivery):
        try:
            workos_verify(event_body=delivery.body, event_signature=delivery.header("WorkOS-Signature"), secret=secret)
        except ValueError:
            return False
        return True

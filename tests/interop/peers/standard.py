"""svix and standardwebhooks. The first calls the second, with headers of its own."""

import datetime

import standardwebhooks
import svix.webhooks

import keys
from peer import Peer


class StandardWebhooks(Peer):
    name, package, preset = "standardwebhooks (Python)", "standardwebhooks", "standard-webhooks"
    secrets = keys.BASE64
    tolerance = 300
    expected = (360, 240)
    prefix = "webhook-"
    webhook = standardwebhooks.Webhook
    options = {"json_parse": False}

    def sign(self, secret, sample, sending):
        moment = datetime.datetime.fromtimestamp(sending.seconds, tz=datetime.timezone.utc)
        signature = self.webhook(secret).sign(sending.id, moment, sample.body.decode())
        return self.deliver(sample, [
            (f"{self.prefix}id", sending.id),
            (f"{self.prefix}timestamp", str(sending.seconds)),
            (f"{self.prefix}signature", signature),
        ])

    def accepts(self, secret, delivery):
        try:
            self.webhook(secret).verify(delivery.body, delivery.by_name, **self.options)
        except standardwebhooks.webhooks.WebhookVerificationError:
            return False
        return True


class Svix(StandardWebhooks):
    name, package, preset = "svix (Python)", "svix", "svix"
    prefix = "svix-"
    webhook = svix.webhooks.Webhook
    options = {}

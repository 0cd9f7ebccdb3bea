"""The presets as scheme JSON, written down from what the vendors publish. `sender.py` signs by them, the reference judges by them."""

from . import presets_more
from .preset_handshakes import HANDSHAKES
from .preset_shapes import BASE64, HEX, LABELLED, bare, pairs, prefixed, simple, special, stamped, version_pairs, webhooks, with_prefix
from .presets_composed import COMPOSED

CONFIRMED = {
    "github": prefixed("X-Hub-Signature-256", "sha256="),
    "github-legacy": simple("X-Hub-Signature", algorithm="INFER_FROM_HEADER", **LABELLED),
    "gitlab": webhooks("webhook", None),
    "bitbucket": prefixed("X-Hub-Signature", "sha256="),
    "jira": simple("X-Hub-Signature", algorithm="INFER_FROM_HEADER", **LABELLED),
    "gitea": simple("X-Gitea-Signature"),
    "gogs": simple("X-Gogs-Signature"),
    "shopify": simple("X-Shopify-Hmac-Sha256", BASE64),
    "linear": simple("Linear-Signature"),
    "sentry": simple("Sentry-Hook-Signature"),
    "pagerduty": version_pairs("X-PagerDuty-Signature"),
    "circleci": version_pairs("circleci-signature"),
    "twitter": prefixed("x-twitter-webhooks-signature", "sha256=", BASE64),
    "razorpay": simple("X-Razorpay-Signature"),
    "adyen-management": simple("HmacSignature", BASE64, secret=HEX),
    "xero": simple("x-xero-signature", BASE64),
    "notion": prefixed("X-Notion-Signature", "sha256="),
    "fivetran": simple("X-Fivetran-Signature-256"),
    "fivetran-webhooks": simple("X-Fivetran-Hmac-Sign", BASE64),
    "coinbase-commerce": simple("X-CC-Webhook-Signature"),
    "gocardless": simple("Webhook-Signature"),
    "modern-treasury": simple("X-Signature"),
    "onfido": simple("X-SHA2-Signature"),
    "line": simple("x-line-signature", BASE64),
    "cal-com": simple("X-Cal-Signature-256"),
    "attio": simple("Attio-Signature"),
    "pusher": simple("X-Pusher-Signature"),
    "easypost": prefixed("X-Hmac-Signature", "hmac-sha256-hex="),
    "autotask": prefixed("X-Hook-Signature", "sha1=", BASE64, "SHA_1"),
    "hookdeck": simple(["x-hookdeck-signature", "x-hookdeck-signature-2"], BASE64),
    "linkedin": dict(simple("X-LI-Signature"), signed="hmacsha256={body}"),
    "nylas": simple("X-Nylas-Signature"),
    "okta": {"token": {"header": "Authorization"}},
    "smartsheet": simple("Smartsheet-Hmac-SHA256"),
    "stripe": pairs("Stripe-Signature", "v1", "t", tolerance=300),
    "slack": stamped(with_prefix("X-Slack-Signature", "v0="), "v0:{timestamp}:{body}", "header:X-Slack-Request-Timestamp", "s", 300),
    "standard-webhooks": webhooks("webhook"),
    "svix": webhooks("svix"),
    "openai": webhooks("webhook"),
    "lithic": webhooks("webhook"),
    "calendly": pairs("Calendly-Webhook-Signature", "v1", "t"),
    "paddle": pairs("Paddle-Signature", "h1", "ts", "{timestamp}:{body}", tolerance=5, separator=";"),
    "box": stamped(bare(["BOX-SIGNATURE-PRIMARY", "BOX-SIGNATURE-SECONDARY"]), "{body}{timestamp}", "header:BOX-DELIVERY-TIMESTAMP", "rfc3339", 600, BASE64),
    "webflow": stamped(bare("x-webflow-signature"), "{timestamp}:{body}", "header:x-webflow-timestamp", "ms", 300),
    "workos": pairs("WorkOS-Signature", "v1", "t", unit="ms", tolerance=180),
    "recurly": stamped({"header": "recurly-signature", "format": "positional", "separator": ",", "fields": ["timestamp", "signature"]},
                       "{timestamp}.{body}", "signature:timestamp", "ms", 300),
    "sanity": pairs("sanity-webhook-signature", "v1", "t", unit="ms", encoding="BASE64_URL"),
    "close": stamped(bare("close-sig-hash"), "{timestamp}{body}", "header:close-sig-timestamp", "s", secret=HEX),
    "scalr": dict(simple("X-Signature", algorithm="SHA_1"), signed="{body}{header:Date}"),
    "convoy": simple("X-Convoy-Signature"),
    "convoy-advanced": pairs("X-Convoy-Signature", "v1", "t", "{timestamp},{body}"),
    "outpost": prefixed("x-outpost-signature", "v0=", separator=","),
    "twilio": special("twilio", "X-Twilio-Signature", "{url}{body}", "SHA_1", BASE64),
    "square": dict(simple("x-square-hmacsha256-signature", BASE64), signed="{url}{body}"),
    "hubspot": special("hubspot", "X-HubSpot-Signature-v3", "{method}{url}{body}{timestamp}", "SHA_256", BASE64,
                       timestamp={"from": "header:X-HubSpot-Request-Timestamp", "unit": "ms", "tolerance": 300}),
    "contentful": special("contentful", "x-contentful-signature", "{method}\n{url}{timestamp}{body}", "SHA_256", HEX,
                          timestamp={"from": "header:x-contentful-timestamp", "unit": "ms", "tolerance": 30}),
    "orb": stamped(with_prefix("X-Orb-Signature", "v1="), "v1:{timestamp}:{body}", "header:X-Orb-Timestamp", "utc", 300),
    "adyen": special("adyen", "additionalData.hmacSignature", "{body}", "SHA_256", BASE64, secret=HEX),
    "airtable": prefixed("X-Airtable-Content-MAC", "hmac-sha256=", secret=BASE64),
    "twitch": stamped(with_prefix("Twitch-Eventsub-Message-Signature", "sha256="), "{id}{timestamp}{body}", "header:Twitch-Eventsub-Message-Timestamp",
                      "rfc3339", 600, id="header:Twitch-Eventsub-Message-Id"),
}

UNCONFIRMED = {
    "mandrill": special("mandrill", "X-Mandrill-Signature", "{url}{body}", "SHA_1", BASE64),
    "trello": dict(simple("X-Trello-Webhook", BASE64, "SHA_1"), signed="{body}{url}"),
    "gitlab-token": {"token": {"header": "X-Gitlab-Token"}},
    "telegram": {"token": {"header": "X-Telegram-Bot-Api-Secret-Token"}},
    "woocommerce": simple("X-WC-Webhook-Signature", BASE64),
    "dropbox": simple("X-Dropbox-Signature"),
    "intercom": prefixed("X-Hub-Signature", "sha1=", algorithm="SHA_1"),
    "typeform": prefixed("Typeform-Signature", "sha256=", BASE64),
    "docusign": simple(["X-DocuSign-Signature-%d" % number for number in range(1, 11)], BASE64),
    "meta": prefixed("X-Hub-Signature-256", "sha256="),
    "lemon-squeezy": simple("X-Signature"),
    "quickbooks": simple("intuit-signature", BASE64),
    "asana": simple("X-Hook-Signature"),
    "vercel": simple("x-vercel-signature", algorithm="SHA_1"),
    "launchdarkly": simple("X-LD-Signature"),
    "zoom": stamped(with_prefix("x-zm-signature", "v0="), "v0:{timestamp}:{body}", "header:x-zm-request-timestamp", "s"),
    "zendesk": stamped(bare("X-Zendesk-Webhook-Signature"), "{timestamp}{body}", "header:X-Zendesk-Webhook-Signature-Timestamp", "rfc3339", None, BASE64),
    "mux": pairs("Mux-Signature", "v1", "t", tolerance=300),
    "paystack": simple("x-paystack-signature", algorithm="SHA_512"),
    "crypto-pay": dict(simple("crypto-pay-api-signature"), key="SHA_256"),
    "buildkite": pairs("X-Buildkite-Signature", "signature", "timestamp"),
}

HASHED = {"algorithm": "SHA_256", "encoding": HEX}


def plain(header, signed, algorithm="SHA_256", **more):
    """A sender that hashes the secret with the text, without HMAC."""
    return dict({"signature": bare(header), "plain_hash": algorithm, "encoding": HEX, "signed": signed}, **more)


def token(header, claim, stamp=None, **more):
    """A sender whose JWT has the hash of the body."""
    flag = {"absent_if_empty": True} if more.pop("absent_if_empty", False) else {}
    scheme = {"signature": dict({"header": header, "format": "jwt", "body_hash": dict({"claim": claim}, **HASHED, **flag)}, **more), "algorithm": "SHA_256"}
    return dict(scheme, timestamp=stamp) if stamp else scheme


# Senders that sign in a way no template can describe: `preset_messages.py` has their vectors.
MESSAGES = {
    "cloudinary": plain("X-Cld-Signature", "{body}{timestamp}{secret}", "SHA_1", timestamp={"from": "header:X-Cld-Timestamp", "unit": "s", "tolerance": 7200}),
    "hubspot-v1": plain("X-HubSpot-Signature", "{secret}{body}"),
    "hubspot-v2": plain("X-HubSpot-Signature", "{secret}{method}{url}{body}"),
    "lark": plain("X-Lark-Signature", "{timestamp}{header:X-Lark-Request-Nonce}{secret}{body}", timestamp={"from": "header:X-Lark-Request-Timestamp", "unit": "s"}),
    "jira-connect": {"signature": {"header": "Authorization", "format": "jwt"}, "algorithm": "SHA_256", "timestamp": {"from": "signature:iat", "unit": "s"}, "covers_body": False},
    "monday": {"signature": {"header": "Authorization", "format": "jwt"}, "algorithm": "SHA_256", "timestamp": {"from": "signature:iat", "unit": "s"}, "covers_body": False},
    "messagebird": token("MessageBird-Signature-JWT", "payload_hash", {"from": "signature:nbf", "unit": "s", "tolerance": {"past": 60, "future": 5}}, absent_if_empty=True,
                         url_hash=dict({"claim": "url_hash"}, **HASHED), claims={"iss": "MessageBird"}),
    "netlify": token("X-Webhook-Signature", "sha256", claims={"iss": "netlify"}),
    "vonage": token("Authorization", "payload_hash", {"from": "signature:iat", "unit": "s"}),
}

PRESETS = {name: dict({"name": name}, **scheme) for group in (CONFIRMED, UNCONFIRMED, MESSAGES, presets_more.CONFIRMED, presets_more.UNCONFIRMED, COMPOSED) for name, scheme in group.items()}
for name, handshake in HANDSHAKES.items():
    PRESETS[name]["handshake"] = handshake
UNSUPPORTED = ["sendgrid", "discord", "telnyx", "paypal", "plaid", "aws-sns", "wise", "microsoft-graph"]
ALIASES = presets_more.ALIASES

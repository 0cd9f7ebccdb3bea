"""The handshakes that senders demand before they send events, and a request of each as its pages show it.

The pages are those that `presets.json` names for each sender. Values are invented, in the sender's form.
"""

import json

TEXT = {"text": "{challenge}"}
HANDSHAKES = {
    "asana": {"method": "POST", "where": {"header:X-Hook-Signature": None}, "challenge": "header:X-Hook-Secret", "headers": {"X-Hook-Secret": "{challenge}"}, "chooses_secret": True},
    "dropbox": {"method": "GET", "challenge": "query:challenge", "headers": {"X-Content-Type-Options": "nosniff"}, **TEXT},
    "linkedin": {"method": "GET", "challenge": "query:challengeCode", "hmac": "HEXA_DECIMAL", "json": {"challengeCode": "{challenge}", "challengeResponse": "{hmac}"}},
    "mandrill": {"method": "HEAD"},
    "meta": {"method": "GET", "where": {"query:hub.mode": "subscribe"}, "challenge": "query:hub.challenge", **TEXT},
    "notion": {"method": "POST", "where": {"header:X-Notion-Signature": None}, "challenge": "json:/verification_token", "chooses_secret": True},
    "nylas": {"method": "GET", "challenge": "query:challenge", **TEXT},
    "okta": {"method": "GET", "challenge": "header:X-Okta-Verification-Challenge", "json": {"verification": "{challenge}"}},
    "slack": {"method": "POST", "where": {"json:/type": "url_verification"}, "challenge": "json:/challenge", "signed": True, **TEXT},
    "smartsheet": {"method": "POST", "challenge": "header:Smartsheet-Hook-Challenge", "headers": {"Smartsheet-Hook-Response": "{challenge}"}, "json": {"smartsheetHookResponse": "{challenge}"}},
    "trello": {"method": "HEAD"},
    "twitch": {"method": "POST", "where": {"header:Twitch-Eventsub-Message-Type": "webhook_callback_verification"}, "challenge": "json:/challenge", "signed": True, **TEXT},
    "twitter": {"method": "GET", "challenge": "query:crc_token", "hmac": "BASE64", "json": {"response_token": "sha256={hmac}"}},
    "woocommerce": {"method": "POST", "where": {"header:X-WC-Webhook-Signature": None}, "challenge": "form:webhook_id"},
    "zoom": {"method": "POST", "where": {"json:/event": "endpoint.url_validation"}, "challenge": "json:/payload/plainToken", "signed": True, "hmac": "HEXA_DECIMAL",
             "json": {"plainToken": "{challenge}", "encryptedToken": "{hmac}"}},
}

# What the pages show: the challenge, and the request with `%s` for it where the sender puts it: query, header lines, body.
REQUESTS = {
    "asana": ("b537207f20cbfa02357cf448134da559", None, [["X-Hook-Secret", "%s"]], None),
    "dropbox": ("Kx9-v2_0bT", "challenge=%s", [], None),
    "linkedin": ("890e4665-4dfe-4ab1-b689-ed553bceeed0", "challengeCode=%s", [], None),
    "mandrill": (None, None, [], None),
    "meta": ("1158201444", "hub.mode=subscribe&hub.challenge=%s&hub.verify_token=meatyhamhock", [], None),
    "notion": ("secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl", None, [], '{"verification_token": %s}'),
    "nylas": ("bc609b38-c81f-47fb-a275-1d9bd61b968b", "challenge=%s", [], None),
    "okta": ("Me_rShK8JHsTnbyYrWXCEoMGbM_zsZ6k0hLPZ_Pg", None, [["Accept", "application/json"], ["X-Okta-Verification-Challenge", "%s"]], None),
    "slack": ("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", None, [], '{"token": "Jhj5dZrVaK7ZwHHjRyZWjbDl", "challenge": %s, "type": "url_verification"}'),
    "smartsheet": ("d78dd1d3-01ce-4481-81de-92b4f3aa5ab1", None, [["Content-Type", "application/json"], ["Smartsheet-Hook-Challenge", "%s"]], '{"challenge": %s, "webhookId": 2674017481058180}'),
    "trello": (None, None, [], None),
    "twitch": ("pogchamp-kappa-360noscope-vohiyo", None, [["Twitch-Eventsub-Message-Type", "webhook_callback_verification"]],
               '{"challenge": %s, "subscription": {"id": "f1c2a387", "status": "webhook_callback_verification_pending", "type": "channel.follow"}}'),
    "twitter": ("e3af9c6d-7d1b-4c0f-9a57-0b1f2e3d4c5a", "crc_token=%s&nonce=MTYwMDAwMDAwMA", [], None),
    "woocommerce": ("17", None, [["Content-Type", "application/x-www-form-urlencoded"]], "webhook_id=%s"),
    "zoom": ("qgg8vlvZRS6UYooatFL8Aw", None, [], '{"payload": {"plainToken": %s}, "event_ts": 1760000000000, "event": "endpoint.url_validation"}'),
}

# An event of the sender. Where it is not the body that distinguishes it, the header lines do.
EVENTS = {
    "slack": ([], json.dumps({"token": "x", "challenge": "abc", "type": "event_callback", "event_id": "Ev08MFMKH6"})),
    "twitch": ([["Twitch-Eventsub-Message-Type", "notification"]], json.dumps({"challenge": "abc", "subscription": {"id": "f1c2a387"}, "event": {"id": "9001"}})),
    "zoom": ([], json.dumps({"event": "meeting.started", "event_ts": 1760000000000, "payload": {"plainToken": "abc"}})),
    "notion": ([], json.dumps({"id": "367cba44", "type": "page.created", "verification_token": "abc"})),
    "asana": ([["X-Hook-Secret", "b537207f20cbfa02357cf448134da559"]], '{"events": []}'),
    "woocommerce": ([["Content-Type", "application/x-www-form-urlencoded"]], "webhook_id=17"),
}
EVENT = ([["Content-Type", "application/json"]], '{"id": "evt_1", "challenge": "abc"}')

"""Where the senders put the id of a delivery, and a delivery of each as its pages show it: headers, body, and the id.

The pages are those that `presets.json` names for each sender. Values are invented, in the sender's form.
"""

import json

FIRST_ITEM = "json:/notificationItems/0/NotificationRequestItem/"
ID_FROM = {
    "adyen": [[FIRST_ITEM + "pspReference", FIRST_ITEM + "eventCode", FIRST_ITEM + "success"]],
    "attio": "header:Idempotency-Key", "box": "json:/id", "circleci": "json:/id", "close": "json:/event/id", "coinbase-commerce": "json:/event/id",
    "contentful": "header:X-Contentful-Idempotency-Key", "convoy": "header:X-Convoy-Idempotency-Key", "convoy-advanced": "header:X-Convoy-Idempotency-Key",
    "easypost": "json:/id", "gitea": "header:X-Gitea-Delivery", "github": "header:X-GitHub-Delivery", "github-legacy": "header:X-GitHub-Delivery",
    "gitlab": "header:webhook-id", "gitlab-token": ["header:Idempotency-Key", "header:webhook-id"], "gocardless": "json:/meta/webhook_id",
    "gogs": "header:X-Gogs-Delivery", "hookdeck": "header:x-hookdeck-eventid", "intercom": "json:/id", "jira": "header:X-Atlassian-Webhook-Identifier",
    "launchdarkly": "json:/_id", "linear": "header:Linear-Delivery", "lithic": "header:webhook-id", "modern-treasury": "header:X-Webhook-ID",
    "mux": "json:/id", "notion": "json:/id", "nylas": "json:/id", "okta": "json:/eventId", "openai": "header:webhook-id", "outpost": "header:x-outpost-event-id", "paddle": "json:/event_id",
    "pagerduty": "json:/event/id", "polar": "header:webhook-id", "razorpay": "header:x-razorpay-event-id", "sanity": "header:idempotency-key",
    "shopify": [["header:X-Shopify-Event-Id", "header:X-Shopify-Topic"], "header:X-Shopify-Webhook-Id"], "slack": "json:/event_id",
    "square": "json:/event_id", "standard-webhooks": "header:webhook-id", "stripe": "json:/id", "svix": "header:svix-id", "telegram": "json:/update_id",
    "trello": "json:/action/id", "twilio": "header:I-Twilio-Idempotency-Token", "twitch": "header:Twitch-Eventsub-Message-Id",
    "typeform": "json:/event_id", "vercel": "json:/id", "workos": "json:/id", "zendesk": "header:X-Zendesk-Webhook-Invocation-Id",
}
UUID = "5f0f3c9e-8f4d-4c0a-9a3e-6d2b1f7c8e90"
OTHER = "c1d2e3f4-0a1b-4c2d-8e3f-405162738495"


def by_header(body, **headers):
    """A sender that puts the id in a header: the lines as they are sent, the body."""
    return [[name.replace("_", "-"), value] for name, value in headers.items()], json.dumps(body)


def by_body(body, **headers):
    return by_header(body, **headers)


# (preset, what the delivery is, its lines and body, the id, whether the MAC covers it)
DELIVERIES = [
    ("attio", "record.created", by_header({"webhook_id": OTHER, "events": [{"event_type": "record.created", "id": {"workspace_id": UUID, "object_id": OTHER, "record_id": UUID}}]}, Idempotency_Key=UUID), UUID, False),
    ("box", "a retry, whose BOX-DELIVERY-ID is another one", by_body({"type": "webhook_event", "id": "0f5b9c1a-9b5e-4a0f-8f3d-2f6a7c1e4b3d", "created_at": "2025-10-09T08:53:20-00:00", "trigger": "FILE.UPLOADED", "webhook": {"id": "90210", "type": "webhook"}}, BOX_DELIVERY_ID=UUID), "0f5b9c1a-9b5e-4a0f-8f3d-2f6a7c1e4b3d", True),
    ("circleci", "workflow-completed", by_body({"id": "3888f21b-eaa7-38e3-8f3d-75a63bba8895", "type": "workflow-completed", "happened_at": "2025-10-09T08:53:20.000Z", "webhook": {"id": "cf8c4fdd-0587-4da1-b4ca-4846e9640af9", "name": "Sample Webhook"}, "workflow": {"id": "fda08377-fe7e-46b1-8992-3a7aaecac9c3"}}), "3888f21b-eaa7-38e3-8f3d-75a63bba8895", True),
    ("close", "lead.updated", by_body({"event": {"id": "ev_1nkqZKEHsQhrSCz1fGZBAG", "object_type": "lead", "action": "updated", "object_id": "lead_7Hx"}, "subscription_id": "whsub_8AmjKCZYT3zI8eZoi4HhFC"}), "ev_1nkqZKEHsQhrSCz1fGZBAG", True),
    ("coinbase-commerce", "charge:confirmed, where the outer id is the number of the delivery", by_body({"id": 1, "scheduled_for": "2025-10-09T08:53:20Z", "attempt_number": 2, "event": {"id": "24934862-d980-46cb-9402-43c81b0cdba6", "resource": "event", "type": "charge:confirmed"}}), "24934862-d980-46cb-9402-43c81b0cdba6", True),
    ("convoy", "a message with the producer's key", by_header({"event_type": "user.created", "data": {"id": 7}}, X_Convoy_Idempotency_Key="user-7-created"), "user-7-created", False),
    ("convoy-advanced", "a message with the producer's key", by_header({"event_type": "user.created", "data": {"id": 7}}, X_Convoy_Idempotency_Key="user-7-created"), "user-7-created", False),
    ("easypost", "tracker.updated", by_body({"id": "evt_d0000c1a9c6c4614949af6931ea9fac8", "object": "Event", "mode": "production", "description": "tracker.updated", "status": "pending", "pending_urls": ["https://hooks.example.com/easypost"]}), "evt_d0000c1a9c6c4614949af6931ea9fac8", True),
    ("gitea", "push", by_header({"ref": "refs/heads/develop", "repository": {"id": 140}}, X_Gitea_Delivery="f6266f16-1bf3-46a5-9ea4-602e06ead473", X_Gitea_Event="push"), "f6266f16-1bf3-46a5-9ea4-602e06ead473", False),
    ("github", "issues", by_header({"action": "opened", "issue": {"number": 1347}}, X_GitHub_Event="issues", X_GitHub_Delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958", X_GitHub_Hook_ID="292430182"), "72d3162e-cc78-11e3-81ab-4c9367dc0958", False),
    ("github-legacy", "issues", by_header({"action": "opened", "issue": {"number": 1347}}, X_GitHub_Event="issues", X_GitHub_Delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958"), "72d3162e-cc78-11e3-81ab-4c9367dc0958", False),
    ("gitlab", "push, whose id is signed", by_header({"object_kind": "push", "project_id": 15}, X_Gitlab_Event="Push Hook", X_Gitlab_Event_UUID=OTHER, X_Gitlab_Webhook_UUID=UUID), "msg_2b7e1516", True),
    ("gitlab-token", "push of GitLab 17.4 and later", by_header({"object_kind": "push", "project_id": 15}, X_Gitlab_Event="Push Hook", Idempotency_Key=UUID, X_Gitlab_Event_UUID=OTHER), UUID, False),
    ("gitlab-token", "push of an older GitLab, without an id", by_header({"object_kind": "push", "project_id": 15}, X_Gitlab_Event="Push Hook", X_Gitlab_Event_UUID=OTHER), None, None),
    ("gocardless", "a body of two events", by_body({"events": [{"id": "EV00BD05S5VM2T", "resource_type": "mandates", "action": "active"}, {"id": "EV00BD05TB8K63", "resource_type": "payments", "action": "paid_out"}], "meta": {"webhook_id": "WB00BQ4V6X2Z8A"}}), "WB00BQ4V6X2Z8A", True),
    ("gogs", "push", by_header({"ref": "refs/heads/master"}, X_Gogs_Event="push", X_Gogs_Delivery="f6266f16-1bf3-46a5-9ea4-602e06ead473"), "f6266f16-1bf3-46a5-9ea4-602e06ead473", False),
    ("hookdeck", "a second attempt", by_header({"order": 7}, x_hookdeck_eventid="evt_Xq3Yd1mB9dVf2k", x_hookdeck_requestid="req_D5m2a1", x_hookdeck_attempt_count="2"), "evt_Xq3Yd1mB9dVf2k", False),
    ("intercom", "conversation.user.created", by_body({"type": "notification_event", "app_id": "a86dr8yl", "id": "notif_0e8b3a7a-50c7-4d32-a9e8-4f1f2b1f8ab0", "topic": "conversation.user.created", "delivery_status": "pending", "delivery_attempts": 1}), "notif_0e8b3a7a-50c7-4d32-a9e8-4f1f2b1f8ab0", True),
    ("jira", "a retry", by_header({"timestamp": 1760000000000, "webhookEvent": "jira:issue_updated"}, X_Atlassian_Webhook_Identifier=UUID, X_Atlassian_Webhook_Retry="1"), UUID, False),
    ("launchdarkly", "an entry of the audit log", by_body({"_links": {"canonical": {"href": "/api/v2/projects/x"}}, "_id": "57c0af6099690907435299d1", "date": 1760000000000, "kind": "flag"}), "57c0af6099690907435299d1", True),
    ("linear", "Issue", by_header({"action": "create", "type": "Issue", "webhookTimestamp": 1760000000000, "webhookId": OTHER}, Linear_Delivery="234d1a4e-b617-4388-90fe-adc3633d6b72", Linear_Event="Issue"), "234d1a4e-b617-4388-90fe-adc3633d6b72", False),
    ("lithic", "card.created", by_header({"event_type": "card.created", "card_token": OTHER}), "msg_2b7e1516", True),
    ("modern-treasury", "payment_order.created", by_header({"event": "created", "data": {"id": OTHER}}, X_Webhook_ID=UUID, X_Topic="payment_order"), UUID, False),
    ("mux", "video.asset.ready", by_body({"type": "video.asset.ready", "id": "3a56ac3d-33da-4366-855b-f592d898409d", "object": {"type": "asset", "id": "0201p02fGKPE7MrbC269XRD7LpcHhrmbu0002"}, "attempts": []}), "3a56ac3d-33da-4366-855b-f592d898409d", True),
    ("notion", "page.created", by_body({"id": "367cba44-b6f3-4c92-81e7-6a2e9659efd4", "timestamp": "2025-10-09T08:53:20.000Z", "workspace_id": UUID, "subscription_id": OTHER, "type": "page.created", "attempt_number": 1}), "367cba44-b6f3-4c92-81e7-6a2e9659efd4", True),
    ("nylas", "message.created", by_body({"specversion": "1.0", "type": "message.created", "source": "/google/emails/realtime", "id": "mSpvUm4fZtkYdtBZbYQMqT", "time": 1760000000, "webhook_delivery_attempt": 2, "data": {"application_id": UUID, "object": {"id": "18df4a1d3f"}}}), "mSpvUm4fZtkYdtBZbYQMqT", True),
    ("okta", "user.session.start", by_body({"eventType": "com.okta.event_hook", "eventTypeVersion": "1.0", "cloudEventsVersion": "0.1", "contentType": "application/json", "eventId": "b5a188b9-5ece-4636-b041-482ffda96311", "eventTime": "2025-10-09T08:53:20.032Z", "data": {"events": [{"uuid": OTHER, "eventType": "user.session.start"}]}}), "b5a188b9-5ece-4636-b041-482ffda96311", False),
    ("openai", "response.completed", by_header({"object": "event", "id": "evt_685343a1381c819085d44c354e1b330e", "type": "response.completed", "created_at": 1760000000}), "msg_2b7e1516", True),
    ("outpost", "order.created", by_header({"order": 7}, x_outpost_event_id="evt_123", x_outpost_topic="order.created"), "evt_123", False),
    ("paddle", "transaction.completed, replayed under another notification", by_body({"event_id": "evt_01hv8x29kz0t586xy6zn1a62ny", "event_type": "transaction.completed", "occurred_at": "2025-10-09T08:53:20.000000Z", "notification_id": "ntf_01hv8x2acma2gz7he8kg2s0hna", "data": {"id": "txn_01hv8wptq8987qeep44cyrewp9"}}), "evt_01hv8x29kz0t586xy6zn1a62ny", True),
    ("pagerduty", "incident.triggered", by_body({"event": {"id": "01CFVU0HMXV2WZ8EHQ7QIAW3Q9", "event_type": "incident.triggered", "resource_type": "incident", "data": {"id": "PGR0VU2", "type": "incident"}}}, X_Webhook_Subscription="PSUBXYZ"), "01CFVU0HMXV2WZ8EHQ7QIAW3Q9", True),
    ("polar", "order.created", by_header({"type": "order.created", "data": {"id": OTHER}}), "msg_2b7e1516", True),
    ("razorpay", "payment.captured", by_header({"entity": "event", "account_id": "acc_BFQ7uQEaa7j2z7", "event": "payment.captured"}, x_razorpay_event_id="RpEvnT00000001"), "RpEvnT00000001", False),
    ("sanity", "an update", by_header({"_id": "drafts.7", "_type": "post"}, idempotency_key="I5rQ7u2fM3X8pK1sZ4aBdE", sanity_transaction_id="tX1"), "I5rQ7u2fM3X8pK1sZ4aBdE", False),
    ("shopify", "orders/create, by event and topic", by_header({"id": 820982911946154508}, X_Shopify_Topic="orders/create", X_Shopify_Event_Id="98880550-7158-44d4-b7cd-2c97c8a091b5", X_Shopify_Webhook_Id="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"), "98880550-7158-44d4-b7cd-2c97c8a091b5:orders/create", False),
    ("shopify", "orders/create of a version without the event's id", by_header({"id": 820982911946154508}, X_Shopify_Topic="orders/create", X_Shopify_Webhook_Id="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"), "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", False),
    ("slack", "an event", by_body({"token": "XXYYZZ", "team_id": "TXXXXXXXX", "api_app_id": "AXXXXXXXXX", "event": {"type": "name_of_event", "event_ts": "1234567890.123456"}, "type": "event_callback", "event_id": "Ev08MFMKH6", "event_time": 1760000000}, X_Slack_Retry_Num="1"), "Ev08MFMKH6", True),
    ("square", "payment.created", by_body({"merchant_id": "6SSW7HV8K2ST5", "type": "payment.created", "event_id": "13b867cf-db3d-4b1c-90b6-2f32a9d78124", "created_at": "2025-10-09T08:53:20Z", "data": {"type": "payment", "id": "KkAkhdMsgzn59SM8A89WgKwekxLZY"}}), "13b867cf-db3d-4b1c-90b6-2f32a9d78124", True),
    ("standard-webhooks", "contact.created", by_header({"type": "contact.created", "timestamp": "2025-10-09T08:53:20Z", "data": {"id": "1f81eb52"}}), "msg_2b7e1516", True),
    ("stripe", "payment_intent.succeeded", by_body({"id": "evt_1NG8Du2eZvKYlo2CUI79vXWy", "object": "event", "type": "payment_intent.succeeded", "pending_webhooks": 1, "data": {"object": {"id": "pi_1", "object": "payment_intent"}}}), "evt_1NG8Du2eZvKYlo2CUI79vXWy", True),
    ("svix", "user.created", by_header({"event_type": "user.created"}), "msg_2b7e1516", True),
    ("telegram", "a message, whose number is no text", by_body({"update_id": 10000, "message": {"date": 1441645532, "chat": {"id": 1111111, "type": "private"}, "message_id": 1365, "text": "/start"}}), "10000", False),
    ("trello", "updateCard", by_body({"model": {"id": "5abbe4b7ddc1b351ef961414"}, "action": {"id": "51f9424bcd6e040f3c002412", "type": "updateCard", "date": "2025-10-09T08:53:20.000Z"}}), "51f9424bcd6e040f3c002412", True),
    ("twitch", "stream.online", by_header({"subscription": {"id": OTHER, "type": "stream.online"}, "event": {"id": "9001"}}, Twitch_Eventsub_Message_Type="notification", Twitch_Eventsub_Message_Retry="0"), "msg_2b7e1516", True),
    ("typeform", "form_response", by_body({"event_id": "LtWXD3crgy", "event_type": "form_response", "form_response": {"form_id": "lT4Z3j", "token": "a3a12ec67a1365927098a606107fac15"}}), "LtWXD3crgy", True),
    ("vercel", "deployment.created", by_body({"id": "uev_FPAAGRu41XwqzPrMCNWEKDTE", "type": "deployment.created", "createdAt": 1760000000000, "payload": {"deployment": {"id": "dpl_1"}}}), "uev_FPAAGRu41XwqzPrMCNWEKDTE", True),
    ("workos", "dsync.user.created", by_body({"id": "event_04FKJ843CVE8F7BXQSPFH0M53V", "event": "dsync.user.created", "data": {"id": "directory_user_1"}, "created_at": "2025-10-09T08:53:20.000Z"}), "event_04FKJ843CVE8F7BXQSPFH0M53V", True),
    ("zendesk", "a trigger, whose body is the admin's own text", by_header({"ticket": 35436}, X_Zendesk_Webhook_Id="01F1KRFQ6BG29CNWFR60NK5FNY", X_Zendesk_Webhook_Invocation_Id="8350205582"), "8350205582", False),
]

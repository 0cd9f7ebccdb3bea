"""Published deliveries beyond `providers.json`: values of the vendors' own tests and pages, each with its source."""

from collections import namedtuple

Example = namedtuple("Example", "id comment preset secret headers body algorithm source now url method expect")
Example.__new__.__defaults__ = (None, None, None, "authentic")

TWILIO = "https://github.com/twilio/twilio-python/blob/30368b08ba58/tests/unit/test_request_validator.py"
FORM = ["Content-Type", "application/x-www-form-urlencoded"]
PARAMETERS = "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


def twilio(id, comment, signature, url, body=PARAMETERS, form=True):
    headers = ([FORM] if form else [["Content-Type", "application/json"]]) + [["X-Twilio-Signature", signature]]
    return Example("twilio-" + id, comment, "twilio", "12345", headers, body, "SHA_1", TWILIO, url=url)


def adyen(key, signature, extra, source, id):
    body = ('{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"%s"},"amount":{"value":1130,"currency":"EUR"},'
            '"pspReference":"7914073381342284","eventCode":"AUTHORISATION",%s"merchantAccountCode":"TestMerchant",'
            '"merchantReference":"TestPayment-1407325143704","paymentMethod":"visa","success":"true"}}]}') % (signature, extra)
    return Example("adyen-" + id, "Adyen, the item of its libraries' tests as a whole notification.", "adyen", key, [], body, "SHA_256", source)


def sanity(id, comment, stamp, signature, expect="authentic", body='{"_id":"resume"}', secret="test"):
    return Example("sanity-" + id, comment, "sanity", secret, [["sanity-webhook-signature", "t=%s,v1=%s" % (stamp, signature)]], body, "SHA_256",
                   "https://github.com/sanity-io/webhook-toolkit/blob/0753ed1948ba/test/signature.test.ts", int(stamp) // 1000, expect=expect)


def box(id, comment, secret):
    headers = [["BOX-DELIVERY-ID", "f96bb54b-ee16-4fc5-aa65-8c2d9e5b546f"], ["BOX-DELIVERY-TIMESTAMP", "2020-01-01T00:00:00-07:00"], ["BOX-SIGNATURE-ALGORITHM", "HmacSHA256"],
               ["BOX-SIGNATURE-PRIMARY", "6TfeAW3A1PASkgboxxA5yqHNKOwFyMWuEXny/FPD5hI="], ["BOX-SIGNATURE-SECONDARY", "v+1CD1Jdo3muIcbpv5lxxgPglOqMfsNHPV899xWYydo="],
               ["BOX-SIGNATURE-VERSION", "1"]]
    body = ('{"type":"webhook_event","webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED","source":{"id":"1234567890","type":"file","name":"Test.txt"}}')
    return Example("box-" + id, comment, "box", secret, headers, body, "SHA_256", "https://github.com/box/box-python-sdk/blob/v3.14.0/test/unit/object/test_webhook.py", 1577862000)


def square(id, comment, secret, signature, url, body, expect="authentic"):
    return Example("square-" + id, comment, "square", secret, [["x-square-hmacsha256-signature", signature]], body, "SHA_256",
                   "https://github.com/square/square-python-sdk/blob/ef5c175fb960/tests/integration/test_webhooks_helper.py", url=url, expect=expect)


SQUARE = ("Ibxx_5AKakO-3qeNVR61Dw", "GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=", "https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9",
          '{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification","event_id":"ac3ac95b-f97d-458c-a6e6-18981597e05f","created_at":"2022-07-13T20:30:59.037339943Z",'
          '"data":{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}')
ONFIDO = ('{"payload":{"resource_type":"check","action":"check.completed","object":{"id":"f2302f45-227d-413d-ad61-09ec077a086a","status":"complete",'
          '"completed_at_iso8601":"2024-04-04T09:21:21Z","href":"https://api.onfido.com/v3.6/checks/f2302f45-227d-413d-ad61-09ec077a086a"}}}')
ONFIDO_TAG = "77ebc3e418f26be6eebb47f7ebe551321de26734fc273961e075fc9ab163d9c"
ONFIDO_SOURCE = "https://github.com/onfido/onfido-python/blob/d2016d9a789f/tests/test_classic_webhook_event_verification.py"
GOCARDLESS = ('{"events":[{"id":"EV00BD05S5VM2T","created_at":"2018-07-05T09:13:51.404Z","resource_type":"subscriptions","action":"created","links":{"subscription":"SB0003JJQ2MR06"},'
              '"details":{"origin":"api","cause":"subscription_created","description":"Subscription created via the API."},"metadata":{}},{"id":"EV00BD05TB8K63",'
              '"created_at":"2018-07-05T09:13:56.893Z","resource_type":"mandates","action":"created","links":{"mandate":"MD000AMA19XGEC"},'
              '"details":{"origin":"api","cause":"mandate_created","description":"Mandate created via the API."},"metadata":{}}]}')
OPENAI = '{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", "created_at": 1750861210, "type": "response.completed", "data": {"id": "resp_123"}}'
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
JSON = '{"property": "value", "boolean": true}'

HUBSPOT = ('[{"eventId":531833541,"subscriptionId":3923621,"portalId":48807704,"appId":16111050,"occurredAt":1752613920733,"subscriptionType":"contact.creation","attemptNumber":0,'
           '"objectId":138017612137,"changeFlag":"CREATED","changeSource":"CRM_UI","sourceId":"userId:76023669"}]')

MESSAGEBIRD_CLAIMS = {  # the claims of each token behind iss, nbf, exp, and the tag
    "bare": ("eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiI1OWEyNDRkYy1lOWFkLTRlMjMtOTc3OC0zNzFmYWEyMzhmNzIiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzljNzc4M2U5ZDcifQ",
             "6Fp0rVOsRr1fj9S2GidXAfkmPVofKr8_RTffC6G6r2E"),
    "query": ("eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiJjOTQ2YWY3Ny1lMTgyLTRlYWEtYjJmZi0xYTU0NWI1ZTk5MWEiLCJ1cmxfaGFzaCI6IjQxZjA1ZjBkZGQwYTIyYWIyMDlhYzQ2ZjQ3YzQ1NzJkOWNlZmEyNTdlZDc0YjI0MDA0YmFlNzUzZWNlNmMyNjAifQ",
              "huo2ou6JDoDc7sV25d75UMWeYhBeavQlLsqIibSZuac"),
    "body": ("eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiI5M2U1NTAwNi1hMGU4LTQ1MjYtYTE5MC1mYTVmZjAwZWExMTYiLCJ1cmxfaGFzaCI6IjQxZjA1ZjBkZGQwYTIyYWIyMDlhYzQ2ZjQ3YzQ1NzJkOWNlZmEyNTdlZDc0YjI0MDA0YmFlNzUzZWNlNmMyNjAiLCJwYXlsb2FkX2hhc2giOiJkZmZkNjAyMWJiMmJkNWIwYWY2NzYyOTA4MDllYzNhNTMxOTFkZDgxYzdmNzBhNGIyODY4OGEzNjIxODI5ODZmIn0",
             "_H--TOuYFLpeEH39-rg5E3IHVkjHozBcaKVWPRC5m9I"),
    "early": ("eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ4MjgwMCwiZXhwIjoxNjI1NDgyODYwLCJqdGkiOiJmOWY4YzM4Mi0yNDQ5LTQzMTEtYjcyYi0xZGY3MTY4NzkzMWUiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzljNzc4M2U5ZDcifQ",
              "ZELgDFNGhjZH9CffQKcq3sytBe2I0KciLxpBhcfstHQ"),
    "late": ("eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3NTYwMCwiZXhwIjoxNjI1NDc1NjYwLCJqdGkiOiI1ZjAyZjUyMi02MDMwLTQ2YzgtYjVhMy0wMTI0NjQ3OGQ4YmMiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzljNzc4M2U5ZDcifQ",
             "45MSST3B_2PsjNUeiuW54_vUQgVw4rBXrdWrOUEz3lM"),
    "order": ("eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiJhNzVjOTA5Ni1lODIzLTQ0MmItODVmMi03ZDNjOWQ5YjcyNmIiLCJ1cmxfaGFzaCI6IjZhMDIyZDgzNGMxODMzMGJhYWQ4YTJiZDYxMzUxNzNlZDIxNjEwYTQ1NDUxNmJlMGRmM2YxY2MwMTUxNjEwZWEifQ",
              "z6Sw1XQIM0wuEQGBhXBdawDIIrtMg2XnmA_bpDq53pE"),
    "other-body": ("eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiIxNDUwMTUzMi05NmYyLTQ2ODQtOTgzMi02OGYwOTUxYWUzNDIiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzljNzc4M2U5ZDciLCJwYXlsb2FkX2hhc2giOiJmYjYyZjAyYWNkYTdkNzQxNzdhNzAxYTFjZTAwNmU2YmFjZDkwYzdkNGQ3YWI0ODE2OTJjMWRhNDdjODEwNzZiIn0",
                   "m79RCwO6dGa9pvzsQypkVuXQ6eM0CkRl6_U7MfWg6TM"),
}


def messagebird(id, comment, url="https://example.com/", body="", expect="authentic"):
    token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.%s.%s" % MESSAGEBIRD_CLAIMS[id]
    return Example("messagebird-" + id, comment, "messagebird", "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb", [["MessageBird-Signature-JWT", token]], body, "SHA_256",
                   "https://github.com/messagebird/messagebird-nodejs/blob/8b2295bfc79a/lib/testdata/webhook-signature-jwt-reference.json", 1625479200, url, "POST", expect)


def cloudinary(id, comment, secret, stamp, signature, body):
    # Taken by the vendor's libraries, and refused here: a timestamp that has not the ten digits of our time could end anywhere.
    return Example("cloudinary-" + id, comment, "cloudinary", secret, [["X-Cld-Timestamp", stamp], ["X-Cld-Signature", signature]], body, "SHA_1",
                   "https://github.com/cloudinary/cloudinary_java", 0, expect="malformed_timestamp")


EXAMPLES = [
    messagebird("bare", "MessageBird, a URL alone and no body."),
    messagebird("query", "MessageBird, a URL with parameters.", "https://example.com/path?bar=1&foo=2"),
    messagebird("body", "MessageBird, a URL with parameters and a body.", "https://example.com/path?bar=1&foo=2", "Hello, World!"),
    messagebird("early", "MessageBird, a token that is not valid yet.", expect="from_future"),
    messagebird("late", "MessageBird, a token that has expired.", expect="expired"),
    messagebird("order", "MessageBird, another order of the parameters.", "https://example.com/path?foo=1&bar=2", expect="mismatch"),
    messagebird("other-body", "MessageBird, another body.", body="Hello, World!", expect="mismatch"),
    cloudinary("zero", "Cloudinary, a timestamp of one digit.", "someApiSecret", "0", "f9aa4471d2a88ff244424cca2444edf7d7ac3596", "{}"),
    cloudinary("milliseconds", "Cloudinary, a timestamp in milliseconds.", "apiSecret", "1574690915597", "468E696AD79F6E805FD36E308BC14D7C3BB11CE0", "zxcxzcxzcxzcz"),
    twilio("form", "Twilio, a form.", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", URL),
    twilio("duplicates", "Twilio, a parameter with two values.", "IK+Dwps556ElfBT0I3Rgjkr1wJU=", URL, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234"),
    twilio("other-port-http", "Twilio, a port of its own that is part of the signed URL.", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", "http://mycompany.com:1234/myapp.php?foo=1&bar=2"),
    twilio("adds-port-https", "Twilio signed the URL with the port 443.", "kvajT1Ptam85bY51eRf/AJRuM3w=", URL),
    twilio("adds-port-http", "Twilio signed the URL with the port 80.", "0ZXoZLH/DfblKGATFgpif+LLRf4=", URL.replace("https", "http")),
    twilio("json", "Twilio, a JSON body whose hash stands in the URL.", "a9nBmqA0ju/hNViExpshrM61xv4=", URL + "&bodySHA256=" + HASH, JSON, False),
    adyen("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056", "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=", '"originalReference":"",',
          "https://github.com/Adyen/adyen-ruby-api-library/blob/main/spec/utils/hmac_validator_spec.rb", "ruby"),
    adyen("DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00", "Ny9gS2veKo5E4w8/OL6xz1/wvT/hYkAXy1xNc/QvO4I=", "",
          "https://github.com/Adyen/adyen-php-api-library/blob/main/tests/Adyen/Util/HmacSignatureTest.php", "php"),
    Example("hubspot-v3", "HubSpot, signature v3.", "hubspot", "cfc68c0b-4b4e-4ef8-b764-95350e4ea479",
            [["X-HubSpot-Request-Timestamp", "1752613922216"], ["X-HubSpot-Signature-v3", "gbj1XPRvUt0noT7i7fXfTzOD4sLzQmf0VT28ZYq0EYg="]], HUBSPOT, "SHA_256",
            "https://developers.hubspot.com/docs/api/webhooks/validating-requests", 1752613922, "https://webhook.site/335453f5-94b3-49d9-b684-a55354d4b8df", "POST"),
    # Taken by the vendor's library, and refused here: a moment of 1970, whose eight digits could be told from the body by nobody.
    Example("hubspot-v3-short-timestamp", "HubSpot, a timestamp of eight digits.", "hubspot", "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
            [["X-HubSpot-Request-Timestamp", "15000000"], ["X-HubSpot-Signature-v3", "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw="]], "{'example_field':'example_value'}", "SHA_256",
            "https://github.com/HubSpot/hubspot-api-python/blob/83aedb045f44/tests/spec/utils/test_signature.py", 15000, "https://www.example.com/webhook_uri", "POST", expect="malformed_timestamp"),
    square("docs", "Square.", *SQUARE),
    square("escaped", "Square, a body with angle brackets.", "signature-key", "Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=", "https://webhook.site/webhooks", '{"data":{"type":"webhooks","id":">id<"}}'),
    square("other-url", "Square, another URL.", *(SQUARE[:2] + ("https://webhook.site/79a4f3a-dcfa-49ee-bac5-9d0edad886b9", SQUARE[3], "mismatch"))),
    square("other-key", "Square, another key.", *(("MCmhFRxGX82xMwg5FsaoQA",) + SQUARE[1:] + ("mismatch",))),
    square("sha1", "Square, a signature of another length.", *(SQUARE[:1] + ("1z2n3DEJJiUPKcPzQo1ftvbxGdw=",) + SQUARE[2:] + ("wrong_length",))),
    sanity("request", "Sanity.", "1633519811129", "tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0"),
    sanity("encode", "Sanity, the other example.", "1633518820676", "e7C9h2sfbFfc4V7TEz7PSOp4IoNzl0UdVsBV-1wgdeA", "authentic", '{"title":"GROQ-Hooks are neat"}', "try-me"),
    sanity("timestamp", "Sanity, another timestamp.", "1633519811128", "tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0", "mismatch"),
    sanity("payload", "Sanity, another body.", "1633519811129", "tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0", "mismatch", '{"_id":"structure"}'),
    sanity("bits", "Sanity, a last letter whose spare bits are not zero.", "1633519811129", "tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N1", "malformed_encoding"),
    box("primary", "Box, the first key.", "SamplePrimaryKey"),
    box("secondary", "Box, the second key.", "SampleSecondaryKey"),
    Example("openai", "OpenAI.", "openai", "whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=",
            [["webhook-signature", "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY="], ["webhook-timestamp", "1750861210"], ["webhook-id", "wh_685c059ae39c8190af8c71ed1022a24d"]], OPENAI,
            "SHA_256", "https://github.com/openai/openai-python/blob/main/tests/api_resources/test_webhooks.py", 1750861210),
    Example("gocardless", "GoCardless.", "gocardless", "ED7D658C-D8EB-4941-948B-3973214F2D49", [["Webhook-Signature", "2693754819d3e32d7e8fcb13c729631f316c6de8dc1cf634d6527f1c07276e7e"]],
            GOCARDLESS, "SHA_256", "https://github.com/gocardless/gocardless-pro-python/blob/42d0c8d14822/tests/webhooks_test.py"),
    Example("onfido", "Onfido.", "onfido", "wU99mE6jJ7nXOLFwZ0tJymM1lpI15pZh", [["X-SHA2-Signature", ONFIDO_TAG + "7"]], ONFIDO, "SHA_256", ONFIDO_SOURCE),
    Example("onfido-wrong", "Onfido, another last digit.", "onfido", "wU99mE6jJ7nXOLFwZ0tJymM1lpI15pZh", [["X-SHA2-Signature", ONFIDO_TAG + "8"]], ONFIDO, "SHA_256", ONFIDO_SOURCE,
            expect="mismatch"),
    Example("airtable", "Airtable, from the tests of pyairtable.", "airtable", "c2VjcmV0LWtleQ==",
            [["X-Airtable-Content-MAC", "hmac-sha256=e26da696a90933647bddc83995c3e1e3bb1c3d8ce1ff61cb7469767d50b2b2d4"]],
            '{"base": {"id": "app00000000000000"}, "webhook": {"id": "ach00000000000000"}, "timestamp": "2022-02-01T21:25:05.663Z"}', "SHA_256",
            "https://github.com/gtalarico/pyairtable/blob/main/tests/test_models_webhook.py"),
    Example("twitch", "Twitch, from the tests of helix.", "twitch", "s3cRe7",
            [["Twitch-Eventsub-Message-Id", "e76c6bd4-55c9-4987-8304-da1588d8988b"], ["Twitch-Eventsub-Message-Timestamp", "2019-11-16T10:11:12.123Z"],
             ["Twitch-Eventsub-Message-Signature", "sha256=7e5a96480c29cdf834b371e7a5b049638cba6e425ea51b9b2a9fabf69bc5d227"]],
            '{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{"id":"f1c2a387-161a-49f9-a165-0f21d7a4e1c4",'
            '"status":"webhook_callback_verification_pending","type":"channel.follow","version":"1","condition":{"broadcaster_user_id":"12826"},'
            '"transport":{"method":"webhook","callback":"https://example.com/webhooks/callback"},"created_at":"2019-11-16T10:11:12.123Z"}}', "SHA_256",
            "https://github.com/nicklaw5/helix/blob/main/eventsub_test.go", 1573899072),
]

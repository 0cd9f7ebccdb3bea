//! The schemes of the guide's page on more senders accept deliveries as these senders make them. The signatures were made with
//! Python's `hmac` and `hashlib`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::{Duration, UNIX_EPOCH};

use countersign::{Delivery, Rejection, Scheme, Secret};

const PAGE: &str = include_str!("../guide/more_senders.md");
const NOW: u64 = 1_783_001_600;
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

struct Sent {
    /// The heading of the scheme.
    title: &'static str,
    /// Constants of the page, and the values that the sender uses in their place.
    own: (&'static str, &'static str),
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    /// A signed text of the body or of a header, and another one.
    altered: (&'static str, &'static str),
}

const DELIVERIES: [Sent; 14] = [
    Sent {
        title: "NICEPAY",
        own: ("MERCHANT", "IONPAYTEST"),
        headers: &[FORM],
        body: "tXid=T1&amt=5000&status=0&merchantToken=1af869c8c79afb9b6e58fa19590cc3b45afa92782e3cd2a5bfa522eabdfd447a",
        altered: ("5000", "5001"),
    },
    Sent {
        title: "Amazon Payment Services",
        own: ("", ""),
        headers: &[],
        body: r#"{"amount":"100","status":"14","signature":"9d908485fb7170d9e6395ed555c2c3d13f5e3f6c512a4c8ddd9d40f181c91588"}"#,
        altered: (r#""14""#, r#""15""#),
    },
    Sent {
        title: "PayU India",
        own: ("", ""),
        headers: &[FORM],
        body: concat!(
            "status=success&txnid=1&amount=10.00&productinfo=x&firstname=A&email=a%40b.c&key=K&udf1=&hash=0d16a9ce82a10f14adf10e5400f7",
            "cbd40325b70abdc8c7bc2d36fcbe91532d513916e0fb58cc7e9483dc427115aa445f9b4af1f8d9a580c24bb805c46730b1da"
        ),
        altered: ("10.00", "1.00"),
    },
    Sent {
        title: "WayForPay",
        own: ("", ""),
        headers: &[],
        body: concat!(
            r#"{"merchantAccount":"m","orderReference":"o","merchantSignature":"efe1c652de7de7ab47b3b1524a89ba1b","amount":1547.36,"#,
            r#""currency":"UAH","authCode":"5","cardPan":"4****1","transactionStatus":"Approved","reasonCode":1100}"#
        ),
        altered: ("Approved", "Declined"),
    },
    Sent {
        title: "Fondy",
        own: ("", ""),
        headers: &[],
        body: r#"{"order_id":"o","amount":"100","rrn":"","signature":"08a9665f60cb3d9678a6ae401efe4684603173ed"}"#,
        altered: ("100", "101"),
    },
    Sent {
        title: "Robokassa",
        own: ("", ""),
        headers: &[FORM],
        body: "OutSum=100.00&InvId=5&SignatureValue=28BA3B7E47179A946C389306D72DFAA7",
        altered: ("100.00", "1.00"),
    },
    Sent {
        title: "Wompi",
        own: ("", ""),
        headers: &[],
        body: concat!(
            r#"{"data":{"transaction":{"id":"T-1","amount_in_cents":4490000,"status":"APPROVED"}},"timestamp":1783001600,"#,
            r#""signature":{"checksum":"65556b8da33ea7945e41bf14aa8cf7eb3f5299474690911a8960ad6296f00bd3"}}"#
        ),
        altered: ("APPROVED", "DECLINED"),
    },
    Sent {
        title: "iyzico",
        own: ("", ""),
        headers: &[("X-IYZ-SIGNATURE-V3", "1d881d084640964a2c81bfe5b5133415135422b8d65ec5745b36e3b5d4abf8e4")],
        body: r#"{"iyziEventType":"API_AUTH","paymentId":1,"paymentConversationId":"c","status":"SUCCESS"}"#,
        altered: ("SUCCESS", "FAILURE"),
    },
    Sent {
        title: "PayTR",
        own: ("MERCHANT_SALT", "SALT"),
        headers: &[FORM],
        body: "merchant_oid=o1&status=success&total_amount=100&hash=KWpz8YQiClqiypJB%2BGC6Desexa%2F%2FQ6jQ78pOMK9ua4k%3D",
        altered: ("=100", "=101"),
    },
    Sent {
        title: "MyFatoorah",
        own: ("", ""),
        headers: &[("MyFatoorah-Signature", "iPVwHO/eBm4P8unccq9tJu+Be4r+XqoF2DXbki5xWOk=")],
        body: r#"{"Event":"x","Data":{"invoiceId":5,"CustomerEmail":null,"Amount":"1.0"}}"#,
        altered: ("1.0", "1.1"),
    },
    Sent {
        title: "DingTalk",
        own: ("", ""),
        headers: &[("sign", "+SBmqROyLaU4seGPcTEh0UY4WxACO2OpYP9n4Fb9cc8="), ("timestamp", "1783001600000")],
        body: "{}",
        altered: ("1783001600000", "1783001600001"),
    },
    Sent {
        title: "Zalo",
        own: ("APP_ID", "APPID"),
        headers: &[("X-ZEvent-Signature", "mac=26dd130660c644e9cf7ae013bb3b99bf0d91c8471a7dacdd82070cb5b3014f72")],
        body: r#"{"a":1,"timestamp":"1783001600000"}"#,
        altered: (r#""a":1"#, r#""a":2"#),
    },
    Sent {
        title: "SNAP",
        own: ("", ""),
        headers: &[
            ("X-SIGNATURE", "bmnP/CZNLhqT24ClLWOfcrg3tvf2tNawifVH7vRInu/EKlM0zpEPibCaF4NUzpiYzerDkAADCifE7U718SVntA=="),
            ("X-TIMESTAMP", "2026-07-02T14:13:20Z"),
        ],
        body: r#"{"a":1}"#,
        altered: (r#""a":1"#, r#""a":2"#),
    },
    Sent {
        title: "Higress",
        own: ("", ""),
        headers: &[
            ("Date", "Tue, 26 Aug 2025 11:28:00 GMT"),
            ("Digest", "SHA-256=AVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI="),
            (
                "Authorization",
                r#"Signature keyId="test1",algorithm="hmac-sha256",headers="@request-target date digest",signature="p3xeco+XmD19z/XcXoNQY0pIKJtdI4cD5IkoHntqFeE=""#,
            ),
        ],
        body: r#"{"a":1}"#,
        altered: (r#""a":1"#, r#""a":2"#),
    },
];

/// The scheme below the heading that begins with `title`.
fn scheme(sent: &Sent) -> Scheme {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(sent.title)).unwrap();
    let json = section.split("```json\n").nth(1).and_then(|text| text.split("```").next()).unwrap();
    let (constant, value) = sent.own;
    let json = if constant.is_empty() { json.to_owned() } else { json.replace(constant, value) };
    Scheme::from_json(&json).unwrap_or_else(|error| panic!("{}: {error}", sent.title))
}

#[test]
fn the_schemes_of_the_page_accept_deliveries_of_these_senders() {
    for sent in &DELIVERIES {
        let scheme = scheme(sent);
        let verify = |secret: &str, (from, to): (&str, &str)| {
            let headers: Vec<_> = sent.headers.iter().map(|(name, value)| (*name, value.replace(from, to))).collect();
            let body = sent.body.replace(from, to);
            let delivery = Delivery {
                method: "POST",
                url: if sent.title == "Higress" { "/hook" } else { "https://h.example/v1.0/notify" },
                headers: &headers[..],
                body: body.as_bytes(),
            };
            let verifier = scheme.verifier(Secret::new(secret)).unwrap();
            verifier.verify(&delivery, UNIX_EPOCH + Duration::from_secs(NOW)).map(|verified| verified.covers_body)
        };
        assert_eq!(verify("example-secret", ("", "")), Ok(scheme.covers_body()), "{}", sent.title);
        assert_eq!(verify("another-secret", ("", "")), Err(Rejection::Mismatch), "{}", sent.title);
        assert_eq!(verify("example-secret", sent.altered), Err(Rejection::Mismatch), "{}", sent.title);
    }
    let schemes = PAGE.matches("```json").count();
    assert_eq!(schemes, DELIVERIES.len(), "each scheme of the page has a delivery here");
}

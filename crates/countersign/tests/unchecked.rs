//! Verification is never disabled by accident: only an explicit `auth_method` NONE makes a verifier that accepts every
//! delivery.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::SystemTime;

use countersign::connection::AuthMethod;
use countersign::{
    Algorithm, ConfigError, ConfigErrorKind, Connection, Delivery, Encoding, Scheme, Secret, Signer, Verifier,
};

/// Valid connections without `auth_method`.
const WITHOUT_AUTH_METHOD: [&str; 5] = [
    "{}",
    r#"{"algorithm": "SHA_256"}"#,
    r#"{"algorithm": "INFER_FROM_HEADER", "signature_encoding": "HEXA_DECIMAL"}"#,
    r#"{"schema": "webhooks", "table": "orders", "sync_format": "Packed"}"#,
    r#"{"group_id": "g", "service": "webhooks", "config": {"schema": "webhooks", "table": "orders", "algorithm": "SHA_256"}}"#,
];

fn accepts_everything(verifier: &Verifier) -> bool {
    let headers = [("X-Fivetran-Hmac-Sign", "0000")];
    let delivery = Delivery { method: "POST", url: "", headers: &headers, body: b"forged" };
    verifier.verify(&delivery, SystemTime::now()).is_ok()
}

#[test]
fn a_connection_without_auth_method_makes_no_verifier() {
    for json in WITHOUT_AUTH_METHOD {
        let connection = Connection::from_json(json).unwrap();
        assert_eq!(connection.config.auth_method, None);
        let secret = [Secret::new("kept elsewhere")];
        let results: [Result<(), ConfigError>; 7] = [
            Verifier::from_connection(json).map(|_| ()),
            connection.verifier().map(|_| ()),
            connection.verifier_with(&[]).map(|_| ()),
            connection.verifier_with(&secret).map(|_| ()),
            connection.scheme().map(|_| ()),
            connection.signer(None).map(|_| ()),
            connection.signer_with(&secret, None).map(|_| ()),
        ];
        for error in results.map(Result::unwrap_err) {
            assert_eq!(error.kind(), ConfigErrorKind::InvalidConfig, "{json}: {error}");
            let field = if json.contains("config") { "config.auth_method" } else { "auth_method" };
            assert_eq!(error.field(), Some(field), "{json}: {error}");
            for word in ["HMAC", "TOKEN_BASED", r#""auth_method": "NONE""#] {
                assert!(error.message().contains(word), "{json}: {error} does not name {word}");
            }
        }
    }
}

#[test]
fn auth_method_none_accepts_everything() {
    for json in [
        r#"{"auth_method": "NONE"}"#,
        r#"{"auth_method": "NONE", "algorithm": "SHA_256", "signature_encoding": "BASE64"}"#,
        r#"{"group_id": "g", "service": "webhooks", "config": {"schema": "s", "table": "t", "auth_method": "NONE"}}"#,
    ] {
        let connection = Connection::from_json(json).unwrap();
        assert!(accepts_everything(&connection.verifier().unwrap()), "{json}");
        assert!(accepts_everything(&connection.verifier_with(&[]).unwrap()), "{json}");
    }
}

#[test]
fn a_secret_together_with_none_is_an_error() {
    for (json, field) in [
        (r#"{"auth_method": "NONE", "auth_secret": "do-not-show-me"}"#, "auth_secret"),
        (r#"{"auth_method": "NONE", "secrets": ["do-not-show-me"]}"#, "secrets"),
        (r#"{"auth_method": "NONE", "secrets": []}"#, "secrets"),
        (r#"{"auth_method": "NONE", "auth_secret": null}"#, "auth_secret"),
        (r#"{"auth_method": "NONE", "auth_header_key": "X-Sign"}"#, "auth_header_key"),
    ] {
        let error = Connection::from_json(json).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ConfigErrorKind::InvalidConfig, Some(field)), "{json}: {error}");
        assert!(!error.to_string().contains("do-not-show-me"), "{error}");
    }
    let connection = Connection::from_json(r#"{"auth_method": "NONE"}"#).unwrap();
    let error = connection.verifier_with(&[Secret::new("do-not-show-me")]).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ConfigErrorKind::InvalidConfig, Some("auth_secret")));
    assert!(error.message().contains("NONE") && !error.to_string().contains("do-not-show-me"), "{error}");
    let error = connection.scheme().unwrap().verifier(Secret::new("do-not-show-me\n")).unwrap_err();
    assert!(error.message().contains("NONE"), "{error}");
    // The fields are public; changing them has the same results.
    let mut changed = Connection::from_json(r#"{"auth_method": "HMAC", "auth_secret": "s"}"#).unwrap();
    changed.config.auth_method = None;
    assert_eq!(changed.verifier().unwrap_err().field(), Some("auth_method"));
    changed.config.auth_method = Some(AuthMethod::None);
    assert_eq!(changed.verifier().unwrap_err().field(), Some("auth_secret"));
}

#[test]
fn a_missing_secret_is_an_error() {
    let none = Vec::<Secret>::new;
    for result in [
        Verifier::hmac(Algorithm::Sha256, Encoding::Base64, none()),
        Verifier::infer(Encoding::Base64, none()),
        Verifier::token(none()),
        Verifier::preset("github", none()),
        Verifier::preset("gitlab", Secret::new("")),
        Scheme::preset("stripe").unwrap().verifier(none()),
        Verifier::from_connection(r#"{"auth_method": "HMAC"}"#),
        Verifier::from_connection(r#"{"auth_method": "TOKEN_BASED", "secrets": []}"#),
        Verifier::from_connection(r#"{"scheme": "github"}"#),
        Connection::from_json(r#"{"scheme": "github", "auth_secret": "s"}"#).unwrap().verifier_with(&[]),
    ] {
        assert_eq!(result.unwrap_err().kind(), ConfigErrorKind::EmptySecret);
    }
}

/// As the documents of every language say.
#[test]
fn zero_bytes_white_space_and_masks_are_no_secrets() {
    for (text, of_token) in [
        ("", ConfigErrorKind::EmptySecret),
        ("***", ConfigErrorKind::EmptySecret),
        ("\0\0", ConfigErrorKind::MalformedSecret),
        (" \t\r\n", ConfigErrorKind::MalformedSecret),
    ] {
        let secret = || Secret::new(text);
        let connection = Connection::from_json(r#"{"auth_method": "HMAC"}"#).unwrap();
        for result in [
            Verifier::hmac(Algorithm::Sha256, Encoding::Base64, secret()).map(drop),
            Verifier::infer(Encoding::Base64, vec![Secret::new("s"), secret()]).map(drop),
            Verifier::preset("github", secret()).map(drop),
            Verifier::preset("sanity", secret()).map(drop),
            connection.verifier_with(&[secret()]).map(drop),
            connection.signer_with(&[secret()], None).map(drop),
            Signer::hmac(Algorithm::Md5, Encoding::Base64, secret()).map(drop),
            Signer::preset("stripe", secret()).map(drop),
        ] {
            assert_eq!(result.unwrap_err().kind(), ConfigErrorKind::EmptySecret, "{text:?}");
        }
        assert_eq!(Verifier::token(secret()).unwrap_err().kind(), of_token, "{text:?}");
    }
    // They count once a secret is decoded.
    let zeros = Verifier::preset("standard-webhooks", Secret::new("whsec_AAAA"));
    assert_eq!(zeros.unwrap_err().kind(), ConfigErrorKind::EmptySecret);
}

#[test]
fn in_header_is_an_error_if_no_header_is_read() {
    let secret = || Secret::new("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056");
    let unchecked = Verifier::from_connection(r#"{"auth_method": "NONE"}"#).unwrap();
    for result in [
        unchecked.in_header("X-Sign").map(|_| ()),
        Verifier::preset("adyen", secret()).unwrap().in_header("X-Sign").map(|_| ()),
        Signer::preset("adyen", secret()).unwrap().in_header("X-Sign").map(|_| ()),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidConfig, "{error}");
        assert!(error.message().contains("header"), "{error}");
    }
    for verifier in
        [Verifier::preset("github", secret()), Verifier::preset("twilio", secret()), Verifier::token(secret())]
    {
        assert_eq!(verifier.unwrap().in_header("X-Sign").unwrap().header(), "X-Sign");
    }
}

//! Verifiers made without a connection.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::lanes::{Feature, Lanes};
use countersign::{Algorithm, ConfigErrorKind, Delivery, Encoding, Message, Rejection, Secret, Signer, Verifier};

fn assert_send_and_sync<T: Send + Sync + 'static>() {}

#[test]
fn verifiers_and_signers_are_send_and_sync() {
    assert_send_and_sync::<Verifier>();
    assert_send_and_sync::<Signer>();
    assert_send_and_sync::<countersign::Stream>();
}

#[test]
fn several_secrets_and_another_header_need_no_json() {
    let secrets = ["new", "old"].map(Secret::new);
    let verifier =
        Verifier::hmac(Algorithm::Sha512, Encoding::Base64Url, secrets).unwrap().in_header("X-Sign").unwrap();
    assert_eq!(verifier.header(), "X-Sign");
    let signer = Signer::hmac(Algorithm::Sha512, Encoding::Base64Url, Secret::new("old")).unwrap();
    let headers = signer.in_header("x-sign").unwrap().headers(&Message::new(b"body")).unwrap();
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"body" };
    // A clock before 1970 is no reason to reject a delivery without a timestamp.
    for now in [UNIX_EPOCH, UNIX_EPOCH - Duration::from_secs(1)] {
        assert_eq!(verifier.verify(&delivery, now).unwrap().secret_index, Some(1));
    }
    assert_eq!(verifier.verify(&Delivery { body: b"boby", ..delivery }, UNIX_EPOCH), Err(Rejection::Mismatch));
    let mut stream = verifier.streaming().unwrap().begin_signature(headers[0].1.as_bytes()).unwrap();
    stream.update(b"body");
    assert_eq!(stream.finish().unwrap().secret_index, Some(1));
}

#[test]
fn invalid_secrets_and_header_names_are_errors() {
    let hmac = |secrets: Vec<Secret>| Verifier::hmac(Algorithm::Md5, Encoding::Base64, secrets);
    assert_eq!(hmac(vec![]).unwrap_err().kind(), ConfigErrorKind::EmptySecret);
    assert_eq!(hmac(vec![Secret::new("")]).unwrap_err().kind(), ConfigErrorKind::EmptySecret);
    assert_eq!(hmac(vec![Secret::new("a"); 9]).unwrap_err().kind(), ConfigErrorKind::InvalidConfig);
    assert_eq!(Verifier::token(Secret::new("a\n")).unwrap_err().kind(), ConfigErrorKind::MalformedSecret);
    let error = Verifier::infer(Encoding::Base64, Secret::new("a")).unwrap().in_header("X Sign").unwrap_err();
    assert!(error.to_string().starts_with("not a header name: its character 2 is \" \"; allowed"));
}

#[test]
fn tokens_are_accepted_in_any_header() {
    let verifier = Verifier::token(["new", "old"].map(Secret::new)).unwrap().in_header("X-Api-Key").unwrap();
    assert_eq!(verifier.verify_signature(b"old", b"").unwrap().secret_index, Some(1));
    assert_eq!(verifier.verify_signature(b"Bearer old", b""), Err(Rejection::Mismatch));
}

#[test]
fn the_instruction_sets_do_not_change_the_verdict() {
    for (name, secret) in [("github", "It's a Secret to Everybody"), ("stripe", "whsec_secret"), ("shopify", "secret")]
    {
        let signer = Signer::preset(name, Secret::new(secret)).unwrap();
        let headers = signer.headers(&Message::new(b"body")).unwrap();
        let all = Lanes::detect();
        let sets = Feature::ALL.into_iter().map(|feature| (Some(feature), all.without(feature)));
        for (excluded, lanes) in sets.chain([(None, Lanes::PORTABLE)]) {
            let verifier = Verifier::preset(name, Secret::new(secret)).unwrap().lanes(lanes);
            let in_header = verifier.clone().in_header(&headers.last().unwrap().0).unwrap();
            for verifier in [verifier, in_header] {
                // Only `Debug` shows which instruction sets a verifier uses.
                assert!(format!("{verifier:?}").contains(&format!("{lanes:?}")), "{verifier:?} without {excluded:?}");
                for (body, is_authentic) in [(&b"body"[..], true), (b"boby", false)] {
                    let delivery = Delivery { method: "POST", url: "", headers: &headers[..], body };
                    assert_eq!(verifier.verify(&delivery, SystemTime::now()).is_ok(), is_authentic, "{name} {lanes:?}");
                }
            }
        }
    }
}

/// Such a secret could never be used, so the two times are probably swapped.
#[test]
fn a_secret_with_not_before_after_not_after_is_an_error() {
    let (early, late) = (UNIX_EPOCH + Duration::from_secs(3), UNIX_EPOCH + Duration::from_secs(9));
    let github =
        |old: Secret| Verifier::preset("github", [Secret::new("new"), old]).err().map(|error| error.to_string());
    let error = Some("secret 1 can never be used: its not_before is later than its not_after; swap them".to_owned());
    assert_eq!(github(Secret::new("old").not_before(late).not_after(early)), error);
    assert_eq!(github(Secret::new("old").not_before(early).not_after(late)), None);
    assert_eq!(github(Secret::new("old").not_before(early).not_after(early)), None);
}

/// Most users of GitLab have its older token, which has its own preset.
#[test]
fn a_malformed_gitlab_secret_suggests_the_token_preset() {
    let error = |name: &str, secret: &str| Verifier::preset(name, Secret::new(secret)).unwrap_err().to_string();
    assert!(error("gitlab", "my token!").ends_with("it is a token, for the preset gitlab-token"));
    assert!(!error("svix", "my token!").contains("it is a token"));
}

//! `Debug` and error messages show no secret, token, key or tag.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use countersign_core::hazmat::{Claim, chaining};
use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Encoding, Head, Key, Rejection, Scheme, SetupError, SignedTag, Stream,
    Timestamp, Verifier,
};

const SECRET: &str = "recognisable-secret-of-the-operator";
const TOKEN: &str = "recognisable-token-of-the-operator";
const BODY: &[u8] = b"recognisable-body-of-the-sender";
const HEADER: &str = "X-Sign";

fn verifier(algorithm: Algorithm) -> Verifier<[Key; 1]> {
    let scheme = Scheme::hmac(HEADER, AlgorithmRule::Fixed(algorithm), Encoding::HexaDecimal);
    Verifier::new(scheme, [Key::hmac(algorithm, SECRET.as_bytes()).unwrap()]).unwrap()
}

fn inferring() -> Verifier<Vec<Key>> {
    let scheme = Scheme::hmac(HEADER, AlgorithmRule::Infer { header: "X-Algorithm" }, Encoding::Base64);
    let keys = Algorithm::ALL.map(|algorithm| Key::hmac(algorithm, SECRET.as_bytes()).unwrap());
    Verifier::new(scheme, keys.to_vec()).unwrap()
}

fn token_verifier() -> Verifier<[Key; 1]> {
    Verifier::new(Scheme::token("Authorization"), [Key::token(TOKEN.as_bytes()).unwrap()]).unwrap()
}

fn sign(algorithm: Algorithm) -> SignedTag {
    Key::hmac(algorithm, SECRET.as_bytes()).unwrap().sign(&[BODY]).unwrap()
}

/// A stream in the middle of the body: it contains keys, a received tag and a part of the body.
fn stream(algorithm: Algorithm) -> Stream {
    let signature = hex::encode(sign(algorithm).as_bytes());
    let mut stream = verifier(algorithm)
        .streaming()
        .unwrap()
        .begin_signature(signature.as_bytes(), Timestamp::from_seconds(0))
        .unwrap();
    stream.update(BODY);
    stream
}

/// The texts that must not be printed: secrets as text, hex, base64, and byte lists as a derived `Debug` prints them.
/// Eight bytes of each are enough to find it.
fn forbidden() -> Vec<String> {
    let mut secrets: Vec<Vec<u8>> = [SECRET.as_bytes(), TOKEN.as_bytes(), BODY].map(<[u8]>::to_vec).to_vec();
    secrets.extend(Algorithm::ALL.map(|algorithm| sign(algorithm).as_bytes().to_vec()));
    // The hash of the token, which is stored instead of the token.
    secrets.push(<sha2::Sha256 as sha2::Digest>::digest(TOKEN).to_vec());
    let mut spellings = Vec::new();
    for secret in &secrets {
        for front in [&secret[..8], &secret[4..12]] {
            spellings.push(String::from_utf8_lossy(front).into_owned());
            spellings.push(hex::encode(front));
            spellings.push(hex::encode_upper(front));
            let list: Vec<String> = front.iter().map(u8::to_string).collect();
            spellings.push(list.join(", "));
            spellings.push(list.join(",\n"));
        }
        // Eight characters of base64 stand for six bytes.
        spellings.push(STANDARD_NO_PAD.encode(&secret[..6]));
        spellings.push(URL_SAFE_NO_PAD.encode(&secret[..6]));
    }
    spellings
}

#[test]
fn debug_shows_nothing_secret() {
    let headers = [("Authorization", TOKEN), (HEADER, &hex::encode(sign(Algorithm::Sha256).as_bytes()))];
    let delivery = Delivery { method: "POST", url: "/hooks", headers: &headers, body: BODY };
    let now = Timestamp::from_seconds(0);
    let mut printed = Vec::new();
    let mut print = |value: &dyn std::fmt::Debug| printed.extend([format!("{value:?}"), format!("{value:#?}")]);
    for algorithm in Algorithm::ALL {
        let verifier = verifier(algorithm);
        print(&algorithm);
        print(&Key::hmac(algorithm, SECRET.as_bytes()));
        print(&sign(algorithm));
        print(&stream(algorithm));
        print(verifier.scheme());
        print(&verifier.verify(&delivery, now));
        print(&verifier);
    }
    print(&Key::token(TOKEN.as_bytes()));
    print(&token_verifier());
    print(
        &token_verifier()
            .streaming()
            .unwrap()
            .begin(&Head { method: "", url: "", headers: &headers }, Timestamp::from_seconds(0)),
    );
    print(&token_verifier().verify(&delivery, now));
    print(&inferring());
    print(&inferring().verify(&delivery, now));
    print(&Verifier::new(Scheme::<&str>::None, []));
    print(&Verifier::new(Scheme::<&str>::None, [Key::token(TOKEN.as_bytes()).unwrap()]));
    print(&delivery);
    print(&AlgorithmRule::Infer { header: "X-Algorithm" });
    print(&Encoding::ALL);
    print(&Rejection::ALL);
    print(&[
        SetupError::EmptySecret,
        SetupError::UnsendableToken,
        SetupError::TooManySecrets,
        SetupError::UnsuitableKey,
    ]);
    print(&now);

    assert!(printed.len() > 100, "only {} texts", printed.len());
    for text in &printed {
        for spelling in forbidden() {
            assert!(!text.contains(&spelling), "{spelling} is printed in {text}");
        }
    }
}

/// Error messages are logged too.
#[test]
fn error_messages_show_nothing_secret() {
    let token_with_space = format!("{TOKEN} ");
    let error = Key::token(token_with_space.as_bytes()).unwrap_err().to_string();
    assert!(!error.contains(TOKEN), "{error}");
    let mismatch =
        token_verifier().verify_signature(SECRET.as_bytes(), BODY, Timestamp::from_seconds(0)).unwrap_err().to_string();
    assert!(!mismatch.contains(SECRET) && !mismatch.contains(TOKEN), "{mismatch}");
}

/// The exact output, so that a field that is added later is noticed.
#[test]
fn the_debug_output_of_types_with_secrets_is_fixed() {
    let debug = |value: &dyn std::fmt::Debug| format!("{value:?}");
    assert_eq!(debug(&Key::hmac(Algorithm::Sha256, SECRET.as_bytes()).unwrap()), "Key(SHA_256, …)");
    assert_eq!(debug(&Key::hmac(Algorithm::Md5, SECRET.as_bytes()).unwrap()), "Key(MD5, …)");
    assert_eq!(debug(&Key::token(TOKEN.as_bytes()).unwrap()), "Key(token, …)");
    assert_eq!(debug(&sign(Algorithm::Sha256)), "SignedTag(…)");
    assert_eq!(debug(&stream(Algorithm::Sha256)), "Stream { .. }");
    assert_eq!(
        debug(
            &token_verifier()
                .streaming()
                .unwrap()
                .begin_signature(TOKEN.as_bytes(), Timestamp::from_seconds(0))
                .unwrap()
        ),
        "Stream { .. }"
    );
    assert_eq!(
        debug(&token_verifier()),
        "Verifier { scheme: Token { header: \"Authorization\" }, keys: [Key(token, …)], .. }"
    );
    assert_eq!(
        debug(&verifier(Algorithm::Sha1)),
        "Verifier { scheme: Hmac(HmacScheme { header: \"X-Sign\", format: Bare, algorithm: Fixed(Sha1), encoding: \
         HexaDecimal, signed: None, timestamp: None, id: None }), keys: [Key(SHA_1, …)], .. }"
    );
    let headers = [("Authorization", TOKEN)];
    let delivery = Delivery { method: "POST", url: "/hooks", headers: &headers, body: BODY };
    assert_eq!(debug(&delivery), "Delivery { method: \"POST\", body_len: 31, .. }");
    assert_eq!(debug(&delivery.head()), "Head { method: \"POST\", .. }");
    let key = Key::hmac(Algorithm::Sha256, SECRET.as_bytes()).unwrap();
    assert_eq!(debug(&chaining(&key).unwrap()), "Chaining(…)");
    assert_eq!(debug(&Claim::empty()), "Claim { algorithm: Sha256, .. }");
    let signature = hex::encode(sign(Algorithm::Sha256).as_bytes());
    let signed = Delivery { method: "POST", url: "/hooks", headers: &[(HEADER, &*signature)], body: BODY };
    let identity = verifier(Algorithm::Sha256).identify(&signed).unwrap();
    assert_eq!(debug(&identity), "Identity(…)");
}

//! `Debug` shows no secret, neither of a secret itself nor of types that contain one.

use std::fmt::Debug;
use std::io;

use countersign::{Algorithm, Connection, Encoding, Message, Secret, Signer, Verifier};

const SECRET: &str = "do-not-show-me";

/// Checks that `Debug`, plain and pretty, shows neither the secret nor the signature made with it.
fn assert_hidden(value: &impl Debug, signature: &str) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!text.contains(SECRET), "{text}");
        assert!(!text.contains(&format!("{:?}", SECRET.as_bytes())), "{text}");
        assert!(!text.contains(signature), "{text}");
    }
}

#[test]
fn debug_shows_no_secret() -> io::Result<()> {
    let json = format!(
        r#"{{"auth_method": "HMAC", "auth_secret": "{SECRET}", "secrets": ["{SECRET}"], "bucket_service": "AZURE",
            "blob_sas_url": "https://example.com/?sig={SECRET}", "signature_encoding": "HEXA_DECIMAL"}}"#
    );
    let connection = Connection::from_json(&json).map_err(io::Error::other)?;
    let signer = connection.signer(None).map_err(io::Error::other)?;
    let signature = signer.signature(&Message::new(b"body")).map_err(io::Error::other)?;
    assert_hidden(&Secret::new(SECRET), &signature);
    assert_hidden(&connection, &signature);
    assert_hidden(&connection.verifier().map_err(io::Error::other)?, &signature);
    assert_hidden(&signer, &signature);
    assert_hidden(&Verifier::token(Secret::new(SECRET)).map_err(io::Error::other)?, &signature);
    assert_hidden(&Verifier::infer(Encoding::Base64, Secret::new(SECRET)).map_err(io::Error::other)?, &signature);
    assert_eq!(format!("{:?}", Secret::new(SECRET)), "Secret(…)");
    let signer = Signer::hmac(Algorithm::Sha256, Encoding::Base64, Secret::new(SECRET)).map_err(io::Error::other)?;
    assert_eq!(
        format!("{signer:?}"),
        "Signer { verifier: Verifier { scheme: Hmac(HmacScheme { header: \"X-Fivetran-Hmac-Sign\", format: Bare, \
         algorithm: Fixed(Sha256), encoding: Base64, signed: None, timestamp: None, id: None }), \
         keys: [Key(SHA_256, …)], .. }, .. }"
    );
    Ok(())
}

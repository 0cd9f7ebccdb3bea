//! Connections: their fields, the errors of invalid ones, and the verifiers and signers made from them.

use countersign::connection::{
    AlgorithmSetting, AuthMethod, Bucket, DataDelaySensitivity, NetworkingMethod, ScheduleType, SchemaNames, SyncFormat,
};
use std::time::{Duration, SystemTime};

use countersign::{
    Algorithm, ConfigErrorKind, Connection, Delivery, Encoding, Message, Rejection, Scheme, Secret, Verifier,
};

/// A whole request with every field.
const REQUEST: &str = r#"{
  "group_id": "projected_sickle",
  "service": "webhooks",
  "trust_certificates": true,
  "trust_fingerprints": false,
  "run_setup_tests": true,
  "paused": false,
  "pause_after_trial": true,
  "sync_frequency": 1440,
  "data_delay_sensitivity": "CUSTOM",
  "data_delay_threshold": 30,
  "daily_sync_time": "14:00",
  "schedule_type": "auto",
  "connect_card_config": {"redirect_uri": "https://example.com/done", "hide_setup_guide": true},
  "proxy_agent_id": "agent",
  "private_link_id": "link",
  "networking_method": "Directly",
  "hybrid_deployment_agent_id": "hybrid",
  "destination_configuration": {"virtual_warehouse": "WAREHOUSE"},
  "destination_schema_names": "FIVETRAN_NAMING",
  "config": {
    "schema": "webhooks",
    "table": "orders",
    "auth_method": "HMAC",
    "auth_secret": "new",
    "secrets": ["old"],
    "auth_header_key": "X-Sign",
    "algorithm": "INFER_FROM_HEADER",
    "algorithm_header_key": "X-Algorithm",
    "accept": ["SHA_256", "SHA_512"],
    "signature_encoding": "HEXA_DECIMAL",
    "bucket_service": "S3",
    "s3_bucket": "events",
    "s3_role_arn": "arn:aws:iam::123456789012:role/example",
    "sync_format": "Packed"
  }
}"#;

/// The guide's page shows connections that can be used, and says what a secret with an end means.
#[test]
fn the_connections_of_the_guide_can_be_used() {
    let page = include_str!("../guide/connections.md");
    let shown: Vec<_> = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let verifiers: Vec<_> = shown.iter().map(|json| Verifier::from_connection(json).unwrap()).collect();
    assert_eq!(verifiers.len(), 2);
    let signer = Connection::from_json(r#"{"auth_method": "HMAC", "auth_secret": "old one"}"#).unwrap();
    let signer = signer.signer(None).unwrap();
    let headers = signer.headers(&Message::new(b"{}")).unwrap();
    // 2026-12-31T23:59:59Z and the second after it.
    for (seconds, expected) in [(1_798_761_599, Ok(1)), (1_798_761_600, Err(Rejection::Mismatch))] {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let lines: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let delivery = Delivery { method: "POST", url: "", headers: &lines[..], body: b"{}" };
        let verdict = verifiers[1].verify(&delivery, now).map(|verified| verified.secret_index.unwrap());
        assert_eq!(verdict, expected);
    }
}

#[test]
fn every_field_of_a_whole_request_is_read() {
    let Connection { request, config, .. } = Connection::from_json(REQUEST).unwrap();
    let request = request.unwrap();
    assert_eq!(request.group_id, "projected_sickle");
    assert_eq!(request.trust_certificates, Some(true));
    assert_eq!(request.trust_fingerprints, Some(false));
    assert_eq!(request.run_setup_tests, Some(true));
    assert_eq!(request.paused, Some(false));
    assert_eq!(request.pause_after_trial, Some(true));
    assert_eq!(request.sync_frequency, Some(1440));
    assert_eq!(request.data_delay_sensitivity, Some(DataDelaySensitivity::Custom));
    assert_eq!(request.data_delay_threshold, Some(30));
    assert_eq!(request.daily_sync_time.as_deref(), Some("14:00"));
    assert_eq!(request.schedule_type, Some(ScheduleType::Auto));
    assert_eq!(request.redirect_uri.as_deref(), Some("https://example.com/done"));
    assert_eq!(request.hide_setup_guide, Some(true));
    assert_eq!(request.proxy_agent_id.as_deref(), Some("agent"));
    assert_eq!(request.private_link_id.as_deref(), Some("link"));
    assert_eq!(request.networking_method, Some(NetworkingMethod::Directly));
    assert_eq!(request.hybrid_deployment_agent_id.as_deref(), Some("hybrid"));
    assert_eq!(request.virtual_warehouse.as_deref(), Some("WAREHOUSE"));
    assert_eq!(request.destination_schema_names, Some(SchemaNames::Fivetran));
    assert_eq!(config.schema.as_deref(), Some("webhooks"));
    assert_eq!(config.table.as_deref(), Some("orders"));
    assert_eq!(config.auth_method, Some(AuthMethod::Hmac));
    assert_eq!(config.secrets.len(), 2);
    assert_eq!(config.auth_header_key.as_deref(), Some("X-Sign"));
    assert_eq!(config.algorithm, AlgorithmSetting::InferFromHeader);
    assert_eq!(config.algorithm_header_key.as_deref(), Some("X-Algorithm"));
    assert_eq!(config.accept, [Algorithm::Sha256, Algorithm::Sha512]);
    assert_eq!(config.signature_encoding, Encoding::HexaDecimal);
    assert!(matches!(config.bucket, Bucket::S3 { bucket, .. } if bucket == "events"));
    assert_eq!(config.sync_format, SyncFormat::Packed);
}

/// A service keeps what a file may not hold, and says that it has no effect.
#[test]
fn a_service_lists_the_fields_that_have_no_effect() {
    let read = |config: &str, outer: &str| {
        let json = format!(
            r#"{{"group_id": "g", "service": "webhooks", {outer} "config": {{"schema": "s", "table": "t", {config}}}}}"#
        );
        let (connection, idle) = Connection::for_service(&json).unwrap_or_else(|error| panic!("{config}: {error}"));
        let strict = Connection::from_json(&json);
        // What is listed is what is an error elsewhere.
        assert_eq!(idle.is_empty(), strict.is_ok(), "{config}: {strict:?}");
        // In the same words, but for fields that are unknown elsewhere.
        if let (Some(first), Err(error), true) = (idle.first(), strict, outer.is_empty()) {
            assert_eq!((error.field(), error.message()), (Some(&*first.field), &*first.message));
        }
        (connection, idle.into_iter().map(|idle| idle.field).collect::<Vec<_>>())
    };
    let hmac = r#""auth_method": "HMAC", "auth_secret": "x""#;
    let with = |fields: &str| format!("{hmac}, {fields}");
    for (config, outer, expected) in [
        (hmac, "", &[][..]),
        (&with(r#""s3_bucket": "b", "gcs_bucket": "g""#), "", &["config.s3_bucket", "config.gcs_bucket"]),
        (&with(r#""bucket_service": "GCS", "gcs_bucket": "g", "blob_sas_url": "u""#), "", &["config.blob_sas_url"]),
        (
            &with(r#""accept": ["MD5"], "algorithm_header_key": "X-A""#),
            "",
            &["config.accept", "config.algorithm_header_key"],
        ),
        (r#""auth_secret": "x""#, "", &["config.auth_secret"]),
        (r#""auth_header_key": "X-A""#, "", &["config.auth_header_key"]),
        (r#""auth_method": "NONE", "auth_secret": "x""#, "", &["config.auth_secret"]),
        (r#""scheme": "github", "auth_secret": "x", "algorithm": "SHA_256""#, "", &["config.algorithm"]),
        (
            hmac,
            r#""schedule": {}, "external_secrets_manager_id": "m", "connect_card_config": {"all_fields": true},"#,
            &["schedule", "external_secrets_manager_id", "connect_card_config.all_fields"],
        ),
    ] {
        assert_eq!(read(config, outer).1, expected, "{config} {outer}");
    }
    // One that is not complete verifies nothing.
    let (incomplete, _) = read(r#""auth_secret": "x""#, "");
    assert_eq!(incomplete.verifier().unwrap_err().field(), Some("config.auth_method"));
    // Whatever is wrong otherwise is wrong here too.
    for config in [r#""s3_bucket": 7"#, r#""colour": "red""#, r#""auth_method": "hmac""#, r#""bucket_service": "S3""#] {
        let json = format!(
            r#"{{"group_id": "g", "service": "webhooks", "config": {{"schema": "s", "table": "t", {config}}}}}"#
        );
        assert_eq!(Connection::for_service(&json).unwrap_err().kind(), ConfigErrorKind::InvalidConfig, "{config}");
    }
    assert!(Connection::for_service(r#"{"auth_method": "NONE"}"#).is_err());
}

/// A service may open a bucket with credentials of its own; whoever verifies deliveries learns that the role is missing.
#[test]
fn a_service_needs_no_role_for_a_bucket() {
    let read = |config: &str| {
        let json = format!(
            r#"{{"group_id": "g", "service": "webhooks", "config": {{"schema": "s", "table": "t", "auth_method": "NONE", {config}}}}}"#
        );
        let (of_service, of_file) = (Connection::for_service(&json), Connection::for_service_file(&json));
        (of_service.map(|(connection, _)| connection), of_file, Connection::from_json(&json))
    };
    let (of_service, of_file, strict) = read(r#""bucket_service": "S3", "s3_bucket": "b""#);
    for connection in [of_service, of_file] {
        let bucket = connection.unwrap().config.bucket;
        assert!(matches!(&bucket, Bucket::S3 { bucket, role_arn: None } if bucket == "b"), "{bucket:?}");
    }
    assert!(strict.unwrap_err().to_string().contains("\"s3_role_arn\" is missing"));
    // An empty one is no role, and other fields are as necessary as elsewhere.
    for config in [
        r#""bucket_service": "S3", "s3_bucket": "b", "s3_role_arn": """#,
        r#""bucket_service": "S3", "s3_role_arn": "r""#,
        r#""bucket_service": "GCS""#,
        r#""bucket_service": "AZURE""#,
    ] {
        let (of_service, of_file, strict) = read(config);
        assert!(of_service.is_err() && of_file.is_err() && strict.is_err(), "{config}");
    }
    // In a file, what has no effect is an error.
    let (of_service, of_file, strict) = read(r#""s3_bucket": "b""#);
    assert!(of_service.is_ok());
    assert_eq!(of_file.unwrap_err().to_string(), strict.unwrap_err().to_string());
}

#[test]
fn defaults_are_those_of_the_service() {
    let config = Connection::from_json("{}").unwrap().config;
    assert_eq!(config.auth_method, None);
    assert_eq!(config.algorithm, AlgorithmSetting::Fixed(Algorithm::Sha256));
    assert_eq!(config.signature_encoding, Encoding::Base64);
    assert_eq!(config.sync_format, SyncFormat::Unpacked);
    assert!(matches!(config.bucket, Bucket::Fivetran));
}

/// The whole request with `text` replaced.
fn with(text: &str, replacement: &str) -> String {
    assert!(REQUEST.contains(text), "{text}");
    REQUEST.replace(text, replacement)
}

#[test]
fn errors_name_line_field_value_and_allowed_values() {
    for (json, message) in [
        (
            with(r#""algorithm": "INFER_FROM_HEADER""#, r#""algorithm": "SHA256""#),
            "line 28: config.algorithm: found \"SHA256\"; allowed are SHA_256, SHA_512, SHA_384, SHA_224, SHA_1, MD5, \
             INFER_FROM_HEADER; did you mean \"SHA_256\"?",
        ),
        (
            with(r#""auth_header_key": "X-Sign""#, r#""auth_heder_key": "X-Sign""#),
            "line 27: config.auth_heder_key: unknown field; did you mean \"auth_header_key\"?",
        ),
        (with(r#""paused": false"#, r#""paused": "no""#), "line 7: paused: found a text; expected true or false"),
        (
            with(r#""sync_frequency": 1440"#, r#""sync_frequency": 7"#),
            "line 9: sync_frequency: found 7; allowed are 1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440 (minutes)",
        ),
        (
            with(r#""sync_frequency": 1440"#, r#""sync_frequency": -1"#),
            "line 9: sync_frequency: found -1; expected a whole number up to 4294967295",
        ),
        (
            with(r#""14:00""#, r#""24:00""#),
            "line 12: daily_sync_time: found \"24:00\"; expected a time of day such as \"14:00\"",
        ),
        (
            with(r#""service": "webhooks""#, r#""service": "webhook""#),
            "line 3: service: found \"webhook\"; allowed are webhooks; did you mean \"webhooks\"?",
        ),
        (with(r#"    "schema": "webhooks","#, ""), "line 21: config: the field \"schema\" is missing; it is required"),
        (with(r#""group_id": "projected_sickle","#, ""), "line 1: the field \"group_id\" is missing; it is required"),
        (
            with(r#""accept": ["SHA_256", "SHA_512"]"#, r#""accept": ["SHA_256", "SHA-512"]"#),
            "line 30: config.accept[1]: found \"SHA-512\"; allowed are MD5, SHA_1, SHA_224, SHA_256, SHA_384, SHA_512; \
             did you mean \"SHA_512\"?",
        ),
        (
            with(r#""s3_bucket": "events","#, ""),
            "line 21: config: the field \"s3_bucket\" is missing; bucket_service S3 requires it",
        ),
        (
            with(r#""bucket_service": "S3""#, r#""bucket_service": "GCS", "gcs_bucket": "b""#),
            "line 33: config.s3_bucket: has a meaning only with bucket_service S3",
        ),
        (
            with(r#""algorithm_header_key": "X-Algorithm""#, r#""algorithm_header_key": "x-sign""#),
            "line 29: config.algorithm_header_key: the header x-sign cannot hold both the signature and the algorithm; name \
             another one",
        ),
        (
            with(r#""table": "orders""#, "\"ta\\nb\\u001b[31mle\": \"orders\""),
            "line 23: config: field number 2 is unknown; its name is not repeated here, since it could be a secret",
        ),
        (
            with(r#""X-Sign""#, r#""\ud800""#),
            "line 27: config.auth_header_key: not valid JSON: unexpected end of hex escape",
        ),
        (
            with(r#""X-Sign","#, r#""X-Sign", "id_from": ["json:/id", "X-Id"],"#),
            "line 27: config.id_from[1]: found \"X-Id\"; allowed are header:NAME, json:/POINTER, query:NAME and form:NAME",
        ),
        (
            with(r#""X-Sign","#, r#""X-Sign", "id_form": "json:/id","#),
            "line 27: config.id_form: unknown field; did you mean \"id_from\"?",
        ),
        (with(r#""X-Sign","#, r#""X-Sign""#), "line 28: not valid JSON: expected `,` or `}` (column 5)"),
        (
            with(r#""paused": false,"#, r#""paused": false, "paused": true,"#),
            "line 7: paused: stands twice; only one can count, so leave one out",
        ),
    ] {
        let error = Connection::from_json(&json).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.kind(), ConfigErrorKind::InvalidConfig);
    }
}

/// A secret that a slip of the pen has put where a name belongs.
#[test]
fn a_secret_in_a_wrong_place_is_not_repeated() {
    for secret in ["s3cr3t", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "p@ss w0rd/=", "swordfish"] {
        for json in [
            format!(r#"{{"auth_method": "{secret}", "auth_secret": "HMAC"}}"#),
            format!(r#"{{"auth_method": "HMAC", "auth_secret": "SHA_256", "algorithm": "{secret}"}}"#),
            format!(r#"{{"auth_method": "HMAC", "auth_secret": "a", "signature_encoding": "{secret}"}}"#),
            format!(r#"{{"auth_method": "HMAC", "auth_secret": "a", "accept": ["{secret}"]}}"#),
            format!(r#"{{"auth_method": "HMAC", "{secret}": "auth_secret"}}"#),
            format!(r#"{{"auth_method": "HMAC", "secrets": [{{"{secret}": "secret"}}]}}"#),
            format!(r#"{{"auth_method": "HMAC", "secrets": [{{"secret": "a", "not_before": "{secret}"}}]}}"#),
            format!(r#"{{"auth_secret": "X-Sign", "auth_method": "HMAC", "auth_header_key": "{secret}="}}"#)
                .replace("==", "="),
            format!(r#"{{"service": "{secret}", "config": {{}}}}"#),
        ] {
            let error = Connection::from_json(&json).and_then(|read| read.verifier()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(secret), "{json}: {error}");
        }
        let error = Scheme::preset(secret).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    }
    let error = Connection::from_json("{\"auth_method\": \"HMAC\",\n\"s3cr3t\": \"auth_secret\"}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2: field number 2 is unknown; its name is not repeated here, since it could be a secret; its value is the name \
         of a field: are they swapped?"
    );
}

#[test]
fn errors_say_what_to_do() {
    for (json, message) in [
        ("nonsense", "line 1: not valid JSON: expected value (column 2)"),
        (
            "etc/connection.json",
            "line 1: not valid JSON: expected value (column 1); this looks like the name of a file: give what the file contains",
        ),
        (
            "./connection",
            "line 1: not valid JSON: expected value (column 1); this looks like the name of a file: give what the file contains",
        ),
        (
            r#"{"auth_method": "HMAC", "auth_secret": "a", "signature_encoding": "hex"}"#,
            "line 1: signature_encoding: found \"hex\"; allowed are BASE64, HEXA_DECIMAL, BASE64_URL; did you mean \
             \"HEXA_DECIMAL\"?",
        ),
        (
            r#"{"auth_method": "HMAC", "auth_secret": "a", "algorithm": "INFER_FROM_HEADER", "accept": ["MD5", "MD5"]}"#,
            "line 1: accept[1]: MD5 stands twice; leave one out",
        ),
        (
            r#"{"scheme": {"signature": {"header": []}, "algorithm": "MD5", "encoding": "BASE64"}, "auth_secret": "a"}"#,
            "line 1: scheme.signature.header: an empty list names nothing; give the name of the header, or a list of names",
        ),
        (
            r#"{"auth_method": "NONE", "id_from": []}"#,
            "line 1: id_from: names 1 to 8 places; leave the field out if there is no id",
        ),
        (
            r#"{"auth_method": "NONE", "id_from": [["json:/id"]]}"#,
            "line 1: id_from[0]: a list of places that are joined has 2 to 8 of them",
        ),
        (
            r#"{"auth_method": "NONE", "id_from": "json:id"}"#,
            "line 1: id_from: json: needs a pointer that begins with a slash, such as json:/id",
        ),
        (
            r#"{"scheme": "svix", "auth_secret": "no base64!"}"#,
            "auth_secret: the secret is not the BASE64 text that the scheme requires; copy all of it, as the sender shows \
             it, or set secret to UTF_8 in the scheme if its text is the key",
        ),
        (
            r#"{"scheme": "svix", "auth_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"}"#,
            "auth_secret: the secret is not the BASE64 text that the scheme requires; copy all of it, as the sender shows \
             it, or set secret to UTF_8 in the scheme if its text is the key; it begins or ends with a space or a line \
             break, which is not part of it",
        ),
        (
            r#"{"auth_method": "HMAC", "secrets": ["1", "2", "3", "4", "5", "6", "7", "8", "9"]}"#,
            "auth_secret: more than 8 secrets; leave out those with which no sender signs any more",
        ),
    ] {
        let error = Connection::from_json(json).and_then(|connection| connection.verifier()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn no_error_shows_a_secret() {
    let secret = "do-not-show-me";
    for json in [
        format!(r#"{{"auth_secret": "{secret}"}}"#),
        format!(r#"{{"auth_method": "HMAC", "auth_secrt": "{secret}"}}"#),
        format!(r#"{{"auth_method": "HMAC", "auth_secret": ["{secret}"]}}"#),
        format!(r#"{{"auth_method": "HMAC", "auth_secret": "{secret}", "auth_secret": "{secret}"}}"#),
        format!(r#"{{"auth_method": "HMAC", "auth_secret": "{secret}" "#),
        format!(r#"{{"auth_method": "HMAC", "auth_secret": "{secret}\q"}}"#),
        format!(r#"{{"auth_method": "HMAC", "auth_secret": {secret}}}"#),
        format!(r#"{{"auth_method": "TOKEN_BASED", "auth_secret": " {secret}"}}"#),
        format!(r#"{{"auth_method": "HMAC", "secrets": {{"a": "{secret}"}}}}"#),
        format!(r#"{{"auth_method": "HMAC", "auth_secret": "x", "bucket_service": "S3", "blob_sas_url": "{secret}"}}"#),
    ] {
        let error = Connection::from_json(&json).and_then(|connection| connection.verifier()).unwrap_err();
        assert!(!error.to_string().contains(secret), "{error}");
        assert!(!format!("{error:?}").contains(secret), "{error:?}");
    }
}

#[test]
fn secrets_may_be_kept_outside_the_connection() {
    let connection = Connection::from_json(r#"{"auth_method": "HMAC"}"#).unwrap();
    let missing = connection.verifier().unwrap_err();
    assert_eq!(missing.to_string(), "auth_secret: auth_method HMAC needs a secret, and there is none");
    let verifier = connection.verifier_with(&[Secret::new("elsewhere")]).unwrap();
    let signature =
        connection.signer_with(&[Secret::new("elsewhere")], None).unwrap().signature(&Message::new(b"body")).unwrap();
    assert!(verifier.verify_signature(signature.as_bytes(), b"body").is_ok());
}

#[test]
fn a_connection_accepts_its_own_signatures() {
    for setting in ["SHA_256", "SHA_512", "SHA_384", "SHA_224", "SHA_1", "MD5", "INFER_FROM_HEADER"] {
        for encoding in Encoding::ALL {
            let json = format!(
                r#"{{"auth_method": "HMAC", "auth_secret": "s", "algorithm": "{setting}", "signature_encoding": "{encoding}"}}"#
            );
            let connection = Connection::from_json(&json).unwrap();
            let verifier = connection.verifier().unwrap();
            let algorithms =
                Algorithm::ALL.into_iter().filter(|it| it.name() == setting || setting == "INFER_FROM_HEADER");
            for algorithm in algorithms {
                let signer = connection.signer(Some(algorithm)).unwrap();
                let headers = signer.headers(&Message::new(b"body")).unwrap();
                assert_eq!(headers[0].0, "X-Fivetran-Hmac-Sign");
                let result = verifier.verify_signature(headers[0].1.as_bytes(), b"body").unwrap();
                assert_eq!(result.algorithm, Some(algorithm));
            }
        }
    }
    let fixed = Connection::from_json(r#"{"auth_method": "HMAC", "auth_secret": "s"}"#).unwrap();
    let error = fixed.signer(Some(Algorithm::Md5)).unwrap_err();
    assert_eq!(error.to_string(), "MD5 is not taken here; allowed are SHA_256");
    let token = Connection::from_json(r#"{"auth_method": "TOKEN_BASED", "auth_secret": "s"}"#).unwrap();
    assert_eq!(token.signer(None).unwrap_err().kind(), ConfigErrorKind::Unsupported);
}

/// The name of a preset where JSON belongs.
#[test]
fn the_name_of_a_preset_is_no_scheme() {
    let hint = |name: &str| {
        format!(
            "; \"{name}\" is the name of a preset: use the function or option that takes a preset (preset), not the one that takes JSON"
        )
    };
    for (text, start, name) in [
        ("stripe", "line 1: not valid JSON: expected value (column 1)", "stripe"),
        ("GitHub", "line 1: not valid JSON: expected value (column 1)", "github"),
        ("standard_webhooks", "line 1: not valid JSON: expected value (column 1)", "standard-webhooks"),
        ("\"stripe\"", "line 1: found a text; expected an object", "stripe"),
    ] {
        let expected = format!("{start}{}", hint(name));
        assert_eq!(Scheme::from_json(text).unwrap_err().to_string(), expected);
        assert_eq!(Connection::from_json(text).unwrap_err().to_string(), expected);
    }
    for text in ["", "swordfish", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "[]", "{\"stripe\"}", "stripe.json", "7"] {
        let error = Scheme::from_json(text).unwrap_err().to_string();
        assert!(!error.contains("preset"), "{text}: {error}");
    }
}

/// What Fivetran's API answers to the question for a connection.
#[test]
fn an_answer_of_the_api_is_no_connection() {
    let config = r#"{"schema": "s", "auth_method": "HMAC", "auth_secret": "******"}"#;
    let data =
        format!(r#"{{"id": "abc", "group_id": "g", "service": "webhooks", "created_at": "x", "config": {config}}}"#);
    let whole = format!(r#"{{"code": "Success", "message": "Operation performed.", "data": {data}}}"#);
    for (json, field, place) in [(&whole, "code", "data.config"), (&data, "id", "config")] {
        let error = Connection::from_json(json).unwrap_err();
        let expected = format!(
            "line 1: {field}: unknown field; this looks like an answer of Fivetran's API: give only the object that is in its \
             {place}, with the secret, which answers mask"
        );
        assert_eq!((error.to_string(), error.kind()), (expected, ConfigErrorKind::InvalidConfig));
    }
    let error = Connection::from_json(r#"{"id": "abc", "config": {}}"#).unwrap_err().to_string();
    assert!(error.starts_with("line 1: id: unknown field") && !error.contains("API"), "{error}");
}

/// Fields of a scheme that stand one level too high or too deep, and those that there are nowhere.
#[test]
fn a_field_in_the_wrong_object_is_told_its_place() {
    let scheme = |fields: &str| {
        Scheme::from_json(&format!(r#"{{{fields}, "algorithm": "SHA_256", "encoding": "BASE64"}}"#))
            .unwrap_err()
            .to_string()
    };
    for (fields, expected) in [
        (
            r#""header": "X-Sig""#,
            "line 1: header: unknown field; did you mean \"signature.header\", that is {\"signature\": {\"header\": …}}?",
        ),
        (
            r#""signature": {"header": "X-Sig"}, "Prefix": "v1=""#,
            "line 1: Prefix: unknown field; did you mean \"signature.prefix\", that is {\"signature\": {\"prefix\": …}}?",
        ),
        (
            r#""signature": {"header": "X-Sig"}, "tolerance": 300"#,
            "line 1: tolerance: unknown field; did you mean \"timestamp.tolerance\", that is {\"timestamp\": {\"tolerance\": …}}?",
        ),
        (
            r#""components": ["@method"]"#,
            "line 1: components: unknown field; did you mean \"signature.components\", that is {\"signature\": {\"components\": …}}?",
        ),
        (
            r#""signature": {"header": "X-Sig", "signed": "{body}"}"#,
            "line 1: signature.signed: unknown field; \"signed\" belongs beside \"signature\", not in it",
        ),
        (
            r#""signature": {"header": "X-Sig", "format": "jwt", "covers_body": false}"#,
            "line 1: signature.covers_body: unknown field; \"covers_body\" belongs beside \"signature\", not in it",
        ),
        (
            r#""signature": {"header": "X-Sig", "format": "jwt", "colour": "red"}"#,
            "line 1: signature.colour: unknown field; allowed are header, format, body_hash, url_hash, claims",
        ),
    ] {
        assert_eq!(scheme(fields), expected);
    }
    assert!(
        scheme(r#""colour": 1"#).starts_with("line 1: colour: unknown field; allowed are name, signature, token, ")
    );
}

//! Every example that a sender or somebody else has published, verified from the command line.

use countersign_vectors::{Kind, Vector};

use crate::support::{Folder, finish, program};

const FILE: &str = "preset-examples.json";
const SECRET: &str = "COUNTERSIGN_TEST_SECRET";

/// Runs `verify --json` and gives the name of the verdict.
fn verdict(vector: &Vector, arguments: &[&str]) -> String {
    let secrets = vector.verifier.scheme_secrets();
    let [secret] = &secrets[..] else { panic!("{}: not one secret", vector.id) };
    let mut command = program(["verify", "--json", "--secret-env", SECRET].iter().chain(arguments));
    let done = finish(command.env(SECRET, str::from_utf8(secret.bytes).unwrap()), |_| Ok(()));
    assert_eq!(done.err, "", "{}", vector.id);
    let verdict: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(done.code, i32::from(verdict["verdict"] != "authentic"));
    verdict["verdict"].as_str().unwrap().to_owned()
}

#[test]
fn published_examples_get_their_verdict_alone_and_in_a_file() {
    let folder = Folder::new();
    let vectors: Vec<Vector> =
        countersign_vectors::all().into_iter().filter(|(file, _)| *file == FILE).map(|(_, vector)| vector).collect();
    assert!(vectors.len() >= 50, "{}", vectors.len());
    for vector in &vectors {
        let Kind::Preset(preset) = vector.verifier.kind() else { panic!("{}: not a preset", vector.id) };
        let delivery = &vector.delivery;
        let headers: Vec<(&str, &str)> =
            delivery.headers().into_iter().map(|(name, value)| (name, str::from_utf8(value).unwrap())).collect();

        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let (body, now) = (folder.file("body", delivery.body()), delivery.received_at.map(|now| now.to_string()));
        let mut arguments = vec!["--preset", preset, "--body", &body];
        arguments.extend(lines.iter().flat_map(|line| ["--header", line.as_str()]));
        for (option, value) in [("--url", &delivery.url), ("--method", &delivery.method), ("--now", &now)] {
            arguments.extend(value.iter().flat_map(|value| [option, value.as_str()]));
        }
        assert_eq!(verdict(vector, &arguments), vector.expect, "{}", vector.id);

        let record = serde_json::json!({
            "headers": headers,
            "body": str::from_utf8(delivery.body()).unwrap(),
            "url": delivery.url,
            "method": delivery.method,
            "received_at": delivery.received_at,
        });
        let file = folder.file("deliveries.ndjson", record.to_string());
        assert_eq!(verdict(vector, &["--preset", preset, "--deliveries", &file]), vector.expect, "{}", vector.id);
    }
}

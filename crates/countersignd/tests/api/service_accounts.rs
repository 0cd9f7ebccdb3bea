//! The service account of a group: of the settings, of the metadata server, and of nobody.

use serde_json::{Value, json};

use crate::world::World;

const PATH: &str = "/v1/groups/default/service-account";
const ACCOUNT: &str = "events@acme.iam.gserviceaccount.com";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_settings_name_is_answered() {
    let world = World::with_service_account(ACCOUNT);
    let answer = world.get(PATH).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["code"], "Success");
    assert_eq!(answer.body["data"], json!({"service_account": ACCOUNT}));
    assert_eq!(world.get(&format!("{PATH}/")).await.body, answer.body);
    world.ask("POST", PATH, &Value::Null).await.refused(405, "MethodNotAllowed");
    world.get(&format!("{PATH}?a=b")).await.refused(400, "InvalidInput");
}

#[cfg(not(feature = "gcs"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_build_without_the_service_has_none() {
    let message = World::new().get(PATH).await.refused(404, "NotFound_ServiceAccount");
    assert!(message.contains("--features gcs"), "{message}");
}

/// The program, on a machine whose metadata server a test is.
#[cfg(feature = "gcs")]
mod of_machine {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::program::Service;
    use crate::support::Folder;

    /// A metadata server that gives this address. It answers for as long as the process lives.
    fn metadata_server(address: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head: Vec<String> =
                    BufReader::new(&stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
                let is_asked = head[0].starts_with("GET /computeMetadata/v1/instance/service-accounts/default/email ")
                    && head.iter().any(|line| line.eq_ignore_ascii_case("Metadata-Flavor: Google"));
                let (status, body) = if is_asked { ("200 OK", address) } else { ("404 Not Found", "") };
                let length = body.len();
                let _ =
                    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            }
        });
        host
    }

    fn answer(home: &str, environment: &[(&str, &str)], settings: &str) -> (u16, Value) {
        let folder = Folder::new();
        let file = folder.path().join("countersignd.toml");
        std::fs::write(&file, settings).unwrap();
        let home = [("HOME", home), ("COUNTERSIGND_CONFIG", file.to_str().unwrap())];
        let service = Service::start_with(&folder.path().join("data"), &[&home, environment].concat());
        let answer = service.ask("GET", PATH, &Value::Null);
        service.end();
        answer
    }

    #[test]
    fn it_is_that_of_the_application_default_credentials() {
        let home = Folder::new();
        let home = home.path().to_str().unwrap();
        let (good, bad) = (metadata_server(ACCOUNT), metadata_server("acme.svc.id.goog"));
        let (status, body) = answer(home, &[("GCE_METADATA_HOST", &good)], "");
        assert_eq!((status, &body["data"]), (200, &json!({"service_account": ACCOUNT})), "{body}");

        let (status, body) = answer(home, &[("GCE_METADATA_HOST", &bad)], "");
        assert_eq!((status, &body["code"]), (404, &"NotFound_ServiceAccount".into()), "{body}");
        let message = body["message"].as_str().unwrap();
        assert!(message.contains("acme.svc.id.goog") && message.contains("gcs_service_account"), "{message}");

        // What the settings say comes first.
        let settings = "[[groups]]\nid = 'default'\ngcs_service_account = 'a@b.example'";
        let (_, body) = answer(home, &[("GCE_METADATA_HOST", &bad)], settings);
        assert_eq!(body["data"]["service_account"], "a@b.example", "{body}");
    }

    #[test]
    fn credentials_that_are_not_supported_are_named() {
        let home = Folder::new();
        let file = home.path().join("federated.json");
        std::fs::write(&file, r#"{"type": "external_account", "audience": "planted"}"#).unwrap();
        let environment = [("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().unwrap())];
        let (status, body) = answer(home.path().to_str().unwrap(), &environment, "");
        assert_eq!((status, &body["code"]), (404, &"NotFound_ServiceAccount".into()), "{body}");
        let message = body["message"].as_str().unwrap();
        assert!(message.contains("external_account") && !message.contains("planted"), "{message}");
    }
}

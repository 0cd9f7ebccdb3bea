//! A small cloud: S3 with the roles of STS, Azure Blob Storage and Google Cloud Storage, as far as this program asks them. It can refuse everything
//! with an answer that repeats the whole request, as some services do with tokens, and gateways before them with URLs.
//!
//! * <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html> (`If-None-Match`), `API_ListObjectsV2.html`, and
//!   <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
//! * <https://learn.microsoft.com/rest/api/storageservices/put-blob>, `list-blobs`
//! * <https://cloud.google.com/storage/docs/xml-api/reference-headers#xgoogifgenerationmatch>

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode, header};

const MODIFIED: &str = "Sun, 29 Nov 2026 00:00:00 GMT";

/// What the cloud answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// What was asked for.
    Well,
    /// This status, with a body in the services' form that repeats the request.
    Refuses(StatusCode),
    /// This status, with the request alone as its body. Puts are done.
    Repeats(StatusCode),
}

/// A cloud. Its clones are the same one.
#[derive(Clone)]
pub(crate) struct Cloud {
    /// Scheme, host and port.
    pub(crate) endpoint: String,
    state: Arc<Mutex<Inner>>,
}

struct Inner {
    /// The objects by their paths: bucket, or account and container; and key.
    objects: BTreeMap<String, Bytes>,
    mood: Mood,
    /// The credentials of roles that were given: access key, secret and token.
    assumed: Vec<[String; 3]>,
    /// The header `Authorization` of each request.
    authorizations: Vec<String>,
}

impl Cloud {
    /// Starts one on a port of this machine, in the runtime of whoever calls.
    pub(crate) async fn start() -> Self {
        let inner =
            Inner { objects: BTreeMap::new(), mood: Mood::Well, assumed: Vec::new(), authorizations: Vec::new() };
        let state = Arc::new(Mutex::new(inner));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { endpoint, state }
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    pub(crate) fn objects(&self) -> BTreeMap<String, Bytes> {
        self.state.lock().unwrap().objects.clone()
    }

    pub(crate) fn assumed(&self) -> Vec<[String; 3]> {
        self.state.lock().unwrap().assumed.clone()
    }

    pub(crate) fn authorizations(&self) -> Vec<String> {
        self.state.lock().unwrap().authorizations.clone()
    }
}

async fn answer(State(state): State<Arc<Mutex<Inner>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 256 << 20).await.unwrap();
    let mut state = state.lock().unwrap();
    let authorization = parts.headers.get(header::AUTHORIZATION);
    state.authorizations.extend(authorization.map(|value| value.to_str().unwrap().to_owned()));
    let form = if parts.method == Method::POST { &body[..] } else { b"" };
    let repeated = format!("{parts:?} {}", form.escape_ascii()).replace('&', "&amp;").replace('<', "&lt;");
    match state.mood {
        Mood::Well => state.answer(&parts, body),
        Mood::Refuses(status) => {
            let message = "Access is denied.";
            let error = format!("<Code>AccessDenied</Code><Message>{message}</Message><Token-0>{repeated}</Token-0>");
            // STS has it within, and names the role in the message.
            let role =
                form_urlencoded::parse(form).find(|(name, _)| name == "RoleArn").map(|(_, role)| role.into_owned());
            let text = match role {
                Some(role) => {
                    let error = error.replace("denied.", &format!("denied on resource: {role}"));
                    format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>")
                }
                None => format!("<Error>{error}</Error>"),
            };
            (status, [(header::LOCATION, "http://localhost:1/elsewhere")], text).into_response()
        }
        Mood::Repeats(status) => {
            if parts.method == Method::PUT {
                let _ = state.answer(&parts, body);
            }
            (status, repeated).into_response()
        }
    }
}

impl Inner {
    fn answer(&mut self, parts: &Parts, body: Bytes) -> Response {
        let path = percent_encoding::percent_decode_str(parts.uri.path()).decode_utf8().unwrap().into_owned();
        let query: BTreeMap<String, String> =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let found = [(header::ETAG, "\"1\""), (header::LAST_MODIFIED, MODIFIED)];
        match parts.method {
            Method::POST if query.contains_key("delete") => self.remove(&path, &body),
            // Several requests in one, which Azure takes.
            Method::POST if query.contains_key("comp") => StatusCode::NOT_IMPLEMENTED.into_response(),
            Method::POST => self.assume(&body),
            Method::PUT => {
                let says = |name: &str, value: &str| parts.headers.get(name).is_some_and(|found| found == value);
                let is_once = says("if-none-match", "*") || says("x-goog-if-generation-match", "0");
                if is_once && self.objects.contains_key(&path) {
                    return StatusCode::PRECONDITION_FAILED.into_response();
                }
                self.objects.insert(path, body);
                (StatusCode::CREATED, found).into_response()
            }
            Method::GET if query.contains_key("list-type") || query.contains_key("comp") => self.list(&path, &query),
            Method::GET | Method::HEAD => match self.objects.get(&path) {
                Some(object) => (found, Body::from(object.clone())).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            },
            Method::DELETE if self.objects.remove(&path).is_some() => StatusCode::ACCEPTED.into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    fn list(&self, bucket: &str, query: &BTreeMap<String, String>) -> Response {
        let bucket = format!("{}/", bucket.trim_end_matches('/'));
        let prefix = query.get("prefix").map_or("", String::as_str);
        let of_bucket = self.objects.iter().filter_map(|(path, object)| Some((path.strip_prefix(&bucket)?, object)));
        let listed = of_bucket.filter(|(key, _)| key.starts_with(prefix)).map(|(key, object)| (key, object.len()));
        if query.contains_key("comp") {
            let blobs = listed.map(|(key, bytes)| {
                format!(
                    "<Blob><Name>{key}</Name><Properties><Last-Modified>{MODIFIED}</Last-Modified><Content-Length>{bytes}</Content-Length>\
                     <Content-Type>x/y</Content-Type></Properties></Blob>"
                )
            });
            let blobs: String = blobs.collect();
            return format!("<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>")
                .into_response();
        }
        let contents = listed.map(|(key, bytes)| {
            format!(
                "<Contents><Key>{key}</Key><Size>{bytes}</Size><LastModified>2026-11-29T00:00:00.000Z</LastModified><ETag>\"1\"</ETag></Contents>"
            )
        });
        let contents: String = contents.collect();
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>").into_response()
    }

    /// Removes several objects (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>).
    fn remove(&mut self, bucket: &str, body: &[u8]) -> Response {
        let text = String::from_utf8_lossy(body);
        for key in text.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>")) {
            self.objects.remove(&format!("{}/{}", bucket.trim_end_matches('/'), key.0));
        }
        "<DeleteResult></DeleteResult>".into_response()
    }

    /// Gives credentials for a role.
    fn assume(&mut self, body: &[u8]) -> Response {
        let asked: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        assert_eq!(asked["Action"], "AssumeRole");
        let number = self.assumed.len();
        let given =
            ["access-key", "secret-key", "session-token"].map(|name| format!("planted-{name}-of-a-role-{number}"));
        let [key, secret, token] = &given;
        let expiration = "2100-01-01T00:00:00Z";
        let text = format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
             <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        );
        self.assumed.push(given);
        text.into_response()
    }
}

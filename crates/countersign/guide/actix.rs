use std::env;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use actix_web::dev::Payload;
use actix_web::error::{ErrorBadRequest, ErrorInternalServerError, ErrorPayloadTooLarge, ErrorRequestTimeout};
use actix_web::error::{ErrorServiceUnavailable, ErrorUnauthorized};
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{App, Error, FromRequest, HttpRequest, HttpServer, web};
use countersign::{Head, Rejection, Secret, Verifier};
use tokio::sync::{Semaphore, SemaphorePermit};

/// No event of GitHub is larger: it sends up to 25 MB.
const LIMIT: usize = 25 << 20;

/// The bytes of bodies that may be in memory together, over all connections, without the first [`SMALL`] of each. Anyone can
/// send large ones, many at once.
static BUDGET: Semaphore = Semaphore::const_new(10 * LIMIT);

/// As many bytes of each body are not counted, so that large uploads never keep out events of this size.
const SMALL: usize = 64 << 10;

/// The body of an authentic delivery, and what it takes of the budget until it is dropped.
struct Delivery(Bytes, SemaphorePermit<'static>);

fn take_of_budget(bytes: usize) -> Result<SemaphorePermit<'static>, Error> {
    let taken = u32::try_from(bytes).ok().and_then(|bytes| BUDGET.try_acquire_many(bytes).ok());
    taken.ok_or_else(|| ErrorServiceUnavailable("try again later\n"))
}

/// The reason is for the operator. The sender hears the same of every one.
fn reject(rejection: Rejection) -> Error {
    eprintln!("rejected: {}", rejection.name());
    ErrorUnauthorized("not accepted\n")
}

async fn receive(request: HttpRequest, mut payload: Payload) -> Result<Delivery, Error> {
    let verifier = request.app_data::<Data<Verifier>>().ok_or_else(|| ErrorInternalServerError("no verifier\n"))?;
    let lines: Vec<_> = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let head = Head { method: request.method().as_str(), url: "", headers: &lines[..] };
    let streaming = verifier.streaming().map_err(ErrorInternalServerError)?;
    let mut stream = streaming.begin(&head, SystemTime::now()).map_err(reject)?;

    let mut body = BytesMut::new();
    let mut share = take_of_budget(0)?;
    while let Some(piece) = poll_fn(|cx| futures_core::Stream::poll_next(Pin::new(&mut payload), cx)).await {
        let piece = piece.map_err(ErrorBadRequest)?;
        if body.len() + piece.len() > LIMIT {
            return Err(ErrorPayloadTooLarge("the body is too large\n"));
        }
        let counted = (body.len() + piece.len()).saturating_sub(SMALL).min(piece.len());
        share.merge(take_of_budget(counted)?);
        stream.update(&piece);
        body.extend_from_slice(&piece);
    }
    stream.finish().map_err(reject)?;
    Ok(Delivery(body.freeze(), share))
}

impl FromRequest for Delivery {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let received = timeout(Duration::from_secs(10), receive(request.clone(), payload.take()));
        Box::pin(async { received.await.unwrap_or_else(|_| Err(ErrorRequestTimeout("the body took too long\n"))) })
    }
}

async fn hook(Delivery(body, _share): Delivery) -> String {
    format!("{} bytes\n", body.len())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = env::var("WEBHOOK_SECRET").ok().filter(|secret| !secret.is_empty());
    let secret = Secret::new(secret.ok_or("set WEBHOOK_SECRET to the secret of the sender")?);
    let verifier = Data::new(Verifier::preset("github", secret)?);

    let address = env::var("ADDRESS").unwrap_or("127.0.0.1:3000".into());
    let app = move || App::new().app_data(verifier.clone()).route("/hooks", web::post().to(hook));
    let server = HttpServer::new(app).workers(2).bind(address)?;
    println!("listening on {}", server.addrs()[0]);
    server.run().await?;
    Ok(())
}

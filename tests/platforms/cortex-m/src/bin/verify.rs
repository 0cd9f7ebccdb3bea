//! Every way from secrets and a delivery to a verdict, and nothing else: the image that a firmware would have.
//!
//! Its panic handler calls a function that does not exist, so the image can be linked only if no code that is reachable can
//! panic. All settings are opaque to the compiler, so that none of the core's code can be left out for them. Texts for people
//! (`Display`, `Debug`) are not in it: formatting can panic.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use cortex_m_rt::entry;
use countersign_core::{
    Algorithm, Delivery, Key, Rejection, Scheme, SecretForm, SecretSet, SetupError, Timestamp, Verifier,
};
use countersign_cortex_m::host::{exit, print, print_number};
use countersign_cortex_m::stack::measure;

/// The published example of GitHub.
/// Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
const SECRET: &[u8] = b"It's a Secret to Everybody";
const BODY: &[u8] = b"Hello, World!";
const HEADERS: &[(&str, &[u8])] =
    &[("X-Hub-Signature-256", b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")];
const SCHEME: Scheme = Scheme::hmac(
    "X-Hub-Signature-256",
    countersign_core::AlgorithmRule::Fixed(Algorithm::Sha256),
    countersign_core::Encoding::HexaDecimal,
);

type Github = Verifier<[Key; 1]>;

#[entry]
fn main() -> ! {
    let Ok(verifier) = report("making a verifier", measure(set_up)) else { exit(false) };
    let authentic = check(&verifier, "verifying", whole) & check(&verifier, "verifying in pieces", in_pieces);
    exit(authentic && others(&verifier))
}

fn set_up() -> Result<Github, SetupError> {
    let key = black_box(SecretForm::Utf8).key(black_box(Algorithm::Sha256), black_box(SECRET))?;
    Verifier::new(black_box(SCHEME), [key])
}

/// Whether the example is authentic and is not with another body.
fn check(verifier: &Github, what: &str, way: fn(&Github, &[u8]) -> Result<(), Rejection>) -> bool {
    let right = report(what, measure(|| black_box(way)(verifier, black_box(BODY))));
    right.is_ok() && black_box(way)(verifier, black_box(b"Hello, World?")) == Err(Rejection::Mismatch)
}

fn whole(verifier: &Github, body: &[u8]) -> Result<(), Rejection> {
    #[cfg(feature = "planted-panic")]
    let body = &body[black_box(0)..];
    let delivery = Delivery { method: black_box("POST"), url: black_box("/"), headers: black_box(HEADERS), body };
    verifier.verify_using(black_box(SecretSet::ALL), &delivery, black_box(Timestamp::from_seconds(0))).map(drop)
}

fn in_pieces(verifier: &Github, body: &[u8]) -> Result<(), Rejection> {
    let delivery = Delivery { method: black_box("POST"), url: black_box("/"), headers: black_box(HEADERS), body: b"" };
    let streaming = verifier.streaming().map_err(|_| Rejection::MissingPart)?;
    let mut stream = streaming.begin(&delivery.head(), black_box(Timestamp::from_seconds(0)))?;
    for piece in body.chunks(black_box(core::num::NonZero::<usize>::MIN).get()) {
        stream.update(piece);
    }
    stream.finish().map(drop)
}

/// The rest of what the core offers: tokens, bare values, identities, signing.
fn others(verifier: &Github) -> bool {
    let delivery = Delivery { method: "", url: "", headers: black_box(HEADERS), body: black_box(BODY) };
    let token = Key::token(black_box(b"token")).and_then(|key| Verifier::new(Scheme::token("Authorization"), [key]));
    let value = black_box(&b"Bearer token"[..]);
    let now = Timestamp::from_seconds(0);
    let signed =
        Key::hmac(black_box(Algorithm::Sha512), SECRET).is_ok_and(|key| key.sign(black_box(&[BODY])).is_some());
    signed
        && verifier.identify(&delivery).is_some()
        && token.is_ok_and(|token| token.verify_signature(value, b"", now).is_ok())
}

/// Prints what was measured, and gives what came of it.
fn report<T>(what: &str, measured: Option<(T, usize)>) -> T {
    let Some((result, stack)) = measured else { exit(false) };
    print(what);
    print(": ");
    print_number(stack);
    print(" bytes of stack\n");
    result
}

unsafe extern "C" {
    /// Nowhere.
    safe fn what_must_not_panic_can_panic() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    what_must_not_panic_can_panic()
}

//! Claim: nobody who lacks the key gets a body accepted, whatever they send and whatever they have seen before.
//!
//! The forger may sign with other secrets, change genuine signatures of other bodies, and know more than half of the
//! token. The keys are part of the program, but no input can reach them.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use countersign_core::{ALGORITHM_HEADER, Delivery, Key, Rejection, SIGNATURE_HEADER, Scheme, TOKEN_HEADER};
use countersign_core::{Timestamp, Verifier};

use crate::line::Line;
use crate::reference::Setup;
use crate::setting::{Setting, of, verifier};

const SECRETS: [&[u8]; 2] = [b"6u0vCZ8TjWq1rYxNfKdLhEaGm3sPBi5D", b"the older secret Qo4IUw7Xk2RzHcMn"];
const TOKEN: &[u8] = b"Yx3LqTe0VbHnR8sKfW6dJzUc1MgAoPi5EuDt9CkG";
/// What the forger may know of the token: the rest, of 16 characters, is more than any machine can guess.
const KNOWN: usize = TOKEN.len() - 16;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// How the verifier is set up, but with the forger's secrets.
    setting: Setting,
    /// The verifier compares a token, in a header of this name.
    #[arbitrary(with = of(&[None, Some(TOKEN_HEADER), Some(SIGNATURE_HEADER)]))]
    token_in: Option<&'static str>,
    headers: Vec<Header<'a>>,
    body: &'a [u8],
}

#[derive(Arbitrary, Debug)]
struct Header<'a> {
    #[arbitrary(with = of(&[SIGNATURE_HEADER, ALGORITHM_HEADER, TOKEN_HEADER, "x-fivetran-HMAC-sign", "Host"]))]
    name: &'static str,
    line: Line<'a>,
    /// Another body, of which the forger has a genuine signature.
    seen: Option<&'a [u8]>,
    bearer: bool,
    /// So much of the token stands in front.
    known: u8,
}

/// Tries the forgery that `data` describes.
pub fn run(data: &[u8]) -> Option<u8> {
    static TOKENS: LazyLock<[Key; 1]> = LazyLock::new(|| [Key::token(TOKEN).expect("it has no blanks")]);
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let forger = input.setting.setup();
    let owner = Setup { secrets: SECRETS.map(<[u8]>::to_vec).to_vec(), ..forger.clone() };
    let text = |header: &Header<'_>| {
        let line = match header.seen {
            Some(seen) if seen != input.body => header.line.text(&owner, seen),
            _ => header.line.text(&forger, input.body),
        };
        let bearer = if header.bearer { &b"Bearer "[..] } else { b"" };
        [bearer, &TOKEN[..usize::from(header.known) % (KNOWN + 1)], &line].concat()
    };
    let headers: Vec<_> = input.headers.iter().map(|header| (header.name, text(header))).collect();
    let delivery = Delivery { method: "POST", url: "/", headers: headers.as_slice(), body: input.body };
    let first = headers.first().map_or(&b""[..], |(_, line)| line);

    let now = Timestamp::from_seconds(0);
    let (verdict, bare) = if let Some(header) = input.token_in {
        let verifier = Verifier::new(Scheme::token(header), &*TOKENS).expect("the key suits the scheme");
        (verifier.verify(&delivery, now), verifier.verify_signature(first, input.body, now))
    } else {
        let verifier = verifier(&owner);
        (verifier.verify(&delivery, now), verifier.verify_signature(first, input.body, now))
    };
    assert!(verdict.is_err() && bare.is_err(), "accepted: {input:?}, {headers:?}");
    verdict.err().map(Rejection::code)
}

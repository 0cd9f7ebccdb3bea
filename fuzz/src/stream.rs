//! Claim: a body in pieces gets the verdict and the tag of the whole body, however it is cut and whatever the keys.

use arbitrary::{Arbitrary, Unstructured};
use countersign_core::{ALGORITHM_HEADER, Algorithm, Delivery, Key, Rejection, SIGNATURE_HEADER, Timestamp};

use crate::line::Line;
use crate::setting::{Setting, verifier};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    setting: Setting,
    line: Line<'a>,
    companion: Option<Line<'a>>,
    /// Where the body is cut, counted around its end. Equal places make empty pieces.
    cuts: Vec<u16>,
    /// How often the text is repeated in the body, so that short inputs make bodies of many blocks.
    times: u8,
    text: &'a [u8],
}

/// Verifies and signs the body that `data` describes, in pieces and as a whole.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let (setup, body) = (input.setting.setup(), input.text.repeat(1 + usize::from(input.times) % 16));
    let pieces = split(&body, &input.cuts);
    let mut headers = vec![(SIGNATURE_HEADER, input.line.text(&setup, &body))];
    headers.extend(input.companion.as_ref().map(|line| (ALGORITHM_HEADER, line.text(&setup, &body))));

    let verifier = verifier(&setup);
    let delivery = Delivery { method: "POST", url: "/", headers: headers.as_slice(), body: &body };
    let now = Timestamp::from_seconds(0);
    let whole = verifier.verify(&delivery, now);
    let streaming = verifier.streaming().expect("nothing is signed behind the body");
    let streamed = streaming.begin(&delivery.head(), now).and_then(|mut stream| {
        pieces.iter().for_each(|piece| stream.update(piece));
        stream.finish()
    });
    assert_eq!(streamed, whole, "{input:?}, {headers:?}");

    let algorithm = setup.fixed.unwrap_or(setup.accept[0]);
    for secret in &setup.secrets {
        assert_eq!(sign(algorithm, secret, &pieces), crate::tag(algorithm, secret, &body), "{input:?}");
    }
    Some(whole.map_or_else(Rejection::code, |_| 0))
}

fn sign(algorithm: Algorithm, secret: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    let key = Key::hmac(algorithm, secret).expect("no secret is empty");
    key.sign(pieces).expect("HMAC keys sign").as_bytes().to_vec()
}

/// The body in pieces, cut at these places.
pub(crate) fn split<'b>(body: &'b [u8], cuts: &[u16]) -> Vec<&'b [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|&cut| usize::from(cut) % (body.len() + 1)).collect();
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([body.len()]);
    [0].into_iter().chain(cuts.iter().copied()).zip(ends).map(|(start, end)| &body[start..end]).collect()
}

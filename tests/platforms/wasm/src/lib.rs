//! The library in WebAssembly, for the test vectors alone: the host puts the text of a file of vectors into [`room`], lets
//! [`read`] read it, and asks for the verdict on each with [`judge`].

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a vector that cannot be read ends the run")]

#[path = "../../../../crates/countersign/tests/support/scheme.rs"]
mod scheme;

use std::cell::RefCell;

use countersign::{Algorithm, Rejection, Verified, Verifier};
use countersign_vectors::{DeliveryId, File, Vector};

thread_local! {
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static VECTORS: RefCell<Vec<Vector>> = const { RefCell::new(Vec::new()) };
}

/// Stands for an algorithm or a secret that there is not.
const NOTHING: u32 = 0xff;

/// What [`judge`] gives where the id of the delivery is not the expected one.
const OTHER_ID: u32 = u32::MAX - 1;

/// What [`judge`] gives where the answer to a handshake is not the expected one.
const OTHER_ANSWER: u32 = u32::MAX - 2;

/// What [`judge`] gives where a body cannot be verified in pieces.
const WHOLE_ONLY: u32 = u32::MAX;

/// Room for a text of `length` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    ROOM.with_borrow_mut(|room| {
        *room = vec![0; length];
        room.as_mut_ptr()
    })
}

/// Reads the file of vectors that was put into the room, and says how many there are.
#[unsafe(no_mangle)]
pub extern "C" fn read() -> usize {
    let file: File = ROOM.with_borrow(|text| serde_json::from_slice(text).unwrap());
    VECTORS.with_borrow_mut(|vectors| {
        *vectors = file.vectors;
        vectors.len()
    })
}

/// The verdict on a vector, with the body in pieces of so many bytes, or whole if that is 0: the project's number, and in
/// the next two bytes the index of the algorithm and that of the secret.
#[unsafe(no_mangle)]
pub extern "C" fn judge(index: usize, piece: usize) -> u32 {
    VECTORS.with_borrow(|vectors| {
        let vector = &vectors[index];
        match scheme::verifier(vector) {
            Ok(verifier) if !has_its_id(&verifier, vector) => OTHER_ID,
            Ok(verifier) if !has_its_answer(&verifier, vector) => OTHER_ANSWER,
            Ok(verifier) => verify(&verifier, vector, piece).map_or(WHOLE_ONLY, number),
            Err(error) => fault(error.kind().code()),
        }
    })
}

/// Whether the id that the vector states, if it states one, is found in its delivery.
fn has_its_id(verifier: &Verifier, vector: &Vector) -> bool {
    let headers = vector.delivery.headers();
    let found = verifier.delivery_id(&scheme::delivery(&vector.delivery, &headers));
    let found = found.map(|id| DeliveryId { text: id.text, is_signed: id.is_signed });
    vector.delivery_id.as_ref().is_none_or(|expected| found == *expected)
}

/// Whether the delivery gets the answer that the vector states, if it states one, or is no handshake.
fn has_its_answer(verifier: &Verifier, vector: &Vector) -> bool {
    let found = scheme::handshake(verifier, vector);
    vector.handshake.as_ref().is_none_or(|expected| found == *expected)
}

/// `None` if it cannot be done in pieces.
fn verify(verifier: &Verifier, vector: &Vector, piece: usize) -> Option<Result<Verified, Rejection>> {
    let headers = vector.delivery.headers();
    let delivery = scheme::delivery(&vector.delivery, &headers);
    let now = scheme::received(vector.delivery.received_at);
    if piece == 0 {
        return Some(verifier.verify(&delivery, now));
    }
    let streaming = verifier.streaming().ok()?;
    Some(streaming.begin(&delivery.head(), now).and_then(|mut stream| {
        delivery.body.chunks(piece).for_each(|piece| stream.update(piece));
        stream.finish()
    }))
}

fn number(result: Result<Verified, Rejection>) -> u32 {
    let verified = match result {
        Ok(verified) => verified,
        Err(rejection) => return fault(rejection.code()),
    };
    let algorithm = verified.algorithm.and_then(|used| Algorithm::ALL.iter().position(|algorithm| *algorithm == used));
    let algorithm = algorithm.and_then(|index| index.try_into().ok()).unwrap_or(NOTHING);
    algorithm << 8 | verified.secret_index.map_or(NOTHING, u32::from) << 16
}

fn fault(code: u8) -> u32 {
    u32::from(code) | NOTHING << 8 | NOTHING << 16
}

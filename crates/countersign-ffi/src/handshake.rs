//! The answer that a sender demands before it sends events.

use std::ffi::c_char;
use std::fmt;
use std::mem::offset_of;
use std::ops::Range;
use std::ptr;

use zeroize::{Zeroize, Zeroizing};

use crate::delivery::{Delivery, Header, moment};
use crate::handle::{self, Kind, Readable};
use crate::panic::boundary_or;
use crate::pointer;
use crate::status::{Status, boundary};
use crate::verifier::VerifierHandle;

/// The answer to a handshake, made by `countersign_handshake_new`: the response to send. It and all that it points to
/// belong to the library, never change, and are valid until it is freed; any number of threads may read them. Each text is
/// followed by a NUL that is not part of its length.
#[repr(C)]
pub struct Handshake {
    /// For the library.
    pub reserved: u64,
    /// The HTTP status of the response, 200 to 299.
    pub status: u32,
    /// How many header lines the response has.
    pub header_count: usize,
    /// The header lines of the response; NULL if there are none.
    pub headers: *const Header,
    /// The body of the response, which may be empty.
    pub body: *const c_char,
    /// The length of the body in bytes.
    pub body_length: usize,
    /// The secret that the sender has chosen in this handshake, and with which it signs from now on; NULL if it has chosen
    /// none. Keep it only while someone has opened the endpoint for a new secret, and never over one that is in use: anyone
    /// can send such a request.
    pub secret: *const c_char,
    /// The length of the secret in bytes.
    pub secret_length: usize,
}

/// What is handed out as a [`Handshake`]: its members after the mark, and what they point to.
#[repr(C)]
struct Answer {
    status: u32,
    header_count: usize,
    headers: *const Header,
    body: *const c_char,
    body_length: usize,
    secret: *const c_char,
    secret_length: usize,
    _lines: Vec<Header>,
    /// Names, values, body and secret, each with its NUL.
    _texts: Zeroizing<Vec<u8>>,
}

impl Kind for Answer {
    const MARK: u64 = 0xc0de_7e4a_4d5e_0a55;
}

// SAFETY: both are `repr(C)`; the members are the same, and where they should be, as is asserted below.
unsafe impl Readable for Answer {
    type Shown = Handshake;
}

const _: () = {
    const BEFORE: usize = handle::value_offset::<Answer>();
    assert!(offset_of!(Handshake, status) == BEFORE + offset_of!(Answer, status));
    assert!(offset_of!(Handshake, header_count) == BEFORE + offset_of!(Answer, header_count));
    assert!(offset_of!(Handshake, headers) == BEFORE + offset_of!(Answer, headers));
    assert!(offset_of!(Handshake, body) == BEFORE + offset_of!(Answer, body));
    assert!(offset_of!(Handshake, body_length) == BEFORE + offset_of!(Answer, body_length));
    assert!(offset_of!(Handshake, secret) == BEFORE + offset_of!(Answer, secret));
    assert!(offset_of!(Handshake, secret_length) == BEFORE + offset_of!(Answer, secret_length));
};

/// Makes the answer if `delivery` is the handshake that the scheme of `verifier` describes; `*handshake` is NULL if it is
/// not. Call it before `countersign_verify`: most such requests are not signed, and none is an event. If the sender signs
/// the request, only an authentic one is answered.
///
/// `delivery` needs its method. It needs its URL, or as much of it as is known, if the sender puts the challenge into the
/// query. `now_ms` is as for `countersign_verify`.
///
/// Returns 0, also if the request is no handshake; 64 for an argument that cannot be used. `*handshake` is then NULL.
///
/// # Safety
/// `verifier` is alive; any number of threads may use it at the same time. `delivery`, and everything it points to, is
/// read during the call only. `*handshake` receives an answer that the caller frees with `countersign_handshake_free`, or
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_handshake_new(
    verifier: *const VerifierHandle,
    delivery: *const Delivery,
    now_ms: i64,
    handshake: *mut *mut Handshake,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for a pointer. It is written at once, so that nothing old is mistaken for an
        // answer.
        let place = unsafe { pointer::place(handshake) }?.write(pointer::nothing());
        // SAFETY: the caller promises that the verifier is alive.
        let verifier = unsafe { handle::shared(verifier) }?;
        // SAFETY: the caller promises that the delivery, and everything it points to, is valid.
        let delivery = unsafe { pointer::shared(delivery)?.read() }?;
        delivery.headers.check()?;
        let answer = verifier.0.handshake(&delivery, moment(now_ms)?).map(Answer::of);
        // The answer may hold a MAC: it must not be that of a wiped key.
        verifier.still()?;
        if let Some(answer) = answer {
            *place = handle::show(answer);
        }
        Ok(())
    })
}

/// Frees the answer to a handshake, and wipes its header lines, body and secret. Ignores NULL.
///
/// # Safety
/// `handshake` is NULL, or came from `countersign_handshake_new` and was not freed yet. No thread uses it, nor anything it
/// points to, during this call or later; freeing it twice is undefined behaviour.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_handshake_free(handshake: *mut Handshake) {
    // SAFETY: the caller promises that it came from here and is given back once.
    boundary_or((), || unsafe { handle::take_back_shown::<Answer>(handshake) });
}

impl Answer {
    /// Copies all texts into one place that is wiped, and wipes those of `answer`.
    fn of(mut answer: countersign::Handshake) -> Self {
        let secret = answer.secret.as_ref().map(countersign::Secret::expose);
        let lines = || answer.headers.iter().map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let all = || lines().flatten().chain([answer.body.as_bytes()]).chain(secret);
        // A vector that grows would leave copies behind.
        let mut texts = Zeroizing::new(Vec::with_capacity(all().map(|text| text.len() + 1).sum()));
        let mut keep = |text: &[u8]| -> Range<usize> {
            let start = texts.len();
            texts.extend_from_slice(text);
            texts.push(0);
            start..texts.len()
        };
        let lines: Vec<_> = lines().map(|line| line.map(&mut keep)).collect();
        let body = keep(answer.body.as_bytes());
        let secret = secret.map(keep);
        let lines: Vec<_> = lines.into_iter().map(|[name, value]| Header::of(&texts[name], &texts[value])).collect();
        let made = Self {
            status: u32::from(answer.status),
            header_count: lines.len(),
            headers: if lines.is_empty() { ptr::null() } else { lines.as_ptr() },
            body_length: body.len() - 1,
            body: pointer::lend(&texts[body]),
            secret_length: secret.as_ref().map_or(0, |secret| secret.len() - 1),
            secret: secret.map_or(ptr::null(), |secret| pointer::lend(&texts[secret])),
            _lines: lines,
            _texts: texts,
        };
        answer.body.zeroize();
        answer.headers.iter_mut().for_each(|(_, value)| value.zeroize());
        made
    }
}

impl Drop for Answer {
    /// A reader that comes too late finds nothing that has a length.
    fn drop(&mut self) {
        self.status.zeroize();
        self.header_count.zeroize();
        self.body_length.zeroize();
        self.secret_length.zeroize();
    }
}

impl fmt::Debug for Handshake {
    /// Leaves out headers, body and secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("status", &self.status).finish_non_exhaustive()
    }
}

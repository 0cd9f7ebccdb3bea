//! The same vectors through the C interface.

use std::ffi::CStr;
use std::ptr::{null, null_mut};

use countersign_ffi::{
    Bound, Delivery, Header, ReceivedDelivery, Secret, Status, StreamHandle, Tolerance, Verdict, VerifierHandle,
    countersign_now_ms, countersign_status_name, countersign_stream_begin, countersign_stream_finish,
    countersign_stream_free, countersign_stream_update, countersign_verifier_connection,
    countersign_verifier_connection_with_secrets, countersign_verifier_free, countersign_verifier_preset,
    countersign_verifier_scheme, countersign_verify, countersign_verify_delivery_batch,
};
use countersign_vectors::{Kind, Vector};

use crate::corpus::{self, Case, judged};
use crate::outcomes;
use crate::valgrind;

/// A verifier of C's.
struct Handle(*mut VerifierHandle);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it came from a constructor and is freed once.
        unsafe { countersign_verifier_free(self.0) }
    }
}

/// The verifier of a vector; none for secrets with bounds, which need no C to be told apart.
fn handle(case: &Case) -> Option<Handle> {
    let vector = &case.vector;
    let beside = vector.verifier.scheme_secrets();
    if beside.iter().any(|secret| secret.not_before.is_some() || secret.not_after.is_some()) {
        return None;
    }
    let bytes = case.secrets.iter().map(Vec::as_slice).chain(beside.iter().map(|secret| secret.bytes));
    let secrets: Vec<_> = bytes
        .map(|bytes| Secret {
            data: bytes.as_ptr().cast(),
            length: bytes.len(),
            not_before_ms: 0,
            not_after_ms: 0,
            bounds: Bound::None as u32,
        })
        .collect();
    let seconds = vector.verifier.tolerance().and_then(|seconds| u32::try_from(seconds).ok());
    let tolerance = seconds.map(|seconds| Tolerance { past: seconds, future: seconds });
    let tolerance = tolerance.as_ref().map_or(null(), |tolerance| &raw const *tolerance);
    let (list, count, mut made) = (secrets.as_ptr(), secrets.len(), null_mut());
    let to = &raw mut made;
    // SAFETY: all that is handed over lives until the call returns.
    let status = unsafe {
        match vector.verifier.kind() {
            Kind::Connection(json) if !secrets.is_empty() => countersign_verifier_connection_with_secrets(
                json.as_ptr().cast(),
                json.len(),
                list,
                count,
                to,
                null_mut(),
            ),
            Kind::Connection(json) => countersign_verifier_connection(json.as_ptr().cast(), json.len(), to, null_mut()),
            Kind::Scheme(json) => {
                countersign_verifier_scheme(json.as_ptr().cast(), json.len(), list, count, tolerance, to, null_mut())
            }
            Kind::Preset(name) => {
                countersign_verifier_preset(name.as_ptr().cast(), name.len(), list, count, tolerance, to, null_mut())
            }
        }
    };
    (status == Status::Authentic).then_some(Handle(made))
}

/// All vectors with a verifier of C's.
fn cases() -> Vec<(Case, Handle)> {
    let made = |case: Case| {
        let handle = valgrind::unwatched(|| handle(&case))?;
        Some((case, handle))
    };
    corpus::cases().into_iter().filter_map(made).collect()
}

fn lines(vector: &Vector) -> Vec<Header> {
    let line = |(name, value): (&str, &[u8])| Header {
        name: name.as_ptr().cast(),
        name_length: name.len(),
        value: value.as_ptr().cast(),
        value_length: value.len(),
    };
    vector.delivery.headers().into_iter().map(line).collect()
}

/// The delivery of a vector. `lines` must live as long as it is used.
fn delivery(vector: &Vector, lines: &[Header]) -> Delivery {
    let (method, url) = (vector.delivery.method.as_deref().unwrap_or(""), vector.delivery.url.as_deref().unwrap_or(""));
    let body = vector.delivery.body();
    Delivery {
        method: method.as_ptr().cast(),
        method_length: method.len(),
        url: url.as_ptr().cast(),
        url_length: url.len(),
        headers: lines.as_ptr(),
        header_count: lines.len(),
        body: body.as_ptr().cast(),
        body_length: body.len(),
    }
}

fn now(vector: &Vector) -> i64 {
    vector.delivery.received_at.map_or_else(|| countersign_now_ms(), |seconds| seconds * 1000)
}

fn expect(vector: &Vector, status: Status) {
    // SAFETY: the text lives as long as the program.
    let name = unsafe { CStr::from_ptr(countersign_status_name(status as u32)) };
    assert_eq!(name.to_str(), Ok(&*vector.expect), "{}", vector.id);
}

pub(crate) fn one_by_one() -> usize {
    let mut verdicts = 0;
    for (case, handle) in cases() {
        let lines = lines(&case.vector);
        let delivery = delivery(&case.vector, &lines);
        // SAFETY: the verifier is alive, and so is all that the delivery leads to.
        let verify = || unsafe { countersign_verify(handle.0, &raw const delivery, now(&case.vector), null_mut()) };
        expect(&case.vector, judged(&case, verify));
        verdicts += 1;
        if case.can_stream() {
            // SAFETY: the same.
            let in_pieces = || unsafe { stream(&handle, &delivery, now(&case.vector), case.vector.delivery.body()) };
            expect(&case.vector, judged(&case, in_pieces));
            verdicts += 1;
        }
    }
    verdicts
}

/// # Safety
/// The verifier is alive, and so is all that the delivery leads to.
unsafe fn stream(handle: &Handle, delivery: &Delivery, now: i64, body: &[u8]) -> Status {
    let mut stream: *mut StreamHandle = null_mut();
    // SAFETY: that is the caller's promise; the stream is freed once, after its last use.
    unsafe {
        let begun = countersign_stream_begin(handle.0, &raw const *delivery, now, &raw mut stream);
        if begun != Status::Authentic {
            return begun;
        }
        for chunk in body.chunks(50) {
            countersign_stream_update(stream, chunk.as_ptr().cast(), chunk.len());
        }
        let status = countersign_stream_finish(stream, null_mut());
        countersign_stream_free(stream);
        status
    }
}

pub(crate) fn in_a_batch() -> usize {
    let cases = cases();
    let lines: Vec<_> = cases.iter().map(|(case, _)| lines(&case.vector)).collect();
    let items: Vec<_> = cases
        .iter()
        .zip(&lines)
        .map(|((case, handle), lines)| ReceivedDelivery {
            verifier: handle.0,
            delivery: delivery(&case.vector, lines),
            now_ms: now(&case.vector),
        })
        .collect();
    let compared = cases.iter().filter(|(case, _)| case.is_compared()).count();
    let (mut verdicts, before) = (Vec::<Verdict>::with_capacity(cases.len()), outcomes::secret());
    // SAFETY: all that the items lead to is alive; there is room for the verdicts, and all of them are written.
    unsafe {
        countersign_verify_delivery_batch(items.as_ptr(), items.len(), verdicts.as_mut_ptr());
        verdicts.set_len(cases.len());
    }
    assert!(outcomes::secret() - before >= compared, "outcomes did not depend on secrets; the marks got lost");
    cases.iter().zip(verdicts).for_each(|((case, _), verdict)| expect(&case.vector, verdict.status));
    cases.len()
}

//! Signs messages, as a sender does.

use std::ffi::{c_char, c_void};
use std::fmt;

use countersign::{Message, Scheme, Signer};

use crate::delivery::{Delivery, Header, moment};
use crate::handle::{self, Kind};
use crate::panic::boundary_or;
use crate::pointer::{self, Unreadable};
use crate::report::{Fault, Named, Text, construct};
use crate::secret;
use crate::setting::{self, Wanted};
use crate::status::{Status, boundary};

/// Makes the header lines that a verifier of the same scheme accepts. It never changes; any number of threads may use
/// it at the same time. For senders, tests and tools: never verify by signing and comparing texts.
#[derive(Debug)]
pub struct SignerHandle(pub(crate) Signer);

impl Kind for SignerHandle {
    const MARK: u64 = 0xc0de_7e51_69e4_0a22;
}

/// Header lines made by `countersign_sign`. They never change; any number of threads may read them at the same time.
pub struct HeadersHandle(Vec<Line>);

impl Kind for HeadersHandle {
    const MARK: u64 = 0xc0de_7e8e_ade4_0a33;
}

/// A name and a value, each followed by a NUL that is not part of its length.
struct Line {
    name: String,
    value: String,
}

/// Makes a signer for HMAC over the body, in the header `X-Fivetran-Hmac-Sign` unless `countersign_signer_in_header`
/// names another. `algorithm` is a value of `countersign_algorithm` from MD5 to SHA_512, `encoding` one of
/// `countersign_encoding`.
///
/// Returns 0; or 64 for an argument that cannot be used, 65 for an empty secret.
///
/// # Safety
/// `secret` points to `secret_length` bytes, which are copied; the copy is wiped once the key is made. `*signer`
/// receives a signer that the caller frees with `countersign_signer_free`, or NULL if the status is not 0. `error` may
/// be NULL; otherwise the reason is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_signer_hmac(
    algorithm: u32,
    encoding: u32,
    secret: *const c_void,
    secret_length: usize,
    signer: *mut *mut SignerHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        let (algorithm, encoding) = (Wanted::to_sign(algorithm)?, setting::encoding(encoding)?);
        let algorithm = algorithm.ok_or_else(|| Fault::argument("algorithm is 0 (NONE); HMAC needs one"))?;
        // SAFETY: the caller promises that the secret is valid.
        let secret = unsafe { secret::read_one(secret, secret_length) }?;
        Ok(SignerHandle(Signer::hmac(algorithm, encoding, secret)?))
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(signer, error, make) }
}

/// Makes a signer from a scheme of your own: the JSON that `countersign presets NAME` prints. `algorithm` is a value of
/// `countersign_algorithm`; `COUNTERSIGN_ALGORITHM_NONE` leaves the choice to the scheme.
///
/// Returns 0; or 64 for an argument that cannot be used, 65 for an empty secret, 66 for one that is not written
/// as the scheme says, 67 for an invalid scheme or an algorithm that it does not accept, 69 for a scheme that does not
/// sign.
///
/// # Safety
/// `json` points to `json_length` bytes of UTF-8; the rest is as for `countersign_signer_hmac`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_signer_scheme(
    json: *const c_char,
    json_length: usize,
    secret: *const c_void,
    secret_length: usize,
    algorithm: u32,
    signer: *mut *mut SignerHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the text is valid.
        let json = unsafe { pointer::text(json, json_length) }.named("json")?;
        let scheme = Scheme::from_json(json)?;
        // SAFETY: the caller promises that the secret is valid.
        of_scheme(&scheme, unsafe { secret::read_one(secret, secret_length) }?, algorithm)
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(signer, error, make) }
}

/// Makes a signer from the preset `name`, such as `github`. `algorithm` is as for `countersign_signer_scheme`.
///
/// Returns what `countersign_signer_scheme` returns, and 68 if no preset has this name.
///
/// # Safety
/// `name` points to `name_length` bytes of UTF-8; the rest is as for `countersign_signer_hmac`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_signer_preset(
    name: *const c_char,
    name_length: usize,
    secret: *const c_void,
    secret_length: usize,
    algorithm: u32,
    signer: *mut *mut SignerHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the text is valid.
        let name = unsafe { pointer::text(name, name_length) }.named("name")?;
        let scheme = Scheme::preset(name)?;
        // SAFETY: the caller promises that the secret is valid.
        of_scheme(&scheme, unsafe { secret::read_one(secret, secret_length) }?, algorithm)
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(signer, error, make) }
}

fn of_scheme(scheme: &Scheme, secret: countersign::Secret, algorithm: u32) -> Result<SignerHandle, Fault> {
    Ok(SignerHandle(match Wanted::to_sign(algorithm)? {
        None => scheme.signer(secret)?,
        Some(algorithm) => scheme.signer_with(secret, algorithm)?,
    }))
}

/// Makes a copy of `signer` that writes the signature to the header `name`. `signer` does not change.
///
/// Returns 0; or 64 for an argument that cannot be used, 67 if `name` is not a valid header name.
///
/// # Safety
/// `signer` is alive. `name` points to `name_length` bytes of UTF-8. `*another` receives a signer that the caller frees
/// with `countersign_signer_free`, or NULL if the status is not 0; `signer` must be freed too. `error` may be NULL;
/// otherwise the reason is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_signer_in_header(
    signer: *const SignerHandle,
    name: *const c_char,
    name_length: usize,
    another: *mut *mut SignerHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the signer is alive and that the text is valid.
        let (signer, name) =
            unsafe { (handle::shared(signer).named("signer")?, pointer::text(name, name_length).named("name")?) };
        let made = signer.0.clone().in_header(name)?;
        // The key was copied: it must not be that of a handle that was wiped meanwhile.
        signer.still().named("signer")?;
        Ok(SignerHandle(made))
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(another, error, make) }
}

/// Makes the header lines that go with a message: the signature's, and those of the id and the time of sending if the
/// scheme has them. `message` has method, URL, the header lines that are sent anyway, and the body; `id` is the
/// message's id, the same each time that the message is sent again, or empty; `now_ms` is the time of sending, in
/// milliseconds since 1970, usually `countersign_now_ms()`.
///
/// The URL is signed as it is given. A receiver builds it from the origin by which it knows itself and from the request line:
/// with `/` for an empty path, without user and fragment, which a client does not send there.
///
/// Returns 0; or 64 for an argument that cannot be used, 67 if the message lacks something that the scheme signs.
///
/// # Safety
/// `signer` is alive. `message` and everything it points to, and `id` with its `id_length` bytes of UTF-8, are read
/// during the call only. `*headers` receives header lines that the caller frees with `countersign_headers_free`, or
/// NULL if the status is not 0. `error` may be NULL; otherwise the reason is written there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_sign(
    signer: *const SignerHandle,
    message: *const Delivery,
    id: *const c_char,
    id_length: usize,
    now_ms: i64,
    headers: *mut *mut HeadersHandle,
    error: *mut Text,
) -> Status {
    let make = || {
        // SAFETY: the caller promises that the signer is alive and that the text is valid.
        let (signer, id) =
            unsafe { (handle::shared(signer).named("signer")?, pointer::text(id, id_length).named("id")?) };
        // SAFETY: the caller promises that the message is valid.
        let message = unsafe { pointer::shared(message) }.named("message")?;
        // SAFETY: the caller promises that everything it points to is valid.
        unsafe { message.check_text() }?;
        // SAFETY: as above.
        let countersign::Delivery { method, url, headers, body } =
            unsafe { message.read() }.named("a part of the message")?;
        let now = moment(now_ms).named("now_ms")?;
        let own: Result<Vec<(&str, &[u8])>, Fault> = headers.iter().map(line).collect();
        let lines = signer.0.headers(&Message { method, url, headers: &own?, body, id, now })?;
        // Everybody knows a wiped key.
        signer.still().named("signer")?;
        Ok(HeadersHandle(
            lines.into_iter().map(|(name, value)| Line { name: name + "\0", value: value + "\0" }).collect(),
        ))
    };
    // SAFETY: the caller promises room for the handle and for the text.
    unsafe { construct(headers, error, make) }
}

fn line<'a>(line: Result<(&'a [u8], &'a [u8]), Unreadable>) -> Result<(&'a str, &'a [u8]), Fault> {
    let (name, value) = line.named("a header line of the message")?;
    let name = str::from_utf8(name).map_err(|_| Fault::argument("the name of a header is not valid UTF-8"))?;
    Ok((name, value))
}

/// How many header lines there are; 0 for NULL.
///
/// # Safety
/// `headers` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_headers_count(headers: *const HeadersHandle) -> usize {
    // SAFETY: the caller promises that it is alive.
    boundary_or(0, || unsafe { handle::shared(headers) }.map_or(0, |headers| headers.0.len()))
}

/// Returns the header line at `index`, counted from 0. Name and value are each followed by a NUL, so that they can be
/// printed; it is not part of their length.
///
/// Returns 0; or 64 for an argument that cannot be used, or if there is no such line; `*header` is then all zeros, if
/// `header` is valid.
///
/// # Safety
/// `headers` is alive. `*header` receives pointers into `headers`, which are valid until it is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_headers_get(
    headers: *const HeadersHandle,
    index: usize,
    header: *mut Header,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for a header.
        let place = unsafe { pointer::place(header) }?.write(Header::NOTHING);
        // SAFETY: the caller promises that the lines are alive.
        let line = unsafe { handle::shared(headers) }?.get().0.get(index).ok_or(Status::InvalidArgument)?;
        *place = Header::of(line.name.as_bytes(), line.value.as_bytes());
        Ok(())
    })
}

/// Frees header lines. Ignores NULL.
///
/// # Safety
/// `headers` is NULL, or came from `countersign_sign` and was not freed yet. No thread uses it, nor the pointers from
/// `countersign_headers_get`, during this call or later; freeing it twice is undefined behaviour.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_headers_free(headers: *mut HeadersHandle) {
    // SAFETY: the caller promises that it came from here and is given back once.
    boundary_or((), || unsafe { handle::take_back(headers) });
}

/// Frees a signer and wipes its key. Ignores NULL.
///
/// # Safety
/// `signer` is NULL, or came from a `countersign_signer_` function and was not freed yet. No thread uses it during this
/// call or later; freeing it twice is undefined behaviour.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_signer_free(signer: *mut SignerHandle) {
    // SAFETY: the caller promises that it came from here and is given back once.
    boundary_or((), || unsafe { handle::take_back(signer) });
}

impl fmt::Debug for HeadersHandle {
    /// Leaves out the values: anyone who has a message and its signature can send them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|line| line.name.trim_end_matches('\0'))).finish()
    }
}

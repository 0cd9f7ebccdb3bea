//! The id by which a repeated delivery is recognised.

use std::ffi::c_char;

use crate::delivery::Delivery;
use crate::handle;
use crate::pointer;
use crate::status::{Status, boundary};
use crate::verifier::VerifierHandle;

/// The longest id of a delivery, in bytes.
pub const COUNTERSIGN_MAX_DELIVERY_ID: usize = 1024;

const _: () = assert!(COUNTERSIGN_MAX_DELIVERY_ID == countersign::MAX_DELIVERY_ID);

/// Writes the id by which a repetition of a delivery is recognised, if the scheme says where its sender puts one (`id_from`)
/// and it is there: its UTF-8 without a NUL to `text`, its length in bytes to `*length`, and to `*is_signed` whether the MAC
/// covers it, as 1 or 0. `*length` is 0 if there is no id. Whether the delivery is authentic is not looked at: call
/// `countersign_verify` first.
///
/// Unlike `countersign_identify`, it also reads ids that are not signed: in headers, in the query of the URL, and in JSON and
/// form bodies. Anyone who holds one signed delivery can send its body again with another id that is not signed. No id is
/// looked for in a body with a `Content-Encoding`. These are no id: a header, parameter or JSON name that occurs twice, a value
/// that is neither text nor a number, and a value that contains control characters or is longer than
/// `COUNTERSIGN_MAX_DELIVERY_ID` bytes.
///
/// Returns 0, also if there is no id; 64 for an argument that cannot be used, and for a `capacity` below
/// `COUNTERSIGN_MAX_DELIVERY_ID`, because an id that is cut off could be that of another delivery. `*length` and `*is_signed`
/// are then 0.
///
/// # Safety
/// `verifier` is alive; any number of threads may use it at the same time. `delivery`, and everything it points to, is
/// read during the call only. `text` points to room for `capacity` bytes; `length` and `is_signed` point to numbers. Nobody
/// else uses these three during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_delivery_id(
    verifier: *const VerifierHandle,
    delivery: *const Delivery,
    text: *mut c_char,
    capacity: usize,
    length: *mut usize,
    is_signed: *mut u32,
) -> Status {
    boundary(|| {
        // SAFETY: the caller promises room for two numbers. They are written at once, so that nothing old is mistaken for an
        // id.
        let (length, is_signed) = unsafe { (pointer::place(length), pointer::place(is_signed)) };
        let (length, is_signed) = (length.map(|place| place.write(0)), is_signed.map(|place| place.write(0)));
        let (length, is_signed) = (length?, is_signed?);
        // SAFETY: the caller promises room for the text.
        let room = unsafe { pointer::text_room(text, capacity) }?;
        if room.len() < COUNTERSIGN_MAX_DELIVERY_ID {
            return Err(Status::InvalidArgument);
        }
        // SAFETY: the caller promises that the verifier is alive.
        let verifier = unsafe { handle::shared(verifier) }?;
        // SAFETY: the caller promises that the delivery, and everything it points to, is valid.
        let delivery = unsafe { pointer::shared(delivery)?.read() }?;
        delivery.headers.check()?;
        let found = verifier.0.delivery_id(&delivery);
        verifier.still()?;
        if let Some(id) = found {
            for (place, byte) in room.iter_mut().zip(id.text.bytes()) {
                place.write(byte);
            }
            *length = id.text.len();
            *is_signed = u32::from(id.is_signed);
        }
        Ok(())
    })
}

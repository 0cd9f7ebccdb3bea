//! The id by which a repeated delivery is recognised, wherever its sender puts it: `id_from` in a scheme.

mod json_pointer;
mod place;
mod value;

use countersign_core::{Delivery, Headers};

pub(crate) use json_pointer::{Pointer, find_raw};
pub(crate) use place::{IdPlace, IdPlaces};
pub use value::MAX_DELIVERY_ID;
pub(crate) use value::Value;

/// The id of a delivery, from [`Verifier::delivery_id`](crate::Verifier::delivery_id).
///
/// Each repetition of a message has the same id, and another message of the same sender has another one, as far as the sender
/// keeps what it documents.
///
/// [`Identity::of_delivery_id`](crate::Identity::of_delivery_id) makes the identity by which a
/// [`ReplayMemory`](crate::ReplayMemory) can remember it, if it is signed; otherwise
/// [`Identity::with_delivery_id`](crate::Identity::with_delivery_id) takes it together with the signed text. The guide's page
/// on axum shows a handler that does so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeliveryId {
    /// The text of the id, 1 to [`MAX_DELIVERY_ID`] bytes. Where a scheme joins several values, `:` stands between them, and
    /// `%` and `:` in a value are written `%25` and `%3A`. It has no control characters, but it may have invisible ones and marks
    /// that turn the direction of a text (U+202E): print it with [`printable`](crate::printable).
    pub text: String,
    /// Whether the MAC covers it. If not, anyone who holds one signed delivery can send its body again with another id, or give
    /// another delivery this id.
    ///
    /// That is not what decides how a [`ReplayGuard`](crate::ReplayGuard) or the layer's
    /// `deduplicate` recognises a message. Those read only an id of its own in the signed text (`{id}` in the scheme's
    /// template), never one inside the body. So the preset `stripe` has a signed delivery id, `json:/id` in the signed body, and
    /// no `{id}`: to a `ReplayGuard`, a retry that Stripe signs anew is another message.
    pub is_signed: bool,
}

/// Where the id of a delivery can be, from [`Scheme::delivery_id_places`](crate::Scheme::delivery_id_places).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryIdPlace {
    /// The place as `id_from` writes it, such as `json:/id`. Several places whose values are joined have ` + ` between them.
    pub text: String,
    /// Whether the MAC covers it, as in [`DeliveryId::is_signed`].
    pub is_signed: bool,
}

impl IdPlaces {
    /// The places for people, in the order in which they count.
    pub(crate) fn shown(&self) -> Vec<DeliveryIdPlace> {
        let shown = |(places, is_signed): (&[IdPlace], bool)| DeliveryIdPlace {
            text: places.iter().map(IdPlace::to_string).collect::<Vec<_>>().join(" + "),
            is_signed,
        };
        self.alternatives().map(shown).collect()
    }

    /// The id of a delivery: the value of the first place that has one.
    pub(crate) fn find<H: Headers + ?Sized>(&self, delivery: &Delivery<'_, H>) -> Option<DeliveryId> {
        for (places, is_signed) in self.alternatives() {
            match joined(places, delivery) {
                Value::Absent => {}
                Value::Unusable => return None,
                Value::Found(text) => return Some(DeliveryId { text, is_signed }),
            }
        }
        None
    }
}

/// The values of all of `places`, joined.
fn joined<H: Headers + ?Sized>(places: &[IdPlace], delivery: &Delivery<'_, H>) -> Value {
    let [only] = places else {
        let mut text = String::new();
        for (at, place) in places.iter().enumerate() {
            match place.value(delivery) {
                Value::Found(value) => {
                    if at > 0 {
                        text.push(':');
                    }
                    text.push_str(&value.replace('%', "%25").replace(':', "%3A"));
                }
                // A part alone does not distinguish one message from another.
                other => return other,
            }
        }
        return if text.len() > MAX_DELIVERY_ID { Value::Unusable } else { Value::Found(text) };
    };
    only.value(delivery)
}

//! Joins fields into the text that is signed, and rejects a text that could be cut in another way.

use countersign_core::{Delivery, Headers, Rejection};

use super::Fields;
use super::collect::Field;

impl Fields {
    /// The joined text.
    ///
    /// # Errors
    /// As `collect`; `missing_part` if a name or a value contains what stands between fields, so that the text could be that
    /// of another delivery too.
    pub(in crate::composition) fn text<H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'_, H>,
    ) -> Result<Vec<u8>, Rejection> {
        let fields = self.collect(delivery)?;
        let must_be_clear = self.ambiguity().is_none();
        let mut text = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            if must_be_clear && !self.is_clear(field) {
                return Err(Rejection::MissingPart);
            }
            if at > 0 {
                text.extend_from_slice(self.join.as_bytes());
            }
            if let Some(pair) = &self.pair {
                text.extend_from_slice(field.signed_name());
                text.extend_from_slice(pair.as_bytes());
            }
            text.extend_from_slice(&field.value);
        }
        Ok(text)
    }

    /// Whether the joined text can be cut around this field in one way only.
    ///
    /// Between the marks of two fields, each piece of the text either contains the mark of a pair, and then a field begins
    /// there, or it does not, and then it belongs to the value before it.
    fn is_clear(&self, field: &Field<'_>) -> bool {
        let Some(join) = self.join.as_bytes().first() else { return true };
        let has = |text: &[u8], mark: u8| text.contains(&mark);
        match self.pair.as_deref().and_then(|pair| pair.as_bytes().first()) {
            None => !has(&field.value, *join),
            Some(pair) => {
                let name = field.signed_name();
                let mut pieces = field.value.split(|byte| byte == join).skip(1);
                !has(name, *join) && !has(name, *pair) && pieces.all(|piece| !has(piece, *pair))
            }
        }
    }
}

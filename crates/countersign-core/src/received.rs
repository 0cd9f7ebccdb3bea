//! The tags that a delivery carries: nearly always one.

use crate::rejection::Rejection;
use crate::tag::{Tag, Tags};

/// Room for what is decoded. Only a second tag makes use of the room for several.
pub(crate) struct Received {
    first: Tag,
    count: usize,
    several: Option<Tags>,
}

/// What was received, now that all of it was decoded.
pub(crate) enum Tagged<'a> {
    One(&'a Tag),
    Several(&'a Tags),
}

impl Received {
    #[inline]
    pub(crate) fn none() -> Self {
        Self { first: Tag::empty(), count: 0, several: None }
    }

    /// Decodes one more tag with `decode`, which writes it to the front of the room that it is given.
    ///
    /// # Errors
    /// What `decode` says, and [`Rejection::MalformedSignature`] for more tags than
    /// [`MAX_SIGNATURES`](crate::MAX_SIGNATURES).
    #[inline]
    pub(crate) fn add<T>(&mut self, decode: impl FnOnce(&mut Tag) -> Result<T, Rejection>) -> Result<T, Rejection> {
        self.count = self.count.wrapping_add(1);
        if self.count == 1 {
            return decode(&mut self.first);
        }
        let mut next = Tag::empty();
        let decoded = decode(&mut next)?;
        self.push(next)?;
        Ok(decoded)
    }

    #[cold]
    fn push(&mut self, next: Tag) -> Result<(), Rejection> {
        let first = &self.first;
        let several = self.several.get_or_insert_with(|| {
            let mut tags = Tags::none();
            // There is room for the first of sixteen.
            let _ = tags.push(first.clone());
            tags
        });
        several.push(next).ok_or(Rejection::MalformedSignature)
    }

    #[inline]
    pub(crate) fn tagged(&self) -> Tagged<'_> {
        match &self.several {
            None => Tagged::One(&self.first),
            Some(tags) => Tagged::Several(tags),
        }
    }

    pub(crate) fn into_tags(self) -> Tags {
        self.several.unwrap_or_else(|| {
            let mut tags = Tags::none();
            let _ = tags.push(self.first);
            tags
        })
    }
}

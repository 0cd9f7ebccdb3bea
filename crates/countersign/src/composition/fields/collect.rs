//! Finds the fields that are signed, in their order.

use std::borrow::Cow;

use countersign_core::{Delivery, Headers, Rejection};

use super::{Absent, Choice, FieldName, Fields, From, Order, Repeated};
use crate::composition::limit::MAX_FIELDS;
use crate::composition::place::{json_text, may_be_form, query_of};
use crate::composition::{json_value, xml};
use crate::delivery_id::find_raw;
use crate::form::{decode, split_name};
use crate::json_name::may_match;

/// A field as it is signed.
pub(super) struct Field<'d> {
    /// The name by which it is found and sorted.
    name: Vec<u8>,
    /// The name as it is signed, if that is another one.
    written: Option<&'d [u8]>,
    pub(super) value: Cow<'d, [u8]>,
}

impl Field<'_> {
    /// The name as it is signed.
    pub(super) fn signed_name(&self) -> &[u8] {
        self.written.unwrap_or(&self.name)
    }
}

impl Fields {
    /// The fields that are signed, in the order in which they are.
    ///
    /// # Errors
    /// `body_too_large` for more than [`MAX_FIELDS`]; `repeated_signature` for a name that stands twice; `missing_part` for
    /// an absent field, and for a body of another kind.
    pub(super) fn collect<'d, H: Headers + ?Sized>(
        &self,
        delivery: &Delivery<'d, H>,
    ) -> Result<Vec<Field<'d>>, Rejection> {
        let mut fields = match &self.from {
            From::Query => self.parameters(query_of(delivery.url).as_bytes())?,
            From::AnyForm => self.parameters(delivery.body)?,
            From::Form if may_be_form(delivery.headers)? => self.parameters(delivery.body)?,
            From::Form => return Err(Rejection::MissingPart),
            From::Json(pointer) => {
                let object = json_value::find(json_text(delivery.body)?, pointer)?.ok_or(Rejection::MissingPart)?;
                return self.of_object(object.get());
            }
            From::Xml => xml::elements(delivery.body)
                .ok_or(Rejection::MissingPart)?
                .into_iter()
                .map(|(name, value)| Field { name: name.into_bytes(), written: None, value: Cow::Owned(value) })
                .collect(),
        };
        self.merge_repeated(&mut fields)?;
        self.choose(fields)
    }

    /// The parameters of a query or form.
    fn parameters<'d>(&self, text: &'d [u8]) -> Result<Vec<Field<'d>>, Rejection> {
        let parts = || text.split(|&byte| byte == b'&').filter(|part| !part.is_empty());
        // Counted before memory is allocated.
        if parts().take(MAX_FIELDS + 1).count() > MAX_FIELDS {
            return Err(Rejection::BodyTooLarge);
        }
        let field = |part| {
            let (written, value) = split_name(part);
            let decoded = |text| {
                let mut decoded = Vec::with_capacity(<[u8]>::len(text));
                decode(text, &mut decoded);
                decoded
            };
            let name = decoded(written);
            if self.is_raw {
                Field { name, written: Some(written), value: Cow::Borrowed(value) }
            } else {
                Field { name, written: None, value: Cow::Owned(decoded(value)) }
            }
        };
        Ok(parts().map(field).collect())
    }

    /// The fields of a JSON object.
    fn of_object<'d>(&self, object: &'d str) -> Result<Vec<Field<'d>>, Rejection> {
        let entries = json_value::entries(object)?;
        let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Rejection::RepeatedSignature);
        }
        let value = |raw| {
            json_value::text(raw).map(|text| match text {
                None => Cow::Borrowed(&b""[..]),
                Some(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
                Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            })
        };
        let Choice::Listed { names, absent } = &self.choice else {
            let fields = entries
                .into_iter()
                .map(|(name, raw)| Ok(Field { name: name.into_bytes(), written: None, value: value(raw)? }));
            return self.choose(fields.collect::<Result<_, _>>()?);
        };
        let mut chosen = Vec::with_capacity(names.len());
        for FieldName { name, below } in names {
            let first = below.first().unwrap_or(name);
            // A field that some parsers take for this one is not signed.
            if entries.iter().any(|(own, _)| own != first && may_match(own, first)) {
                return Err(Rejection::MissingPart);
            }
            let raw = entries.iter().find(|(own, _)| own == first).map(|(_, raw)| *raw);
            let raw = match (raw, below.get(1..)) {
                (Some(raw), Some(rest)) if !rest.is_empty() => {
                    find_raw(raw.get(), rest).map_err(|_| Rejection::MissingPart)?
                }
                (raw, _) => raw,
            };
            let found = raw.map(value).transpose()?;
            chosen.extend(present(name, found, *absent)?);
        }
        Ok(self.without_empty(chosen))
    }

    /// Handles fields with the same name.
    fn merge_repeated(&self, fields: &mut Vec<Field<'_>>) -> Result<(), Rejection> {
        if self.repeated == Repeated::Keep {
            return Ok(());
        }
        let mut order: Vec<usize> = (0..fields.len()).collect();
        order.sort_by(|&a, &b| fields[a].name.cmp(&fields[b].name).then(a.cmp(&b)));
        let mut merged = vec![false; fields.len()];
        let mut first = 0;
        for at in 1..order.len() {
            if fields[order[first]].name != fields[order[at]].name {
                first = at;
                continue;
            }
            let Repeated::Join(text) = &self.repeated else { return Err(Rejection::RepeatedSignature) };
            let more = std::mem::take(&mut fields[order[at]].value);
            let value = fields[order[first]].value.to_mut();
            value.extend_from_slice(text.as_bytes());
            value.extend_from_slice(&more);
            merged[order[at]] = true;
        }
        let mut merged = merged.into_iter();
        fields.retain(|_| merged.next() != Some(true));
        Ok(())
    }

    /// The fields that are signed, of all that there are.
    fn choose<'d>(&self, mut fields: Vec<Field<'d>>) -> Result<Vec<Field<'d>>, Rejection> {
        match &self.choice {
            Choice::AllBut { except, order } => {
                fields.retain(|field| !except.iter().any(|name| name.as_bytes() == field.name));
                match order {
                    Order::Name => fields.sort_by(|a, b| a.name.cmp(&b.name)),
                    Order::NameWithoutCase => {
                        fields.sort_by_cached_key(|field| (field.name.to_ascii_lowercase(), field.name.clone()));
                    }
                    Order::Received => {}
                }
                Ok(self.without_empty(fields))
            }
            Choice::Listed { names, absent } => {
                let mut chosen = Vec::with_capacity(names.len());
                for FieldName { name, .. } in names {
                    // Repeated names are allowed for all fields or for none, and a list names each once.
                    let mut found = fields.iter_mut().filter(|field| field.name == name.as_bytes()).peekable();
                    if found.peek().is_none() {
                        chosen.extend(present(name, None, *absent)?);
                    }
                    chosen.extend(found.map(|field| Field {
                        name: std::mem::take(&mut field.name),
                        written: field.written,
                        value: std::mem::take(&mut field.value),
                    }));
                }
                Ok(self.without_empty(chosen))
            }
        }
    }

    fn without_empty<'d>(&self, mut fields: Vec<Field<'d>>) -> Vec<Field<'d>> {
        if self.skips_empty {
            fields.retain(|field| !field.value.is_empty());
        }
        fields
    }
}

/// A listed field, whose value may be absent.
fn present<'d>(name: &str, value: Option<Cow<'d, [u8]>>, absent: Absent) -> Result<Option<Field<'d>>, Rejection> {
    let value = match (value, absent) {
        (Some(value), _) => value,
        (None, Absent::Empty) => Cow::Borrowed(&b""[..]),
        (None, Absent::Skip) => return Ok(None),
        (None, Absent::Reject) => return Err(Rejection::MissingPart),
    };
    Ok(Some(Field { name: name.as_bytes().to_vec(), written: None, value }))
}

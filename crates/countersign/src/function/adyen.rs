//! Adyen's payment notifications: the JSON body contains the signature and the eight fields that it covers.
//!
//! The rules are those of Adyen's libraries, `HMACValidator` in adyen-java-api-library
//! (<https://github.com/Adyen/adyen-java-api-library/blob/bca8a14bd/src/main/java/com/adyen/util/HMACValidator.java>)
//! and `is_valid_hmac_notification` in adyen-python-api-library
//! (<https://github.com/Adyen/adyen-python-api-library/blob/main/Adyen/util.py>): the fields are joined by `:` in a fixed
//! order, an absent field is empty, and nothing is escaped (older libraries escaped).
//!
//! The application parses the body again. Therefore a body is rejected if parsers could disagree about a field, because its
//! name appears twice or with other letters. Letters are those of Unicode: some parsers treat U+017F as `s` (Go's
//! `encoding/json`), U+0131 as `i` (Java's `equalsIgnoreCase`) or `ß` as `ss` (Python's `casefold`). All other names are
//! allowed; a merchant chooses names of its own, such as those in `additionalData`.

use std::borrow::Cow;
use std::fmt;

use countersign_core::{Delivery, Rejection};
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Rewritten, Signatures};
use crate::json_name::may_match;

pub(super) fn rewrite<'a, H: ?Sized>(delivery: &Delivery<'a, H>) -> Result<Rewritten<'a>, Rejection> {
    let body = str::from_utf8(delivery.body).map_err(|_| Rejection::MissingPart)?;
    let [items] = fields(body, ["notificationItems"])?;
    let [item] = fields(single(items)?, ["NotificationRequestItem"])?;
    let [data, amount, psp, original, account, reference, event, success] = fields(
        item.ok_or(Rejection::MissingPart)?.get(),
        [
            "additionalData",
            "amount",
            "pspReference",
            "originalReference",
            "merchantAccountCode",
            "merchantReference",
            "eventCode",
            "success",
        ],
    )?;
    let [value, currency] = fields(amount.map_or("{}", object), ["value", "currency"])?;
    let [signature] = fields(data.map_or("{}", object), ["hmacSignature"])?;

    let mut signed = String::new();
    for (i, field) in [psp, original, account, reference, value, currency, event, success].into_iter().enumerate() {
        if i > 0 {
            signed.push(':');
        }
        let text = text(field)?;
        // Nothing is escaped, so the signed text is unambiguous only if at most one field contains `:`: the merchant's
        // reference.
        if i != REFERENCE && text.contains(':') {
            return Err(Rejection::MissingPart);
        }
        signed.push_str(&text);
    }
    let signature = signature_text(signature)?;
    Ok(Rewritten {
        signatures: signature.map_or(Signatures::InHeaders, |signature| Signatures::Found(vec![signature])),
        ..Rewritten::new(vec![Cow::Borrowed(delivery.url)], Cow::Owned(signed.into_bytes()))
    })
}

/// The place of the notification with the signed fields, each of which may be absent.
pub(crate) const ITEM: &str = "json:/notificationItems/0/NotificationRequestItem";

/// Whether the value at this place of the body is one of the signed fields.
pub(super) fn signs(names: &[String]) -> bool {
    let ["notificationItems", "0", "NotificationRequestItem", field @ ..] =
        &names.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return false;
    };
    matches!(
        field,
        ["pspReference" | "originalReference" | "merchantAccountCode" | "merchantReference" | "eventCode" | "success"]
            | ["amount", "value" | "currency"]
    )
}

/// The index of `merchantReference` among the signed fields.
const REFERENCE: usize = 3;

/// Returns the only item of a list.
fn single(list: Option<&RawValue>) -> Result<&str, Rejection> {
    let mut reader = serde_json::Deserializer::from_str(list.ok_or(Rejection::MissingPart)?.get());
    match reader.deserialize_seq(First).map_err(|_| Rejection::MissingPart)? {
        (Some(item), 1) => Ok(item.get()),
        _ => Err(Rejection::MalformedSignature),
    }
}

/// Returns the text of an object; null counts as an empty object.
fn object(raw: &RawValue) -> &str {
    if raw.get() == "null" { "{}" } else { raw.get() }
}

/// Returns what a field adds to the signed text: the content of a string; a number or boolean as it is written.
fn text(field: Option<&RawValue>) -> Result<Cow<'_, str>, Rejection> {
    let Some(raw) = field else { return Ok(Cow::Borrowed("")) };
    match raw.get().bytes().next() {
        Some(b'"') => serde_json::from_str(raw.get()).map(Cow::Owned).map_err(|_| Rejection::MissingPart),
        Some(b'{' | b'[') => Err(Rejection::MissingPart),
        Some(b'n') => Ok(Cow::Borrowed("")),
        _ => Ok(Cow::Borrowed(raw.get())),
    }
}

/// Returns the signature; `None` if it is absent, as in a message before it is signed.
fn signature_text(field: Option<&RawValue>) -> Result<Option<Vec<u8>>, Rejection> {
    let text = field.map_or(Ok(None), |raw| serde_json::from_str::<Option<String>>(raw.get()));
    Ok(text.map_err(|_| Rejection::MalformedSignature)?.map(String::into_bytes))
}

/// Returns the fields `names` of an object, which must be the whole text.
fn fields<'a, const N: usize>(text: &'a str, names: [&str; N]) -> Result<[Option<&'a RawValue>; N], Rejection> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = reader.deserialize_map(Fields(names)).map_err(|_| Rejection::MissingPart)?;
    reader.end().map_err(|_| Rejection::MissingPart)?;
    Ok(found)
}

/// Collects the fields with these names and ignores all others.
struct Fields<'n, const N: usize>([&'n str; N]);

impl<'a, const N: usize> Visitor<'a> for Fields<'_, N> {
    type Value = [Option<&'a RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut found = [None; N];
        while let Some(name) = map.next_key::<Cow<'a, str>>()? {
            let slot = found.iter_mut().zip(self.0).find(|(_, field)| may_match(&name, field));
            match slot {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some((slot, field)) if slot.is_none() && field == name => *slot = Some(map.next_value()?),
                Some(_) => return Err(M::Error::custom("an ambiguous field")),
            }
        }
        Ok(found)
    }
}

/// Returns the first item of a list, and the number of items.
struct First;

impl<'a> Visitor<'a> for First {
    type Value = (Option<&'a RawValue>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let first = list.next_element()?;
        let mut count = usize::from(first.is_some());
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok((first, count))
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle;
    use super::*;

    /// The signature and the signed text of a body.
    fn signed(body: &[u8]) -> Result<(String, String), Rejection> {
        let rewritten = rewrite::<[(&str, &str)]>(&Delivery { method: "POST", url: "", headers: &[], body })?;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let signature = match rewritten.signatures {
            Signatures::InHeaders => Vec::new(),
            Signatures::Found(mut signatures) => signatures.remove(0),
        };
        Ok((text(signature), text(rewritten.body.into_owned())))
    }

    fn notification(item: &str) -> String {
        format!(r#"{{"live":"false","notificationItems":[{{"NotificationRequestItem":{item}}}]}}"#)
    }

    /// The items of Adyen's own tests, without unsigned fields:
    /// <https://github.com/Adyen/adyen-java-api-library/blob/bca8a14bd/src/test/java/com/adyen/util/HMACValidatorTest.java>
    /// and `hmac-validation-webhook.json` there.
    #[test]
    fn published_items() {
        for (key, item, expected) in [
            (
                "9064450A8892A093D9E97EFCC9639DE31B74F3A7803135555A3C96F5A57915D6",
                r#"{"additionalData": {"hmacSignature": "NuEkADFmlCC6VgX+wcoPAegIWxVPNBPCuKlM4Hzo5qc="},
                    "amount": {"currency": "EUR", "value": "0"}, "eventCode": "REPORT_AVAILABLE",
                    "merchantAccountCode": "Magento2Rik", "merchantReference": "testMerchantRef1",
                    "pspReference": "test_REPORT_AVAILABLE", "reason": "will contain the url to the report",
                    "success": "true"}"#,
                "test_REPORT_AVAILABLE::Magento2Rik:testMerchantRef1:0:EUR:REPORT_AVAILABLE:true",
            ),
            (
                "74F490DD33F7327BAECC88B2947C011FC02D014A473AAA33A8EC93E4DC069174",
                r#"{"additionalData": {"hmacSignature": "CZErGCNQaSsxbaQfZaJlakqo7KPP+mIa8a+wx3yNs9A="},
                    "amount": {"currency": "EUR", "value": 1000}, "eventCode": "AUTHORISATION",
                    "merchantAccountCode": "AntoniStroinski", "merchantReference": "\\:/\\/slashes are fun",
                    "operations": ["CANCEL", "CAPTURE", "REFUND"], "pspReference": "ZVWN7D3WSMK2WN82",
                    "reason": "052095:1111:03/2030", "success": "true"}"#,
                r"ZVWN7D3WSMK2WN82::AntoniStroinski:\:/\/slashes are fun:1000:EUR:AUTHORISATION:true",
            ),
        ] {
            let (signature, text) = signed(notification(item).as_bytes()).expect(expected);
            assert_eq!(text, expected);
            let key = const_hex::decode(key).expect("hex");
            assert_eq!(signature, oracle::sha256_base64(&key, text.as_bytes()));
        }
    }

    #[test]
    fn absent_fields_are_empty_and_numbers_stay_as_written() {
        for (item, expected) in [
            (r#"{"additionalData":{"hmacSignature":"s"}}"#, ":::::::"),
            (r#"{"additionalData":{"hmacSignature":"s"},"amount":null,"pspReference":null}"#, ":::::::"),
            (
                r#"{"success":true,"amount":{"value":-1.50},"originalReference":"\u00e9","additionalData":{"hmacSignature":"s"}}"#,
                ":é:::-1.50:::true",
            ),
        ] {
            assert_eq!(signed(notification(item).as_bytes()), Ok(("s".to_owned(), expected.to_owned())), "{item}");
        }
    }

    /// As in a message before it is signed.
    #[test]
    fn the_signature_may_be_absent() {
        for item in ["{}", r#"{"additionalData":null}"#, r#"{"additionalData":{"hmacSignature":null}}"#] {
            assert_eq!(signed(notification(item).as_bytes()), Ok((String::new(), ":::::::".to_owned())), "{item}");
        }
    }

    #[test]
    fn malformed_and_ambiguous_bodies_are_rejected() {
        let data = r#""additionalData":{"hmacSignature":"s"}"#;
        for (body, expected) in [
            (notification(r#"{"additionalData":{"hmacSignature":1}}"#), Rejection::MalformedSignature),
            (notification(r#"{"additionalData":[]}"#), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"amount":1}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"pspReference":{{}}}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"success":"a","success":"a"}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"success":"a","Success":"b"}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"success":"a","ſuccess":"b"}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{"\u017fuccess":"b",{data}}}"#)), Rejection::MissingPart),
            (
                notification(r#"{"additionalData":{"hmacSignature":"s","hmac\u017fignature":"t"}}"#),
                Rejection::MissingPart,
            ),
            (notification(&format!("{{{data}}}")).replace("live", "not\u{131}ficationItems"), Rejection::MissingPart),
            (
                notification(&format!("{{{data}}}")).replace("[{", "[{\"NotificationRequestıtem\":1,"),
                Rejection::MissingPart,
            ),
            (notification(&format!(r#"{{{data},"succeß":"b"}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"SUCCEẞ":"b"}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"or\u0130ginalReference":"b"}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"pspReference":"\ud800"}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"merchantAccountCode":"a:b"}}"#)), Rejection::MissingPart),
            (notification(&format!(r#"{{{data},"amount":{{"value":"1:2"}}}}"#)), Rejection::MissingPart),
            (notification("null"), Rejection::MissingPart),
            (r#"{"notificationItems":[]}"#.to_owned(), Rejection::MalformedSignature),
            (r#"{"notificationItems":[{},{}]}"#.to_owned(), Rejection::MalformedSignature),
            (r#"{"notificationItems":[{}]}"#.to_owned(), Rejection::MissingPart),
            (r#"{"notificationItems":{}}"#.to_owned(), Rejection::MissingPart),
            (notification(&format!("{{{data}}}")) + "x", Rejection::MissingPart),
            ("{}".to_owned(), Rejection::MissingPart),
            (String::new(), Rejection::MissingPart),
        ] {
            assert_eq!(signed(body.as_bytes()), Err(expected), "{body}");
        }
        assert_eq!(signed(b"{\"\xff\":1}"), Err(Rejection::MissingPart));
    }

    /// U+017F, U+212A, U+0130 and U+0131 are the only letters outside ASCII whose other case is one ASCII letter.
    #[test]
    fn names_with_letters_that_fold_to_ascii_match() {
        for letter in '\u{80}'..=char::MAX {
            if letter.to_lowercase().chain(letter.to_uppercase()).all(|mapped| mapped == letter) {
                continue;
            }
            let name = letter.to_string();
            let found: Vec<char> = ('a'..='z').filter(|field| may_match(&name, &field.to_string())).collect();
            let expected = match letter {
                '\u{17f}' => "s",
                '\u{212a}' => "k",
                '\u{130}' | '\u{131}' => "i",
                _ => "",
            };
            assert!(found.iter().copied().eq(expected.chars()), "{name}: {found:?}");
        }
    }

    /// A merchant may choose names, and no parser confuses letters that only look alike.
    #[test]
    fn other_names_outside_ascii_are_ignored() {
        let item = r#"{"additionalData":{"hmacSignature":"s","größe":"1","straße":"2","ſ":"3"},"amount":{"сurrency":"EUR"},"é":4}"#;
        let body = notification(item).replace("live", "\u{e9}");
        assert_eq!(signed(body.as_bytes()), Ok(("s".to_owned(), ":::::::".to_owned())));
    }

    #[test]
    fn deep_nesting_is_rejected() {
        let deep = notification(&"[".repeat(1_000_000));
        assert_eq!(signed(deep.as_bytes()), Err(Rejection::MissingPart));
    }
}

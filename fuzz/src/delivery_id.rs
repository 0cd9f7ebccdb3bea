//! Claims, for a pointer and the body of a delivery: the id is what stands at that place of the tree that `serde_json` reads,
//! and a number is kept as it is written. A name that occurs twice on the way, a value of another kind and a text that is no
//! JSON are no id, and no other place counts then; what is absent lets the next place count.
//!
//! The input is the pointer, a newline, and the body.

use countersign::{Delivery, MAX_DELIVERY_ID, Scheme, Secret};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, json};

/// The id in the header, which counts if there is none in the body.
const NEXT: &str = "the next place";

/// A tree that keeps all names of an object.
enum Tree {
    Nothing,
    Truth,
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

/// What is at a place of a tree.
enum Found<'t> {
    Value(&'t Tree),
    Absent,
    Twice,
}

impl Tree {
    fn at(&self, pointer: &str) -> Found<'_> {
        let mut tree = self;
        for name in pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")) {
            let mut found = match tree {
                Self::Object(members) => {
                    members.iter().filter(|member| member.0 == name).map(|member| &member.1).collect()
                }
                Self::List(items) => {
                    let is_index = name == "0" || (!name.starts_with('0') && name.bytes().all(|b| b.is_ascii_digit()));
                    let index = name.parse::<usize>().ok().filter(|_| is_index);
                    Vec::from_iter(index.and_then(|index| items.get(index)))
                }
                _ => Vec::new(),
            };
            match (found.pop(), found.is_empty()) {
                (None, _) => return Found::Absent,
                (Some(_), false) => return Found::Twice,
                (Some(below), true) => tree = below,
            }
        }
        Found::Value(tree)
    }
}

/// Finds the id of the delivery that `data` describes.
///
/// # Panics
/// If a claim does not hold.
pub fn run(data: &[u8]) -> Option<u8> {
    let newline = data.iter().position(|&byte| byte == b'\n')?;
    let (pointer, body) = (str::from_utf8(&data[..newline]).ok()?, &data[newline + 1..]);
    let scheme = json!({"token": {"header": "X-Token"}, "id_from": [format!("json:{pointer}"), "header:X-Id"]});
    let Ok(scheme) = Scheme::from_json(&scheme.to_string()) else {
        let names = pointer.split('/').count() - 1;
        let is_escaped = pointer.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
        assert!(!pointer.starts_with('/') || names > 8 || !is_escaped, "{pointer} was refused");
        return Some(67);
    };
    assert_eq!(scheme.delivery_id_places()[0].text, format!("json:{pointer}"));
    let verifier = scheme.verifier(Secret::new("a token")).expect("a token is enough");
    let headers = [("X-Id", NEXT)];
    let found = verifier.delivery_id(&Delivery { method: "", url: "", headers: &headers[..], body }).map(|id| id.text);
    let text = str::from_utf8(body).ok();

    // The tree is read up to a depth, and without what is only passed over otherwise: halves of surrogate pairs, large numbers.
    let Some(tree) = text.and_then(|text| serde_json::from_str::<Tree>(text).ok()) else {
        let is_json = text.is_some_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        assert!(is_json || found.is_none(), "{found:?} was found in what is no JSON");
        return if is_json { None } else { Some(3) };
    };
    let is_id = |text: &str| text.len() <= MAX_DELIVERY_ID && !text.chars().any(char::is_control);
    let next = Some(NEXT.to_owned());
    match tree.at(pointer) {
        Found::Absent | Found::Value(Tree::Nothing) => assert_eq!(found, next, "absent"),
        Found::Value(Tree::Text(text)) if text.is_empty() => assert_eq!(found, next, "empty"),
        Found::Value(Tree::Text(text)) if is_id(text) => {
            assert_eq!(found.as_deref(), Some(&**text));
            return Some(0);
        }
        Found::Value(Tree::Number(number)) => {
            let Some(found) = found else {
                // Only one that is too long is no id.
                assert!(body.len() > MAX_DELIVERY_ID, "{number} was not found");
                return Some(3);
            };
            assert_eq!(serde_json::from_str::<Number>(&found).ok().as_ref(), Some(number));
            assert!(text.is_some_and(|text| text.contains(&found)), "{found} is not in the body");
            return Some(1);
        }
        Found::Twice | Found::Value(_) => {
            assert_eq!(found, None, "this is no id");
            return Some(3);
        }
    }
    Some(2)
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Tree;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Nothing)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
                Ok(Tree::Truth)
            }

            fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
                Ok(Tree::Number(number.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
                Ok(Tree::Number(number.into()))
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Tree, E> {
                Number::from_f64(number).map(Tree::Number).ok_or_else(|| E::custom("no number"))
            }

            fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.to_owned()))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Tree, S::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Tree::List(items))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Tree, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Tree::Object(members))
            }
        }

        reader.deserialize_any(Reader)
    }
}

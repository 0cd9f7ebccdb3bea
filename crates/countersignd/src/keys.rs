//! Keys of the management API: who may call it, and what for.
//!
//! A secret is 256 random bits, and only its SHA-256 is stored. That suffices because nobody can guess such a secret, with however fast a
//! hash; a slow one, which protects what people choose, would let anybody keep this process busy. The hashes are compared by the engine,
//! as tokens are, so the time says nothing of where they differ.

mod basic;
pub mod control;
mod error;
pub mod first;
mod stored;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use countersign::{Secret, Verifier};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tracing::warn;
use zeroize::Zeroizing;

use crate::audit::{Actor, Change};
use crate::error_chain::chain;
use crate::metadata::{Metadata, MetadataError};
use crate::random;
use basic::Credentials;
pub use error::{KeyError, Refusal};
use stored::Hash;

/// What secrets begin with, so that scanners for leaked secrets know them.
pub const SECRET_PREFIX: &str = "csd_";

/// The most keys that there are at once.
const KEYS_MAX: usize = 1000;

const DAY: i64 = 86_400_000_000;
/// The day of a key that was never used.
const NEVER: i64 = i64::MIN;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look at things.
    Read,
    /// Look at things and change them.
    Manage,
}

impl Scope {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Manage => "manage",
        }
    }

    /// The scope with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Read, Self::Manage].into_iter().find(|scope| scope.name() == name)
    }
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The name before the colon of HTTP Basic. It is no secret.
    pub id: String,
    /// What it may do.
    pub scope: Scope,
    /// The one group that it may see; all without.
    pub group: Option<String>,
    /// When it was made, in microseconds since 1970.
    pub created_at: i64,
    /// When it ends, in microseconds since 1970; never without.
    pub expires_at: Option<i64>,
    /// The last day on which it was used (in UTC, days since 1970).
    pub used_day: Option<i64>,
}

/// What a new key shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKey {
    /// What it may do.
    pub scope: Scope,
    /// The one group that it may see; all without.
    pub group: Option<String>,
    /// When it ends, in microseconds since 1970; never without.
    pub expires_at: Option<i64>,
}

/// A key with its secret, which is told once.
#[derive(Clone, Serialize, Deserialize)]
pub struct Issued {
    /// The id of the key.
    pub key: String,
    /// Its secret.
    pub secret: Zeroizing<String>,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// For the audit.
    pub actor: Actor,
    /// What the caller may do.
    pub scope: Scope,
    /// The one group that the caller may see; all without.
    pub group: Option<String>,
}

impl Principal {
    /// Whoever may open the data folder, which is as much as there can be.
    #[must_use]
    pub fn owner() -> Self {
        Self { actor: Actor::Owner, scope: Scope::Manage, group: None }
    }

    /// Whether the caller may change things.
    #[must_use]
    pub fn may_manage(&self) -> bool {
        self.scope == Scope::Manage
    }

    /// Whether the caller may see things of this group.
    #[must_use]
    pub fn may_see(&self, group: &str) -> bool {
        self.group.as_deref().is_none_or(|own| own == group)
    }
}

/// All keys.
pub struct Keys {
    metadata: Arc<Metadata>,
    known: RwLock<HashMap<String, Known>>,
    /// What is compared if there is no such key, so that it takes as long.
    nobody: Verifier,
}

/// A key that a request is compared with.
struct Known {
    key: Key,
    verifier: Verifier,
    used_day: AtomicI64,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// The keys of these metadata, which nobody else may change meanwhile.
    ///
    /// # Errors
    /// Of the database.
    pub fn open(metadata: Arc<Metadata>) -> Result<Self, MetadataError> {
        let known = metadata.keys_and_hashes()?.into_iter().map(|(key, hash)| (key.id.clone(), Known::new(key, &hash)));
        Ok(Self { known: RwLock::new(known.collect()), metadata, nobody: comparing(&random::bytes()) })
    }

    /// Makes a key. Its secret is told here, and never again.
    ///
    /// # Errors
    /// As [`KeyError`] lists them.
    pub fn create(&self, new: NewKey, actor: &Actor, now: i64) -> Result<Issued, KeyError> {
        let issued = Self::generate();
        self.insert(&issued, new, actor, now)?;
        Ok(issued)
    }

    fn generate() -> Issued {
        let digits = Zeroizing::new(random::hex::<32>());
        Issued { key: random::hex::<10>(), secret: Zeroizing::new(format!("{SECRET_PREFIX}{}", *digits)) }
    }

    /// Stores a key that was not given to anybody yet.
    fn insert(&self, issued: &Issued, new: NewKey, actor: &Actor, now: i64) -> Result<(), KeyError> {
        let NewKey { scope, group, expires_at } = new;
        if let Some(group) = group.as_deref().filter(|group| !is_group(group)) {
            return Err(KeyError::Group(group.chars().take(64).collect()));
        }
        if expires_at.is_some_and(|end| end <= now) {
            return Err(KeyError::Past);
        }
        let key = Key { id: issued.key.clone(), scope, group, created_at: now, expires_at, used_day: None };
        let hash = hash(issued.secret.as_bytes());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEYS_MAX {
            return Err(KeyError::TooMany);
        }
        let change = Change { at: now, actor, action: "key.create", subject: Some(&key.id), fields: &[] };
        self.metadata.insert_key(&key, &hash, &change)?;
        known.insert(key.id.clone(), Known::new(key, &hash));
        Ok(())
    }

    /// Deletes a key; whether there was one. It opens nothing from then on.
    ///
    /// # Errors
    /// Of the database.
    pub fn delete(&self, id: &str, actor: &Actor, now: i64) -> Result<bool, MetadataError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let change = Change { at: now, actor, action: "key.delete", subject: Some(id), fields: &[] };
        let was_there = self.metadata.remove_key(id, &change)?;
        known.remove(id);
        Ok(was_there)
    }

    /// All keys, in the order in which they were made.
    #[must_use]
    pub fn list(&self) -> Vec<Key> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<Key> = known.values().map(Known::key).collect();
        keys.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        keys
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Who calls, by HTTP Basic. `now` is in microseconds since 1970.
    ///
    /// # Errors
    /// As [`Refusal`] lists them. All but `Expired` take as long, whatever is wrong.
    pub fn authenticate(&self, headers: &HeaderMap, now: i64) -> Result<Principal, Refusal> {
        let credentials = Credentials::read(headers)?;
        let presented = hash(credentials.secret());
        let first_of_day = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let found = known.get(credentials.key());
            let verifier = found.map_or(&self.nobody, |found| &found.verifier);
            let is_right = verifier.verify_signature(random::to_hex(&presented).as_bytes(), b"").is_ok();
            let found = found.filter(|_| is_right).ok_or(Refusal::Unknown)?;
            if found.key.expires_at.is_some_and(|end| end <= now) {
                return Err(Refusal::Expired);
            }
            let today = now.div_euclid(DAY);
            let Key { id, scope, group, .. } = &found.key;
            let principal = Principal { actor: Actor::Key(id.clone()), scope: *scope, group: group.clone() };
            if found.used_day.swap(today, Ordering::Relaxed) == today {
                return Ok(principal);
            }
            (principal, today)
        };
        let (principal, today) = first_of_day;
        // Once a day; who is not authentic makes nothing be written.
        if let Err(error) = self.metadata.set_key_used(credentials.key(), today) {
            warn!("the day on which a key was used is not noted: {}", chain(&error));
        }
        Ok(principal)
    }
}

impl Known {
    fn new(key: Key, hash: &Hash) -> Self {
        Self { verifier: comparing(hash), used_day: AtomicI64::new(key.used_day.unwrap_or(NEVER)), key }
    }

    fn key(&self) -> Key {
        let used_day = Some(self.used_day.load(Ordering::Relaxed)).filter(|day| *day != NEVER);
        Key { used_day, ..self.key.clone() }
    }
}

fn hash(secret: &[u8]) -> Hash {
    Sha256::digest(secret).into()
}

/// What compares a hash with this one: the engine's verifier of tokens, whose token is the hash in hex.
fn comparing(hash: &Hash) -> Verifier {
    Verifier::token(Secret::new(random::to_hex(hash))).expect("hex is a token")
}

fn is_group(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use http::header::AUTHORIZATION;

    use super::*;

    const ANYTHING: NewKey = NewKey { scope: Scope::Manage, group: None, expires_at: None };

    fn open(folder: &tempfile::TempDir) -> Keys {
        Keys::open(Arc::new(Metadata::open(folder.path()).unwrap())).unwrap()
    }

    fn headers(key: &str, secret: &str) -> HeaderMap {
        let value = format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")));
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn a_key_opens_what_it_is_for_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let keys = open(&folder);
        let new = NewKey { scope: Scope::Read, group: Some("default".to_owned()), expires_at: Some(5 * DAY) };
        let issued = keys.create(new.clone(), &Actor::Owner, DAY).unwrap();
        let other = keys.create(ANYTHING, &Actor::Service, DAY).unwrap();
        let right = headers(&issued.key, &issued.secret);
        // Also by whoever opens the metadata later.
        for keys in [keys, open(&folder)] {
            let principal = keys.authenticate(&right, 2 * DAY).unwrap();
            assert_eq!(principal.actor, Actor::Key(issued.key.clone()));
            assert!(!principal.may_manage() && principal.may_see("default") && !principal.may_see("other"));
            assert_eq!(keys.authenticate(&right, 5 * DAY), Err(Refusal::Expired));
            let principal = keys.authenticate(&headers(&other.key, &other.secret), 5 * DAY).unwrap();
            assert!(principal.may_manage() && principal.may_see("default") && principal.may_see("other"));
            for (key, secret) in [
                (issued.key.as_str(), other.secret.as_str()),
                (&issued.key, ""),
                (&issued.key, &issued.secret[1..]),
                (&issued.key, &format!("{}0", *issued.secret)),
                (&issued.key, &random::to_hex(&hash(issued.secret.as_bytes()))),
                ("", &issued.secret),
                ("0123", &issued.secret),
            ] {
                assert_eq!(keys.authenticate(&headers(key, secret), 5 * DAY), Err(Refusal::Unknown), "{key} {secret}");
            }
            assert_eq!(keys.authenticate(&HeaderMap::new(), 0), Err(Refusal::Missing));
        }
        let keys = open(&folder);
        assert!(keys.delete(&issued.key, &Actor::Owner, 0).unwrap());
        assert!(!keys.delete(&issued.key, &Actor::Owner, 0).unwrap());
        assert_eq!(keys.authenticate(&right, 2 * DAY), Err(Refusal::Unknown));
        assert_eq!(keys.list().len(), 1);
        let audited = keys.metadata.audited(Some(&issued.key), None, 9).unwrap();
        let actions: Vec<_> = audited.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["key.delete", "key.create"]);
    }

    #[test]
    fn the_last_day_of_use_is_noted() {
        let folder = tempfile::tempdir().unwrap();
        let keys = open(&folder);
        let issued = keys.create(ANYTHING, &Actor::Owner, 0).unwrap();
        assert_eq!(keys.list()[0].used_day, None);
        for now in [0, 3 * DAY + 1, 4 * DAY - 1, 4 * DAY] {
            let wrong = headers(&issued.key, "x");
            keys.authenticate(&wrong, 9 * DAY).unwrap_err();
            keys.authenticate(&headers(&issued.key, &issued.secret), now).unwrap();
            assert_eq!(keys.list()[0].used_day, Some(now / DAY));
            assert_eq!(open(&folder).list()[0].used_day, Some(now / DAY));
        }
    }

    #[test]
    fn what_is_stored_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let keys = open(&folder);
        let issued = keys.create(ANYTHING, &Actor::Owner, 0).unwrap();
        assert_eq!(issued.secret.len(), SECRET_PREFIX.len() + 64);
        let shown = format!("{issued:?} {keys:?} {:?}", keys.list());
        assert!(shown.contains(&issued.key) && !shown.contains(&issued.secret[4..20]), "{shown}");
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let content = std::fs::read(file.unwrap().path()).unwrap();
            let digits = &issued.secret.as_bytes()[SECRET_PREFIX.len()..];
            assert!(!content.windows(16).any(|window| window == &digits[..16]));
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keys = open(&folder);
        for group in ["", "a b", "ä", &"g".repeat(65)] {
            let new = NewKey { group: Some(group.to_owned()), ..ANYTHING };
            let message = keys.create(new, &Actor::Owner, 0).unwrap_err().to_string();
            assert!(message.contains("1 to 64 letters"), "{message}");
        }
        let new = NewKey { expires_at: Some(7), ..ANYTHING };
        assert!(keys.create(new, &Actor::Owner, 7).unwrap_err().to_string().contains("in the past"));
        assert!(keys.is_empty());
    }
}

//! Operations that fail on demand.

use std::str::FromStr;
use std::time::Duration;

use crate::random::Random;

/// What a program asks of the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as the system calls are named")]
pub enum Operation {
    Open,
    Create,
    Read,
    Write,
    Truncate,
    Fsync,
    FsyncFolder,
    Rename,
    Link,
    Unlink,
    Mkdir,
    List,
    Fallocate,
    Statfs,
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "open" => Self::Open,
            "create" => Self::Create,
            "read" => Self::Read,
            "write" => Self::Write,
            "truncate" => Self::Truncate,
            "fsync" => Self::Fsync,
            "fsync-folder" => Self::FsyncFolder,
            "rename" => Self::Rename,
            "link" => Self::Link,
            "unlink" => Self::Unlink,
            "mkdir" => Self::Mkdir,
            "list" => Self::List,
            "fallocate" => Self::Fallocate,
            "statfs" => Self::Statfs,
            _ => return Err(format!("there is no operation {text:?}")),
        })
    }
}

/// What happens instead of an operation, or before it.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which operation.
    pub operation: Operation,
    /// On files and folders whose path contains this, or ends with it if it ends with `$`.
    pub path: String,
    /// In how many of a thousand.
    pub permille: u32,
    /// How often at most.
    pub left: u64,
    /// The number of the error; 0 for none.
    pub errno: i32,
    /// How long it takes.
    pub delay: Duration,
    /// Whether a write takes only half of the bytes.
    pub is_short: bool,
}

impl FromStr for Fault {
    type Err = String;

    /// `OPERATION PATH NAME=NUMBER...`, with the names `permille`, `left`, `errno`, `delay_ms` and `short`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let operation = words.next().unwrap_or_default().parse()?;
        let path = words.next().ok_or("a fault has a path, or / for all")?.to_owned();
        let mut fault =
            Self { operation, path, permille: 1000, left: u64::MAX, errno: 0, delay: Duration::ZERO, is_short: false };
        for word in words {
            let (name, value) = word.split_once('=').ok_or_else(|| format!("{word:?} is not NAME=NUMBER"))?;
            let number: u32 = value.parse().map_err(|_| format!("{value:?} is not a number"))?;
            match name {
                "permille" => fault.permille = number,
                "left" => fault.left = number.into(),
                "errno" => fault.errno = i32::try_from(number).map_err(|_| format!("there is no error {number}"))?,
                "delay_ms" => fault.delay = Duration::from_millis(number.into()),
                "short" => fault.is_short = number > 0,
                _ => return Err(format!("a fault has no {name:?}")),
            }
        }
        Ok(fault)
    }
}

/// The first of the faults that happens to this operation.
pub(crate) fn drawn(faults: &mut [Fault], random: &mut Random, operation: Operation, path: &str) -> Option<Fault> {
    let fault = faults.iter_mut().find(|fault| {
        let is_there =
            fault.path.strip_suffix('$').map_or_else(|| path.contains(&fault.path), |end| path.ends_with(end));
        let is_meant = fault.operation == operation && fault.left > 0 && is_there;
        is_meant && random.permille(fault.permille)
    })?;
    fault.left -= 1;
    Some(fault.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_as_often_as_it_says() {
        let mut faults = vec!["write inbox/ errno=5 left=2".parse::<Fault>().unwrap()];
        let mut random = Random::new(1);
        assert!(drawn(&mut faults, &mut random, Operation::Write, "/data/store/x").is_none());
        assert!(drawn(&mut faults, &mut random, Operation::Read, "/data/inbox/x").is_none());
        for expected in [true, true, false] {
            assert_eq!(drawn(&mut faults, &mut random, Operation::Write, "/data/inbox/x").is_some(), expected);
        }
        let mut faults = vec!["read .db$".parse::<Fault>().unwrap()];
        for (path, expected) in [("/data/trial.db", true), ("/data/trial.db-shm", false)] {
            assert_eq!(drawn(&mut faults, &mut random, Operation::Read, path).is_some(), expected);
        }
        for wrong in ["", "write", "fly /", "write / errno", "write / errno=x", "write / color=1"] {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }
}

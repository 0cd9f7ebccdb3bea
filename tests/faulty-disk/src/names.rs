//! The names in folders, as programs see them and as they are on the disk.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;

use crate::random::Random;

/// The number of a file or a folder.
pub(crate) type Number = u64;
/// A folder: what each name in it stands for.
pub(crate) type Folder = BTreeMap<OsString, Number>;

/// One change, which happens as a whole: what each of these names stands for now.
#[derive(Clone, Debug)]
struct Change(Vec<(Number, OsString, Option<Number>)>);

/// All folders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    seen: HashMap<Number, Folder>,
    on_disk: HashMap<Number, Folder>,
    /// What was changed since the folders were flushed, in order.
    unflushed: Vec<Change>,
}

fn apply(folders: &mut HashMap<Number, Folder>, change: &Change) {
    for (folder, name, number) in &change.0 {
        let folder = folders.entry(*folder).or_default();
        match number {
            Some(number) => folder.insert(name.clone(), *number),
            None => folder.remove(name),
        };
    }
}

impl Names {
    pub(crate) fn add_folder(&mut self, number: Number) {
        self.seen.entry(number).or_default();
        self.on_disk.entry(number).or_default();
    }

    pub(crate) fn folder(&self, number: Number) -> Option<&Folder> {
        self.seen.get(&number)
    }

    pub(crate) fn change(&mut self, names: Vec<(Number, OsString, Option<Number>)>) {
        let change = Change(names);
        apply(&mut self.seen, &change);
        self.unflushed.push(change);
    }

    /// Brings onto the disk what was changed in a folder.
    pub(crate) fn flush(&mut self, folder: Number) {
        let (here, elsewhere) = std::mem::take(&mut self.unflushed)
            .into_iter()
            .partition(|change: &Change| change.0.iter().any(|(of, ..)| *of == folder));
        self.unflushed = elsewhere;
        let here: Vec<Change> = here;
        for change in &here {
            apply(&mut self.on_disk, change);
        }
    }

    /// What is left after a power cut: of the changes of each folder that were not flushed, the first few. How many were lost.
    pub(crate) fn cut(&mut self, random: &mut Random) -> u64 {
        let mut stopped = HashSet::new();
        let mut lost = 0;
        let often = [0, 500, 900, 1000][usize::try_from(random.below(4)).expect("below 4")];
        for change in std::mem::take(&mut self.unflushed) {
            let folders: Vec<_> = change.0.iter().map(|(folder, ..)| *folder).collect();
            if folders.iter().any(|folder| stopped.contains(folder)) || !random.permille(often) {
                stopped.extend(folders);
                lost += 1;
            } else {
                apply(&mut self.on_disk, &change);
            }
        }
        self.seen = self.on_disk.clone();
        lost
    }

    /// The numbers that have a name somewhere, or may have one after a power cut.
    pub(crate) fn named(&self) -> HashSet<Number> {
        let folders = self.seen.values().chain(self.on_disk.values()).flat_map(BTreeMap::values).copied();
        let changed = self.unflushed.iter().flat_map(|change| change.0.iter().filter_map(|(_, _, number)| *number));
        folders.chain(changed).collect()
    }

    /// Forgets folders that are not among these.
    pub(crate) fn retain(&mut self, kept: impl Fn(Number) -> bool) {
        self.seen.retain(|number, _| kept(*number));
        self.on_disk.retain(|number, _| kept(*number));
    }

    /// How many names each number has.
    pub(crate) fn counts(&self) -> HashMap<Number, u32> {
        let mut counts = HashMap::new();
        for number in self.seen.values().flat_map(BTreeMap::values) {
            *counts.entry(*number).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lost_from_the_last_on_unless_they_were_flushed() {
        let mut seen = HashSet::new();
        for seed in 0..200 {
            let mut names = Names::default();
            names.add_folder(1);
            names.change(vec![(1, "a".into(), Some(2))]);
            names.flush(1);
            names.change(vec![(1, "b".into(), Some(3))]);
            // A rename is there as a whole, or not at all.
            names.change(vec![(1, "a".into(), None), (1, "c".into(), Some(2))]);
            names.cut(&mut Random::new(seed));
            let found: Vec<_> = names.folder(1).unwrap().keys().map(|name| name.to_str().unwrap().to_owned()).collect();
            seen.insert(found.concat());
        }
        assert_eq!(seen, HashSet::from(["a".to_owned(), "ab".to_owned(), "bc".to_owned()]));
    }
}

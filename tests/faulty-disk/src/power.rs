//! The power cut.

use crate::disk::{Disk, Kind, Lost};
use crate::random::Random;

impl Disk {
    /// Loses what was not flushed, as the seed decides. The file system must not be mounted.
    pub fn cut(&mut self, seed: u64) -> Lost {
        let mut random = Random::new(seed);
        let mut lost = Lost { names: self.names.cut(&mut random), ..Lost::default() };
        let mut numbers: Vec<_> = self.nodes.keys().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            let Some(node) = self.nodes.get_mut(&number) else { continue };
            node.lookups = 0;
            if let Kind::File(content) = &mut node.kind {
                let (pages, torn) = content.cut(&mut random);
                lost.pages += pages;
                lost.torn_pages += torn;
            }
        }
        self.forget_unnamed();
        self.settings.is_off = false;
        lost
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;
    use crate::content::Content;
    use crate::disk::ROOT;

    #[test]
    fn what_was_flushed_with_its_name_is_there() {
        for seed in 0..100 {
            let mut disk = Disk::new(1);
            let folder = disk.make(ROOT, OsStr::new("folder"), Kind::Folder, 0o700).unwrap();
            let file = disk.make(folder, OsStr::new("file"), Kind::File(Content::default()), 0o600).unwrap();
            disk.write(file, 0, b"flushed").unwrap();
            disk.flush(file, Ok(())).unwrap();
            disk.flush_folder(folder).unwrap();
            disk.flush_folder(ROOT).unwrap();
            disk.remove(folder, OsStr::new("file")).unwrap();
            let other = disk.make(folder, OsStr::new("other"), Kind::File(Content::default()), 0o600).unwrap();
            disk.flush(other, Ok(())).unwrap();
            disk.cut(seed);
            // Its removal may have come onto the disk; nothing else may have happened to it.
            match disk.find(folder, OsStr::new("file")) {
                Ok(found) => assert_eq!(disk.read(found, 0, 100).unwrap(), b"flushed"),
                Err(_) => assert_eq!(disk.find(ROOT, OsStr::new("folder")), Ok(folder)),
            }
        }
    }

    #[test]
    fn without_flushes_all_can_be_lost() {
        let is_there = |seed| {
            let mut disk = Disk::new(1);
            disk.settings.unflushed_paths = vec!["/".to_owned()];
            let file = disk.make(ROOT, OsStr::new("file"), Kind::File(Content::default()), 0o600).unwrap();
            disk.flush(file, Ok(())).unwrap();
            disk.flush_folder(ROOT).unwrap();
            disk.cut(seed);
            disk.find(ROOT, OsStr::new("file")).is_ok()
        };
        let survived = (0..100).filter(|seed| is_there(*seed)).count();
        assert!((20..80).contains(&survived), "{survived}");
    }
}

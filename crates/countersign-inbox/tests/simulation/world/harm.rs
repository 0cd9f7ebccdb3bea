//! What happens to the files of a history that no flush can prevent: bits change, sectors cannot be read, files are cut off, the disk is full.

use countersign_inbox::disk::Disk as _;
use countersign_inbox::disk::sim::{Faults, Random};

use super::{Sent, Violation, World};

/// The harm of one history. Each has its own account of what may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// One bit changes. Two may hit both copies of a header, and cost what nobody can name.
    Bits,
    /// Reads fail once, or sectors are bad until the end. Nothing is lost by that: in the end it must be there.
    Unreadable,
    /// One file is cut off, anywhere behind its first header. All that it costs must be reported.
    CutOff,
}

impl Harm {
    pub(crate) fn draw(random: &mut Random) -> Self {
        [Self::Bits, Self::Bits, Self::Unreadable, Self::CutOff][usize::try_from(random.below(4)).unwrap()]
    }
}

impl World {
    pub(super) fn harm(&mut self) {
        match self.harm {
            Harm::Bits => self.change_bit(),
            Harm::Unreadable if self.random.happens(200) => self.disk.mend_sectors(),
            Harm::Unreadable => self.break_sectors(),
            Harm::CutOff => {}
        }
    }

    fn file(&mut self) -> Option<String> {
        let files = self.disk.list().unwrap();
        let choice = usize::try_from(self.random.below(files.len() as u64)).unwrap();
        files.into_iter().nth(choice)
    }

    fn change_bit(&mut self) {
        let Some(file) = self.file().filter(|_| self.changed_bits == 0) else { return };
        // Most of a file may be zeros, which nobody misses.
        let content = self.disk.content(&file).unwrap();
        let used: Vec<_> = (0..content.len()).filter(|&at| content[at] != 0).collect();
        let choice = usize::try_from(self.random.below(used.len() as u64)).unwrap();
        if let Some(&byte) = used.get(choice) {
            self.disk.change_bit(&file, byte as u64 * 8 + self.random.below(8));
            self.changed_bits += 1;
        }
    }

    /// Breaks one sector, or some, or now and then the beginning of a file.
    fn break_sectors(&mut self) {
        let Some(file) = self.file() else { return };
        let length = self.disk.content(&file).unwrap().len();
        let start = usize::try_from(self.random.below(length as u64)).unwrap();
        let bytes = [1, 1, 4096, length][usize::try_from(self.random.below(4)).unwrap()];
        let start = if self.random.happens(200) { 0 } else { start };
        self.disk.break_sectors(&file, start..start + bytes);
    }

    /// Cuts a file off, while no process has it open.
    pub(super) fn cut_off(&mut self) {
        if self.harm != Harm::CutOff || self.cut_files > 0 || !self.random.happens(300) {
            return;
        }
        let is_ours = |file: &String| [".segment", ".held"].iter().any(|end| file.strip_suffix(end).is_some());
        let Some(file) = self.file().filter(is_ours) else { return };
        let content = self.disk.content(&file).unwrap();
        // Of a file without a header nobody can tell that it was ever used.
        if content.len() > 80 && content[..80].iter().any(|&byte| byte != 0) {
            let length = 80 + usize::try_from(self.random.below(content.len() as u64 - 80)).unwrap();
            self.disk.cut_off(&file, length);
            self.cut_files += 1;
        }
    }

    /// The disk becomes full, or is so no longer.
    pub(super) fn fill_disk(&mut self) {
        let is_full = self.faults.disk_is_full > 0 && self.random.happens(300);
        self.disk.set_full(is_full);
    }

    /// The disk is well again: what could not be read must be there, at least on disk.
    pub(super) fn mend(&mut self) -> Result<(), Violation> {
        self.disk.mend_sectors();
        self.disk.set_full(false);
        self.faults = Faults::default();
        self.disk.set_faults(self.faults);
        if self.harm != Harm::Unreadable {
            return self.end_process();
        }
        let unread = std::mem::take(&mut self.unread);
        self.end_process()?;
        let files: Vec<_> = self.disk.list().unwrap();
        let files: Vec<_> = files.into_iter().map(|file| (self.disk.content(&file).unwrap(), file)).collect();
        let holds = |content: &[u8], payload: &[u8]| content.windows(payload.len()).any(|bytes| bytes == payload);
        // The second ones this start has reported, because earlier ones have noted them.
        for (place, number) in unread.iter().chain(&self.unread) {
            let payload = self.sent[usize::try_from(*number).unwrap()].payload(*number);
            let file = files.iter().find(|(content, _)| holds(content, &payload));
            let Some((_, file)) = file else {
                return Err(format!("event {number} at {place:?} could not be read, and its file was not kept"));
            };
            // It was read all the same, and so is a debt again; unless the rest was released, so that the file was set aside.
            let is_owed = self.unread.contains_key(place);
            if is_owed && !self.debts.contains_key(place) && !file.ends_with(".corrupt") {
                let names: Vec<_> = files.iter().map(|(content, file)| (file, content.len())).collect();
                return Err(format!(
                    "event {number} at {place:?} cannot be read from {file} on a disk that is well: {names:?}"
                ));
            }
        }
        self.take_recovered()
    }
}

impl Sent {
    /// The bytes of the event on disk.
    fn payload(&self, number: u64) -> Vec<u8> {
        let Self { connection, received_at, verdict, head, body } = self;
        let mut payload = received_at.to_le_bytes().to_vec();
        payload.extend(u128::from(number).to_be_bytes());
        payload.extend(u16::try_from(connection.len()).unwrap().to_le_bytes());
        payload.extend(u16::try_from(verdict.len()).unwrap().to_le_bytes());
        payload.extend(u32::try_from(head.len()).unwrap().to_le_bytes());
        payload.extend([connection.as_bytes(), verdict, head, body].concat());
        payload
    }
}

//! How often operations of a simulated disk fail, and how often they have.

/// How often an operation fails, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Faults {
    pub write_fails: u32,
    pub write_is_short: u32,
    pub flush_fails: u32,
    pub names_flush_fails: u32,
    pub create_fails: u32,
    pub remove_fails: u32,
    pub rename_fails: u32,
    pub disk_is_full: u32,
    pub read_fails: u32,
    pub open_fails: u32,
    pub descriptors_run_out: u32,
}

/// How often something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub failed_writes: u64,
    pub short_writes: u64,
    pub failed_flushes: u64,
    pub failed_flushes_that_lost_data: u64,
    pub failed_name_flushes: u64,
    pub failed_creates: u64,
    pub failed_removes: u64,
    pub failed_renames: u64,
    pub full_disks: u64,
    pub power_cuts: u64,
    pub torn_sectors: u64,
    pub torn_pages: u64,
    pub lost_names: u64,
    pub changed_bits: u64,
    pub failed_reads: u64,
    pub bad_sectors_read: u64,
    pub broken_sectors: u64,
    pub failed_opens: u64,
    pub descriptors_run_out: u64,
    pub cut_files: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        let Self {
            failed_writes,
            short_writes,
            failed_flushes,
            failed_flushes_that_lost_data,
            failed_name_flushes,
            failed_creates,
            failed_removes,
            failed_renames,
            full_disks,
            power_cuts,
            torn_sectors,
            torn_pages,
            lost_names,
            changed_bits,
            failed_reads,
            bad_sectors_read,
            broken_sectors,
            failed_opens,
            descriptors_run_out,
            cut_files,
        } = more;
        self.failed_writes += failed_writes;
        self.short_writes += short_writes;
        self.failed_flushes += failed_flushes;
        self.failed_flushes_that_lost_data += failed_flushes_that_lost_data;
        self.failed_name_flushes += failed_name_flushes;
        self.failed_creates += failed_creates;
        self.failed_removes += failed_removes;
        self.failed_renames += failed_renames;
        self.full_disks += full_disks;
        self.power_cuts += power_cuts;
        self.torn_sectors += torn_sectors;
        self.torn_pages += torn_pages;
        self.lost_names += lost_names;
        self.changed_bits += changed_bits;
        self.failed_reads += failed_reads;
        self.bad_sectors_read += bad_sectors_read;
        self.broken_sectors += broken_sectors;
        self.failed_opens += failed_opens;
        self.descriptors_run_out += descriptors_run_out;
        self.cut_files += cut_files;
    }
}

impl Counts {
    /// What has happened less often than this, for a test that is to see it.
    #[must_use]
    pub fn rarer_than(&self, least: u64) -> Vec<&'static str> {
        let all = [
            ("failed_writes", self.failed_writes),
            ("short_writes", self.short_writes),
            ("failed_flushes", self.failed_flushes),
            ("failed_flushes_that_lost_data", self.failed_flushes_that_lost_data),
            ("failed_name_flushes", self.failed_name_flushes),
            ("failed_creates", self.failed_creates),
            ("failed_removes", self.failed_removes),
            ("failed_renames", self.failed_renames),
            ("full_disks", self.full_disks),
            ("power_cuts", self.power_cuts),
            ("torn_sectors", self.torn_sectors),
            ("torn_pages", self.torn_pages),
            ("lost_names", self.lost_names),
            ("changed_bits", self.changed_bits),
            ("failed_reads", self.failed_reads),
            ("bad_sectors_read", self.bad_sectors_read),
            ("broken_sectors", self.broken_sectors),
            ("failed_opens", self.failed_opens),
            ("descriptors_run_out", self.descriptors_run_out),
            ("cut_files", self.cut_files),
        ];
        all.into_iter().filter(|(_, count)| *count < least).map(|(name, _)| name).collect()
    }
}

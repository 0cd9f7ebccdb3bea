//! `countersign-faulty-disk FOLDER SEED` mounts the disk there, does what it reads, line by line, and answers each line with one.
//!
//! | line | effect |
//! |---|---|
//! | `off` | from now on everything fails, and nothing changes |
//! | `cut SEED` | unmounts it, loses what was not flushed, and mounts it again. Nobody may have anything open |
//! | `without-fsync PART...` | flushes of paths that contain a part do nothing; `names` stands for all folders, `/` for everything |
//! | `fault OPERATION PART NAME=NUMBER...` | adds a fault |
//! | `capacity BYTES`, `read-only`, `well` | a small disk, one that cannot be changed, and one without faults |
//! | `counts` | says how many faults and flushes there were |
//!
//! At the end of its input it unmounts the disk and ends.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;

    match linux::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("countersign-faulty-disk: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("countersign-faulty-disk needs FUSE of Linux");
    std::process::exit(1);
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::BufRead as _;
    use std::path::PathBuf;
    use std::thread;
    use std::time::Duration;

    use countersign_faulty_disk::{Disk, Mounted, Settings, Shared};

    pub(crate) fn run() -> Result<(), String> {
        let mut arguments = std::env::args().skip(1);
        let (Some(place), Some(seed)) = (arguments.next(), arguments.next()) else {
            return Err("FOLDER and SEED are needed".to_owned());
        };
        let place = PathBuf::from(place);
        let disk = Shared::new(Disk::new(seed.parse().map_err(|_| "SEED is a number".to_owned())?));
        let mount =
            || Mounted::new(&disk, &place).map_err(|error| format!("cannot mount {}: {error}", place.display()));
        let mut mounted = mount()?;
        println!("mounted");
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let mut settings = disk.lock().settings.clone();
            match verb {
                "off" => settings.is_off = true,
                "read-only" => settings.is_read_only = true,
                "capacity" => settings.capacity = number(rest)?,
                "fault" => settings.faults.push(rest.parse()?),
                "without-fsync" => {
                    settings.unflushed_names = rest.split(' ').any(|part| part == "names");
                    let parts = rest.split(' ').filter(|part| !part.is_empty() && *part != "names");
                    settings.unflushed_paths = parts.map(str::to_owned).collect();
                }
                "well" => {
                    let Settings { unflushed_paths, unflushed_names, .. } = settings;
                    settings = Settings { unflushed_paths, unflushed_names, ..Settings::default() };
                }
                "counts" => {
                    let disk = disk.lock();
                    println!("faults={} flushes={} used={}", disk.fault_count, disk.flush_count, disk.used());
                    continue;
                }
                "cut" => {
                    unmount(mounted)?;
                    let lost = disk.lock().cut(number(rest)?);
                    mounted = mount()?;
                    println!("pages={} torn={} names={}", lost.pages, lost.torn_pages, lost.names);
                    continue;
                }
                _ => return Err(format!("{line:?} is none of the lines that it knows")),
            }
            disk.lock().settings = settings;
            println!("done");
        }
        unmount(mounted)
    }

    fn number(text: &str) -> Result<u64, String> {
        text.parse().map_err(|_| format!("{text:?} is not a number"))
    }

    /// A process that was killed may hold its files for a moment.
    fn unmount(mounted: Mounted) -> Result<(), String> {
        thread::sleep(Duration::from_millis(5));
        mounted.unmount().map_err(|error| format!("cannot unmount: {error}"))
    }
}

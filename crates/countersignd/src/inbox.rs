//! Where the inbox is: opened in a folder of this machine or in a bucket, and moved only when nothing is left behind.

mod claim;
mod objects;
pub mod trouble;

use std::error::Error;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign_inbox::bucket::{BucketInbox, BucketSettings};
use countersign_inbox::disk::{Disk as _, OsDisk};
use countersign_inbox::{EventLog, Inbox, RecoveryReport};
use tokio::task::spawn_blocking;
use tracing::{error, info, warn};

use crate::archive::bounds::BOUNDS;
use crate::archive::store::{Store, open_place};
use crate::metadata::{Metadata, Part};
use crate::settings::{Place, Services};

/// The folder of the inbox in a data folder. Its lock is the lock of the data folder, wherever the inbox is.
#[must_use]
pub fn folder(data: &Path) -> PathBuf {
    data.join("inbox")
}

/// Where the inbox is, for people.
#[must_use]
pub fn shown(place: Option<&Place>, data: &Path) -> String {
    place.map_or_else(|| folder(data).display().to_string(), ToString::to_string)
}

/// Locks a data folder, which is made if it is not there.
///
/// # Errors
/// If another process has it open, or the system refuses it.
pub fn lock(data: &Path) -> Result<OsDisk, Box<dyn Error>> {
    open_disk(&folder(data))
}

fn open_disk(folder: &Path) -> Result<OsDisk, Box<dyn Error>> {
    Ok(OsDisk::open(folder).map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::WouldBlock => ", perhaps another countersignd: end it, or name another folder with --data",
            _ => "",
        };
        format!("cannot open {}: {error}{advice}", folder.display())
    })?)
}

/// An inbox that is open.
#[expect(missing_debug_implementations, reason = "nothing of it says more than the log")]
pub struct Opened {
    /// The events.
    pub log: Arc<dyn EventLog>,
    /// The lock of the data folder, if the inbox does not hold it itself.
    pub lock: Option<OsDisk>,
}

/// Opens the inbox at a place, or that of the data folder, whose lock `disk` is. What was lost of it is logged.
///
/// # Errors
/// If it cannot be opened, or belongs to another service; or if the service last ran with an inbox elsewhere, and not all events there are
/// archived.
pub async fn open(
    place: Option<&Place>,
    data: &Path,
    disk: OsDisk,
    services: &Services,
    metadata: &Arc<Metadata>,
) -> Result<Opened, Box<dyn Error>> {
    let disk = leave(place, data, disk, services, metadata).await?;
    let opened = match place {
        None => Opened { log: at_folder(disk).await?, lock: None },
        Some(place) => Opened { log: at(place, services, metadata).await?, lock: Some(disk) },
    };
    metadata.set_place(Part::Inbox, place.map(ToString::to_string).as_deref())?;
    Ok(opened)
}

/// Makes sure that nothing is left where the inbox was when the service last ran, if that was elsewhere.
async fn leave(
    place: Option<&Place>,
    data: &Path,
    disk: OsDisk,
    services: &Services,
    metadata: &Arc<Metadata>,
) -> Result<OsDisk, Box<dyn Error>> {
    let before = metadata.place(Part::Inbox)?;
    if before == place.map(ToString::to_string) {
        return Ok(disk);
    }
    let (left, shown, disk) = match before {
        Some(before) => {
            let former = Place::read(&before)?;
            former.check_built()?;
            let opened = at(&former, services, metadata).await;
            let opened = opened.map_err(|error| {
                format!("the inbox was at {before} when the service last ran, and it cannot be seen whether all its events are archived: {error}")
            })?;
            (unarchived(opened, metadata).await?, before, disk)
        }
        None if disk.list().is_ok_and(|files| files.is_empty()) => return Ok(disk),
        None => {
            let left = unarchived(at_folder(disk).await?, metadata).await?;
            (left, folder(data).display().to_string(), lock(data)?)
        }
    };
    if left == 0 {
        info!(from = shown, "the inbox is elsewhere from now on");
        return Ok(disk);
    }
    Err(format!(
        "the inbox was at {shown} when the service last ran, where {left} events are not archived yet: start it once more with that inbox, \
         without traffic, until `countersignd_unarchived_bytes` is 0, end it, and then move the inbox"
    )
    .into())
}

/// How many events of an inbox are in no object of the archive. The inbox is closed.
async fn unarchived(inbox: Arc<dyn EventLog>, metadata: &Arc<Metadata>) -> Result<u64, Box<dyn Error>> {
    let metadata = Arc::clone(metadata);
    let counted = spawn_blocking(move || {
        let mut count = 0;
        for (log, connections) in inbox.connections() {
            for connection in connections.keys().filter(|connection| &***connection != BOUNDS) {
                let through = metadata.archived_through(connection, log).map_err(|error| error.to_string())?;
                count += inbox.read(log, connection, through).count() as u64;
            }
        }
        drop(inbox);
        Ok::<_, String>(count)
    });
    Ok(counted.await??)
}

/// The inbox of the folder that `disk` is.
async fn at_folder(disk: OsDisk) -> Result<Arc<dyn EventLog>, Box<dyn Error>> {
    let opened = spawn_blocking(|| Inbox::open(disk, &countersign_inbox::Settings::default()));
    let (inbox, found) = opened.await??;
    report(&found);
    Ok(Arc::new(inbox))
}

/// The inbox at a place that is not the data folder.
async fn at(place: &Place, services: &Services, metadata: &Metadata) -> Result<Arc<dyn EventLog>, Box<dyn Error>> {
    if let Place::Folder(folder) = place {
        return at_folder(open_disk(folder)?).await;
    }
    let store = open_place(place, services).await?;
    in_bucket(store, &place.to_string(), metadata.inbox_owner()?).await
}

/// The inbox in a store, of the services with this metadata.
///
/// # Errors
/// If the store fails, or the inbox belongs to another service.
pub async fn in_bucket(
    store: Arc<dyn Store>,
    place: &str,
    owner: [u8; 16],
) -> Result<Arc<dyn EventLog>, Box<dyn Error>> {
    claim::claim(&*store, place, owner).await?;
    let mut settings = BucketSettings::default();
    settings.owner = owner;
    let objects = objects::Objects::new(store);
    let (inbox, found) = spawn_blocking(|| BucketInbox::open(objects, settings)).await??;
    report(&found);
    Ok(Arc::new(inbox))
}

/// Logs what the start has found.
fn report(found: &RecoveryReport) {
    for loss in &found.losses {
        error!(alarm = "acknowledged_and_corrupt", log = %loss.log, seqs = ?loss.seqs, file = %loss.file, "events that were acknowledged cannot be read");
    }
    for file in &found.unknown_files {
        warn!(file, "a file in the inbox is not ours, and is left alone");
    }
    info!(events = found.events, losses = found.losses.len(), "the inbox is open");
}

//! The service: what it is made of, what it listens on, what runs, and how it ends.

mod signals;
mod sockets;

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign_inbox::EventLog;
use countersign_tables::Sqlite;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::admin::{self, Admin};
use crate::alerts::{Alerts, Pauses, Receiver};
use crate::api::{self, Access, Api};
use crate::archive::archiver::{self, Archiver};
use crate::archive::registry::OWN_STORE;
use crate::archive::store::{Store, open_folder, open_place};
use crate::archive::stores::Stores;
use crate::archive::stores::configured::ConfiguredBuckets;
use crate::audit;
use crate::clock::Clock;
use crate::collect::{self, Collector};
use crate::control;
use crate::inbox::{self, Opened, trouble};
use crate::keys::{self, Keys};
use crate::metadata::{Metadata, Part};
use crate::panics;
use crate::private_file;
use crate::seal::{self, MasterKey, Sealer};
use crate::server::tls::Tls;
use crate::server::{Handle, TowerToHyperService, serve_tcp, serve_unix};
use crate::settings::{Limits, Place, Settings, SettingsError};
use crate::source::Source;
use crate::source::stored::Stored;
use crate::sync::Syncer;
use signals::Signals;
use sockets::{bind_control, bind_passed};

/// The folder of the archive in the data folder.
pub const STORE: &str = "store";
/// The folder of the tables in the data folder.
pub const WAREHOUSE: &str = "warehouse";

/// How often it is looked what is to be archived, and what is to be synced.
const ARCHIVE_EVERY: Duration = Duration::from_secs(2);
const SYNC_EVERY: Duration = Duration::from_secs(5);

/// When the registry is compared with the stores again, if one of them cannot be read at the start.
const COMPARE_AGAIN: Duration = Duration::from_secs(60);

/// What a panic is said to have ended.
const TASK: &str = "work of the service that goes on all the time";

/// Runs the service until a signal ends it.
///
/// # Errors
/// If it cannot start: what was to be done, and why it could not.
pub async fn run(mut settings: Settings) -> Result<(), Box<dyn Error>> {
    let signals = Signals::new()?;
    raise_descriptor_limit(&mut settings.limits)?;

    // What it listens on, before anything is made: a start at an address that another program has leaves nothing behind.
    let [hooks, operators] = bind_passed(&settings)?;

    // What it is made of.
    let clock = Clock::system();
    let tls = open_tls(&settings).await?;
    let alerts = open_alerts(&settings, &clock)?;
    let disk = inbox::lock(&settings.data)?;
    let metadata = Arc::new(Metadata::open(&settings.data)?);
    let credentials = std::env::var_os(seal::CREDENTIALS).map(PathBuf::from);
    let master_key = MasterKey::open(&settings.data, credentials.as_deref(), &metadata)?;
    let stored = Arc::new(Stored::open(Arc::clone(&metadata), Sealer::new(&master_key))?);
    let connections =
        Source::with_stored(settings.connections.clone(), settings.common(), clock.clone(), Some(stored))?;
    let (place, services) = (settings.inbox.as_ref(), &settings.services);
    let Opened { log: inbox, lock } = inbox::open(place, &settings.data, disk, services, &metadata).await?;
    let collector = Collector::new(Arc::clone(&inbox), connections, clock, &settings.limits);
    let keys = Arc::new(Keys::open(Arc::clone(&metadata))?);
    if let Some(issued) = keys.make_first(&settings.data, collector.clock.unix_micros())? {
        keys::first::show(&issued);
    }
    let store = open_store(&settings, &metadata).await?;
    let archiver = archive(&collector, &store, &metadata, Sealer::new(&master_key), &settings).await?;
    let warehouse = make_warehouse(&settings.data)?;
    let syncer = Syncer::new(
        Arc::clone(&collector),
        Arc::clone(&archiver),
        Arc::clone(&store),
        Arc::clone(&metadata),
        Box::new(Sqlite::new(warehouse)),
        settings.retention,
    );
    if settings.receive_only {
        syncer.set_receive_only();
    }
    let is_draining = Arc::new(AtomicBool::new(false));
    let store_bytes = store_bytes_max(&settings);
    let admin = Admin::new(Arc::clone(&collector), Arc::clone(&syncer), Arc::clone(&is_draining), store_bytes);
    let (groups, services) = (settings.groups.clone(), settings.services.clone());
    let api = Api::new(Arc::clone(&collector), Arc::clone(&syncer), Arc::clone(&metadata), groups, services);
    let receive = collect::service(&collector, &settings.limits)?;

    let control = bind_control(&settings.data)?;
    info!(
        connections = collector.connections.count(),
        listen = %hooks.local_addr()?,
        admin_listen = %operators.local_addr()?,
        "countersignd receives at /webhooks/ENDPOINT"
    );

    // What runs.
    let (hooks_handle, admin_handle, control_handle) = (Handle::new(), Handle::new(), axum_server::Handle::new());
    let limits = settings.limits.clone();
    let hooks = tokio::spawn({
        let handle = hooks_handle.clone();
        let (limits, tls) = (limits.clone(), tls.clone());
        async move { serve_tcp(hooks, receive, &limits, tls.as_ref(), handle).await }
    });
    let operators = tokio::spawn({
        let api = api::routes(&api, Access::Keys(Arc::clone(&keys)));
        let routes = TowerToHyperService::new(settings.admin_hosts.guard(admin::routes(&admin).fallback_service(api)));
        let (handle, limits) = (admin_handle.clone(), limits.clone());
        async move { serve_tcp(operators, routes, &limits, None, handle).await }
    });
    let control_routes = admin::control_routes(&admin)
        .merge(keys::control::routes(keys, collector.clock.clone()))
        .merge(audit::control::routes(Arc::clone(&metadata)))
        .fallback_service(api::routes(&api, Access::Owner));
    let control = tokio::spawn(serve_unix(control, control_routes, control_handle.clone()));

    let mut tasks = JoinSet::new();
    tasks.spawn(Arc::clone(&admin).watch(settings.silence, alerts.clone()));
    if let Some(alerts) = alerts {
        tasks.spawn(alerts.run());
    }
    tasks.spawn(trouble::watch(Arc::clone(&inbox), inbox::shown(place, &settings.data)));
    if let Some(retention) = settings.retention {
        tasks.spawn(audit::prune(Arc::clone(&metadata), retention, collector.clock.clone()));
    }
    if !settings.receive_only {
        tasks.spawn(Arc::clone(&archiver).run(ARCHIVE_EVERY));
        tasks.spawn(Arc::clone(&syncer).run(SYNC_EVERY));
        tasks.spawn(Arc::clone(&syncer).watch_recovered());
        // Then the metadata may be an older copy, which another machine was given.
        if settings.inbox.is_some() || settings.store.is_some() {
            tasks.spawn(Arc::clone(&syncer).enter_missing(COMPARE_AGAIN));
        }
    }

    // How it ends.
    panics::log_until(&mut tasks, TASK, signals.wait_for_end(&collector, tls.as_ref())).await;
    is_draining.store(true, Ordering::Relaxed);
    info!(seconds = limits.drain.as_secs(), "answering what is being received");
    hooks_handle.end(limits.drain);
    hooks.await??;
    panics::end_all(&mut tasks, TASK).await;
    admin_handle.end(Duration::ZERO);
    control_handle.shutdown();
    let _ = operators.await?;
    let _ = control.await?;
    let _ = fs::remove_file(settings.data.join(control::SOCKET));
    drop((collector, admin, api, archiver, syncer));
    close(inbox).await?;
    drop(lock);
    info!("ended");
    Ok(())
}

/// Closes the inbox, once nobody else holds it.
async fn close(inbox: Arc<dyn EventLog>) -> Result<(), Box<dyn Error>> {
    if Arc::strong_count(&inbox) == 1 {
        tokio::task::spawn_blocking(|| drop(inbox)).await?;
    } else {
        warn!(
            "something still holds the inbox, which is closed when the process ends; what was acknowledged is durable"
        );
    }
    Ok(())
}

/// The bytes that the archive may have; none for half of the disk. A bucket has no bound that is not set.
fn store_bytes_max(settings: &Settings) -> Option<u64> {
    let is_on_disk = matches!(settings.store, None | Some(Place::Folder(_)));
    settings.store_bytes.or_else(|| (!is_on_disk).then_some(u64::MAX))
}

/// The folder of the tables.
fn make_warehouse(data: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let warehouse = data.join(WAREHOUSE);
    // With its name durable: objects are removed once their rows are here.
    private_file::create_folder(&warehouse)
        .and_then(|()| fs::File::open(data)?.sync_all())
        .map_err(|error| format!("cannot make {}: {error}", warehouse.display()))?;
    Ok(warehouse)
}

/// The own store. Objects that are registered must be there.
async fn open_store(settings: &Settings, metadata: &Metadata) -> Result<Arc<dyn Store>, Box<dyn Error>> {
    let place = settings.store.as_ref();
    let store = match place {
        Some(place) => open_place(place, &settings.services).await?,
        None => Arc::new(open_folder(&settings.data.join(STORE))?),
    };
    let text = place.map(ToString::to_string);
    if metadata.place(Part::Store)? != text {
        let registered = metadata.keys_of(OWN_STORE)?;
        if !registered.is_empty() {
            let found: HashSet<String> = store.list("").await?.into_iter().collect();
            let missing = registered.iter().filter(|key| !found.contains(*key)).count();
            if missing > 0 {
                let before = metadata.place(Part::Store)?;
                let before = before.unwrap_or_else(|| settings.data.join(STORE).display().to_string());
                return Err(format!(
                    "the store was at {before} when the service last ran, and {missing} of its objects are not at the new place: copy all of \
                     them there, under the same keys, and start again"
                )
                .into());
            }
        }
        metadata.set_place(Part::Store, text.as_deref())?;
    }
    Ok(store)
}

/// The certificate and its key, if deliveries come by TLS.
///
/// # Errors
/// As [`Tls::open`].
pub(crate) async fn open_tls(settings: &Settings) -> io::Result<Option<Tls>> {
    match settings.tls.clone() {
        Some(files) => Ok(Some(Tls::open(files).await?)),
        None => Ok(None),
    }
}

/// Who is told of alarms, if the settings name somebody.
///
/// # Errors
/// If there are no certificates to trust, or the secret cannot be used: its file cannot be read or may be read by everybody, or is not base64.
pub(crate) fn open_alerts(settings: &Settings, clock: &Clock) -> Result<Option<Arc<Alerts>>, SettingsError> {
    let Some((url, secret_file)) = settings.alerts.clone() else { return Ok(None) };
    let receiver = Receiver::new(url).map_err(|error| SettingsError::new("alerts.url", error))?;
    let alerts = Alerts::open(receiver, &secret_file, clock.clone(), Pauses::default());
    alerts.map(Some).map_err(|error| SettingsError::new("alerts.secret_file", error))
}

/// The archiver, which reads what is in the inbox.
async fn archive(
    collector: &Arc<Collector>,
    store: &Arc<dyn Store>,
    metadata: &Arc<Metadata>,
    sealer: Sealer,
    settings: &Settings,
) -> Result<Arc<Archiver>, Box<dyn Error>> {
    let (services, groups) = (settings.services.clone(), settings.groups.clone());
    let own = settings.inbox.iter().chain(&settings.store).cloned().collect();
    let buckets = ConfiguredBuckets { collector: Arc::clone(collector), services, groups, own };
    let stores = Stores::with_buckets(Arc::clone(store), Arc::clone(metadata), sealer, Arc::new(buckets));
    let (inbox, store, metadata) = (Arc::clone(&collector.inbox), Arc::clone(store), Arc::clone(metadata));
    let clock = collector.clock.clone();
    let limits = archiver::Limits { urgent_bytes: collector.backlog_bytes_max() / 4, ..archiver::Limits::default() };
    let opened = tokio::task::spawn_blocking(move || Archiver::open(inbox, store, metadata, clock, limits));
    let place = inbox::shown(settings.inbox.as_ref(), &settings.data);
    Ok(Arc::new(opened.await??.with_stores(stores).with_inbox_place(place)))
}

/// Raises the number of descriptors to what the system allows, and lowers the number of TCP connections if that is not enough for them
/// and the files: a process without descriptors could make no segment.
fn raise_descriptor_limit(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    const OTHERS: u64 = 200;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    let allowed = limit.current.unwrap_or(u64::MAX).saturating_sub(OTHERS);
    if allowed == 0 {
        let message = format!(
            "this process may have no more than {OTHERS} descriptors: raise the limit (LimitNOFILE of systemd, ulimit -n)"
        );
        return Err(SettingsError::new("max_connections", message).into());
    }
    if allowed < limits.connections_max as u64 {
        warn!(
            wanted = limits.connections_max,
            allowed, "max_connections is lowered: raise the limit of descriptors (LimitNOFILE of systemd, ulimit -n)"
        );
        limits.connections_max = usize::try_from(allowed)?;
    }
    Ok(())
}

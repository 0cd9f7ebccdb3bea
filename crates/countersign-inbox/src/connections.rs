//! Lists the connections of all logs. With 100,000 of them that takes a while, and nobody who appends is to wait for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::catalog::Catalog;
use crate::event::{LogId, SeqRange};
use crate::index::Share;
use crate::queue::lock;

/// How many connections of the open segment are looked at before the catalog is left to others.
const BATCH: usize = 500;

/// The logs, and of each the connections that have records in it, with the range of their seqs.
pub(crate) fn connections(catalog: &Mutex<Catalog>) -> BTreeMap<LogId, BTreeMap<Arc<str>, SeqRange>> {
    // A segment may be copied meanwhile, so that some connections are in a file which is not in the list: then once more.
    loop {
        if let Some(logs) = try_connections(catalog) {
            return logs;
        }
    }
}

/// None if the segment to which records are appended has become full and is gone.
fn try_connections(catalog: &Mutex<Catalog>) -> Option<BTreeMap<LogId, BTreeMap<Arc<str>, SeqRange>>> {
    let mut logs = BTreeMap::<_, BTreeMap<_, _>>::new();
    let summaries = lock(catalog).summaries();
    for (name, summary) in summaries {
        let connections = logs.entry(name.log).or_default();
        if let Some(summary) = summary {
            summary.shares.iter().for_each(|(connection, share)| add(connections, connection, share));
            continue;
        }
        let mut behind: Arc<str> = "".into();
        // An empty name is behind none.
        if let Some(share) = lock(catalog).get_mut(name)?.summary.shares.get("").copied() {
            add(connections, &behind, &share);
        }
        loop {
            let batch = lock(catalog).shares(name, &behind, BATCH)?;
            let Some((last, _)) = batch.last() else { break };
            behind = Arc::clone(last);
            for (connection, share) in &batch {
                add(connections, connection, share);
            }
        }
    }
    Some(logs)
}

fn add(connections: &mut BTreeMap<Arc<str>, SeqRange>, connection: &Arc<str>, share: &Share) {
    match connections.get_mut(connection) {
        Some(range) => {
            *range = share.first_seq.min(*range.start())..=share.last_seq.max(*range.end());
        }
        None => _ = connections.insert(Arc::clone(connection), share.first_seq..=share.last_seq),
    }
}

//! The same load against each service, through a proxy that does what networks and services do. But for the small Google Cloud Storage of the
//! tests, `scripts/test-buckets` starts the services, and says in the environment where they are.

use std::thread;
use std::time::Duration;

use crate::load::{Load, Places, sync};
use crate::proxy::Proxy;
use crate::rounds;
use crate::support::program::{output, program};

/// Kills the program again and again, under faults, and loses the machine at the end.
fn survives(proxy: &Proxy, places: &Places) {
    let load = Load::new();
    let mut check = program();
    check.arg("check").arg("--connections").arg(load.folder.path().join("connections.json"));
    check.args(["--public-url", "https://hooks.example.com"]).args(&places.arguments);
    check.envs(places.environment.iter().map(|(name, value)| (name, value)));
    let (found, stdout, stderr) = output(check);
    assert!(found.status.success() && stdout.contains("inbox: ") && stdout.contains("store: "), "{stdout}{stderr}");
    load.back_up(places);
    proxy.set_faulty(true);
    for round in 0..rounds() {
        load.round(places, 40, |running| {
            if round % 2 == 0 {
                sync(&load.data());
            }
            if round == 1 {
                proxy.set_down(true);
                thread::sleep(Duration::from_secs(3));
                proxy.set_down(false);
                // It goes on without a restart.
                load.wait_for(load.acknowledged() + 20);
                assert!(running.log().contains("countersignd receives"), "{}", running.log());
            }
        });
    }
    load.lose_the_machine();
    load.check(places);
    let happened = proxy.happened();
    assert!(happened[..4].iter().all(|count| *count > 0), "a fault did not happen: {happened:?}");
    println!("faults (fails, loses the reply, says again, is slow, hangs): {happened:?}");
}

#[cfg(feature = "gcs")]
#[test]
fn google_cloud_storage() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(crate::support::gcs::start());
    let proxy = Proxy::start(&store);
    survives(&proxy, &Places::new("gs://events/inbox", "gs://events/store", &["--gcs-endpoint", &proxy.endpoint]));
}

#[cfg(feature = "s3")]
fn s3(variable: &str, prefix: &str) {
    let proxy = Proxy::start(&std::env::var(variable).unwrap());
    let [inbox, store] = ["inbox", "store"].map(|name| format!("s3://countersign-test/{prefix}/{name}"));
    survives(&proxy, &Places::new(&inbox, &store, &["--s3-endpoint", &proxy.endpoint]));
}

#[cfg(feature = "s3")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn moto() {
    s3("COUNTERSIGN_TEST_MOTO", "of/moto");
}

#[cfg(feature = "s3")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn seaweedfs() {
    s3("COUNTERSIGN_TEST_SEAWEEDFS", "of/seaweedfs");
}

#[cfg(feature = "azure")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn azurite() {
    let sas_url = std::env::var("COUNTERSIGN_TEST_AZURE_SAS_URL").unwrap();
    let (url, query) = sas_url.split_once('?').unwrap();
    let parts: Vec<&str> = url.split('/').collect();
    let (store, account, container) = (parts[..3].join("/"), parts[3], parts[4]);
    let proxy = Proxy::start(&store);
    let [inbox, own] = ["inbox", "store"].map(|name| format!("az://{account}/{container}/{name}"));
    let mut places = Places::new(&inbox, &own, &["--azure-endpoint", &proxy.endpoint]);
    places.environment.push(("AZURE_STORAGE_SAS_KEY".to_owned(), query.to_owned()));
    survives(&proxy, &places);
}

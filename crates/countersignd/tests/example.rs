//! `examples/collector`: what its script shows is what its README says.

use std::path::Path;
use std::process::Command;

#[test]
fn the_whole_system_on_one_machine() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/collector");
    let run = Command::new(example.join("run"))
        .env("COUNTERSIGND", env!("CARGO_BIN_EXE_countersignd"))
        .env_remove("COUNTERSIGND_CONFIG")
        .output()
        .unwrap();
    let shown = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{shown}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(!shown.contains("FAILED") && shown.matches("PASSED").count() == 7, "{shown}");

    // Good, repeated, forged, oversized, no JSON, another key.
    let statuses: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.strip_suffix(')')?.rsplit_once(" (").map(|(_, status)| status))
        .filter(|status| status.len() == 3)
        .collect();
    assert_eq!(statuses, ["200", "200", "401", "413", "200", "200"], "{shown}");
    let ids: Vec<&str> = shown.lines().filter(|line| line.starts_with(r#"{"id""#)).collect();
    assert!(ids[0] == ids[1] && ids[0] != ids[3], "{ids:?}");
    for part in [
        "4 deliveries: 2 rows, 1 dead letters, 1 repetitions",
        "evt_1  1001    19.90  [{\"sku\": \"tea\", \"count\": 2}]",
        "evt_5  1005    7.5                                  1",
        "not_json  number=1004&total=5.00",
        "table        shop.orders, _index 0",
        "repetition   of an event above",
        "stopped",
    ] {
        assert!(shown.contains(part), "{part:?} is not shown:\n{shown}");
    }
    // Neither the secret nor the key.
    assert!(!shown.contains("example secret"), "{shown}");
}

//! The arrows between the rooms point one way, and the shipper stays light.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, the failure of a step is the failure of the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use harness::workspace;
use serde_json::Value;

/// Who may use whom; who is not named here uses nobody of ours. `docs/ARCHITECTURE.md` draws the same.
const ARROWS: [(&str, &[&str]); 12] = [
    ("event", &[]),
    ("runtime", &[]),
    ("dev", &[]),
    ("elastic", &["runtime"]),
    ("enricher", &["event", "runtime"]),
    ("shop", &["event"]),
    ("shipper", &["enricher", "event", "elastic", "runtime"]),
    ("pipelines", &["event", "elastic"]),
    ("detector", &["event", "elastic", "runtime"]),
    ("kibana", &["event", "pipelines"]),
    ("storewatch", &["shop", "pipelines", "kibana", "elastic", "runtime", "event"]),
    ("harness", &["dev", "elastic", "runtime", "event"]),
];
/// Uses everything, and nobody uses it.
const TESTS: &str = "storewatch-tests";

/// Crates of others that the shipper is built from; whoever raises this says in the change what is gained.
const SHIPPER_CRATES: usize = 193;

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns each member with the members that its manifest names, for the program, its tests and its build.
fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    let members: BTreeSet<_> = packages.iter().map(name).collect();
    let used = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap();
        dependencies.iter().map(name).filter(|name| members.contains(name)).collect()
    };
    packages.iter().map(|package| (name(package), used(package))).collect()
}

#[test]
fn arrows_point_one_way() {
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    for (room, uses) in rooms() {
        if room == TESTS {
            continue;
        }
        let allowed =
            allowed.get(room.as_str()).unwrap_or_else(|| panic!("{room} is not on the plan"));
        for other in &uses {
            assert!(allowed.contains(&other.as_str()), "{room} must not use {other}");
        }
    }
}

#[test]
fn the_plan_names_no_room_that_is_not_there() {
    let rooms = rooms();
    for (room, uses) in ARROWS {
        for name in uses.iter().chain([&room]) {
            assert!(rooms.contains_key(*name), "{name} is on the plan but not in the workspace");
        }
    }
    assert_eq!(rooms.len(), ARROWS.len() + 1);
}

#[test]
fn the_shipper_stays_light() {
    let ours = rooms();
    let platform = ["--target", "x86_64-unknown-linux-gnu"];
    let tree =
        ["tree", "--offline", "--package", "shipper", "--edges", "normal", "--prefix", "none"];
    let listed = cargo(&[&tree[..], &platform, &["--format", "{p}"]].concat());
    let crates: BTreeSet<_> = listed
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .filter(|(name, _)| !ours.contains_key(*name))
        .collect();
    let count = crates.len();
    println!("the shipper is built from {count} crates of others");
    assert!(count <= SHIPPER_CRATES, "{count} crates, {SHIPPER_CRATES} allowed: {crates:?}");
}

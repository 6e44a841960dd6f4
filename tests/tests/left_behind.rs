//! Killed owners, holders and tests leave no server and no folder behind.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, the failure of a step is the failure of the test"
)]

use std::env;
use std::fs;
use std::io::{self, BufRead, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::{Flavour, Lease, Program, Running, Sharing, Signal};
use harness::{binary, engine_options, eventually, private_engine};
use rustix::process::{Pid, kill_process};
use serde_json::Value;

const START_LIMIT: Duration = Duration::from_mins(6);
/// From the death of the owner to the end of everything.
const CLEAN_LIMIT: Duration = Duration::from_secs(20);
const CLIENT_CACHE: &str = "STOREWATCH_TEST_CLIENT_CACHE";

/// Returns the processes that have a folder in their command line, as the servers in it do.
fn processes_of(folder: &Path) -> Vec<u32> {
    let folder = folder.display().to_string();
    let numbers = fs::read_dir("/proc").unwrap().flatten();
    numbers
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process: &u32| {
            let command = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains(&folder)
        })
        .collect()
}

#[track_caller]
fn nothing_is_left_of(folder: &Path) {
    eventually(CLEAN_LIMIT, || processes_of(folder).is_empty() && !folder.is_dir());
}

/// Starts a server in a process of its own and returns that process and the server's folder.
fn owner_of(flavour: Flavour) -> (Running, PathBuf) {
    let words = [flavour.name(), "--json", "--until-stdin-closes"];
    let mut owner = Program::new("dev").args(words).start();
    let line: Value = serde_json::from_str(&owner.wait_for_line(START_LIMIT)).unwrap();
    let folder = PathBuf::from(line["folder"].as_str().unwrap());
    assert!(!processes_of(&folder).is_empty());
    (owner, folder)
}

#[test]
fn a_killed_owner_takes_elasticsearch_along() {
    let (owner, folder) = owner_of(Flavour::Elasticsearch);
    assert_eq!(owner.kill().signal, Some(9));
    nothing_is_left_of(&folder);
}

#[test]
fn a_killed_owner_takes_opensearch_along() {
    let (owner, folder) = owner_of(Flavour::OpenSearch);
    assert_eq!(owner.kill().signal, Some(9));
    nothing_is_left_of(&folder);
}

#[test]
fn an_owner_killed_while_the_server_starts_takes_it_along() {
    let temporary = tempfile::tempdir().unwrap();
    // The user that runs the server must reach its folder.
    fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let owner = Program::new("dev").args(["elasticsearch"]).env("TMPDIR", temporary.path()).start();
    eventually(START_LIMIT, || !processes_of(temporary.path()).is_empty());
    owner.kill();
    eventually(CLEAN_LIMIT, || {
        processes_of(temporary.path()).is_empty()
            && fs::read_dir(temporary.path()).unwrap().count() == 0
    });
}

#[test]
fn a_killed_watcher_takes_elasticsearch_along_and_the_next_removes_its_folder() {
    let engine = private_engine(Flavour::Elasticsearch, &engine_options());
    let folder = engine.folder().to_owned();
    kill_process(Pid::from_raw(engine.watcher().cast_signed()).unwrap(), Signal::KILL).unwrap();
    eventually(CLEAN_LIMIT, || processes_of(&folder).is_empty());
    // The folder stays until the next watcher of anybody starts, in this test or in one beside it.
    drop(private_engine(Flavour::OpenSearch, &engine_options()));
    assert!(!folder.is_dir());
}

#[test]
fn a_server_ends_with_the_program_that_started_it() {
    let (mut owner, folder) = owner_of(Flavour::OpenSearch);
    owner.close_input();
    assert_eq!(owner.wait(CLEAN_LIMIT).code, Some(0));
    assert!(processes_of(&folder).is_empty());
    assert!(!folder.is_dir());
}

/// Returns a cache of a test's own, in which nobody else looks for a holder.
fn own_cache() -> tempfile::TempDir {
    let common = engine_options().cache;
    harness::shared(Flavour::OpenSearch); // fills the common cache
    let cache = tempfile::tempdir_in(&common).unwrap();
    let name = format!("{}-{}", Flavour::OpenSearch, Flavour::OpenSearch.version());
    symlink(common.join(&name), cache.path().join(&name)).unwrap();
    cache
}

fn sharing_in(cache: &Path, grace: Duration) -> Sharing {
    Sharing { cache: cache.to_owned(), program: binary("dev"), grace }
}

/// Returns the folder of the server that is shared in a cache.
fn shared_folder(cache: &Path) -> PathBuf {
    let socket = fs::read_to_string(cache.join("opensearch.shared")).unwrap();
    Path::new(&socket).parent().unwrap().to_owned()
}

#[test]
fn a_shared_server_stays_while_one_has_it_and_ends_after_the_last() {
    let cache = own_cache();
    let sharing = sharing_in(cache.path(), Duration::from_millis(300));
    let first = Lease::get(Flavour::OpenSearch, &sharing).unwrap();
    let second = Lease::get(Flavour::OpenSearch, &sharing).unwrap();
    let folder = shared_folder(cache.path());
    drop(first);
    let third = Lease::get(Flavour::OpenSearch, &sharing).unwrap();
    assert_eq!(second.access(), third.access());
    drop((second, third));
    nothing_is_left_of(&folder);
    let again = Lease::get(Flavour::OpenSearch, &sharing).unwrap();
    assert_ne!(shared_folder(cache.path()), folder);
    drop(again);
    nothing_is_left_of(&shared_folder(cache.path()));
}

#[test]
fn a_killed_holder_takes_the_shared_server_along_and_the_next_client_gets_a_new_one() {
    let cache = own_cache();
    let sharing = sharing_in(cache.path(), Duration::from_secs(5));
    let words = ["serve", "opensearch", "--grace-ms", "60000", "--cache"];
    let mut holder = Program::new("dev").args(words).args([cache.path()]).start();
    assert_eq!(holder.wait_for_line(START_LIMIT), "ready");
    let folder = shared_folder(cache.path());
    let lease = Lease::get(Flavour::OpenSearch, &sharing).unwrap();
    holder.kill();
    nothing_is_left_of(&folder);
    let next = Lease::get(Flavour::OpenSearch, &sharing).unwrap();
    assert_ne!(lease.access(), next.access());
    let folder = shared_folder(cache.path());
    drop(next);
    nothing_is_left_of(&folder);
}

#[test]
fn a_killed_test_program_leaves_no_shared_server_behind() {
    let cache = own_cache();
    let mut client = Program::at(&env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "a_client_waits_to_be_killed"])
        .env(CLIENT_CACHE, cache.path())
        .start();
    eventually(START_LIMIT, || {
        assert!(client.is_running(), "{}", client.errors());
        client.output().contains("has it")
    });
    let folder = shared_folder(cache.path());
    assert!(!processes_of(&folder).is_empty());
    client.kill();
    nothing_is_left_of(&folder);
}

/// The other side of the test above, in a process of its own; in an ordinary run it does nothing.
#[test]
fn a_client_waits_to_be_killed() {
    let Some(cache) = env::var_os(CLIENT_CACHE) else { return };
    let sharing = sharing_in(Path::new(&cache), Duration::from_millis(300));
    let lease = Lease::get(Flavour::OpenSearch, &sharing).unwrap();
    writeln!(io::stdout(), "{} has it", lease.access().url).unwrap();
    io::stdin().lock().lines().for_each(drop);
}

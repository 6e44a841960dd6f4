//! The command as a whole: a command line in, files and a summary out.

use super::*;
use clap::Parser;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    args: SimulateArgs,
}

const ONE_DAY: &str = "--until 2026-03-02T12:00:00Z --days 1 --orders-per-day 200 --breadth core";

/// Runs `storewatch simulate` in a folder and returns what it printed, or why it failed.
fn simulate(folder: &Path, line: &str) -> Result<String> {
    let here = folder.display().to_string();
    let words = line.split_whitespace().map(|word| word.replace("HERE", &here));
    let args = CommandLine::try_parse_from(std::iter::once("simulate".to_owned()).chain(words))?;
    let mut out = Vec::new();
    run(&args.args, &mut out)?;
    Ok(String::from_utf8(out)?)
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let content = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    entries.map(content).collect()
}

#[test]
fn the_summary_counts_the_lines_of_the_files_and_names_what_the_truth_names() {
    let temporary = tempfile::tempdir().unwrap();
    let line = format!("--out HERE/logs --truth HERE/truth --scenario S1@-2h {ONE_DAY} --json");
    let summary: Value = serde_json::from_str(&simulate(temporary.path(), &line).unwrap()).unwrap();
    let feeds = |content: &Vec<u8>| content.split(|&byte| byte == b'\n').count() as u64 - 1;
    let lines = contents(&temporary.path().join("logs")).values().map(feeds).sum::<u64>();
    assert_eq!(summary["written"]["lines"], lines);
    let truth = fs::read_to_string(temporary.path().join("truth")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    assert_eq!(summary["planted"], serde_json::json!([truth]));
    assert_eq!(truth["start"], "2026-03-02T10:00:00Z");
}

#[test]
fn the_same_command_line_writes_the_same_bytes() {
    let temporary = tempfile::tempdir().unwrap();
    for folder in ["one", "two"] {
        simulate(temporary.path(), &format!("--out HERE/{folder} {ONE_DAY}")).unwrap();
    }
    let of = |folder| contents(&temporary.path().join(folder));
    assert_eq!(of("one"), of("two"));
}

#[test]
fn a_folder_that_holds_something_is_refused_and_nothing_is_written() {
    let temporary = tempfile::tempdir().unwrap();
    fs::create_dir(temporary.path().join("logs")).unwrap();
    fs::File::create_new(temporary.path().join("logs/mine")).unwrap();
    let line = format!("--out HERE/logs --truth HERE/truth {ONE_DAY}");
    let error = simulate(temporary.path(), &line).unwrap_err();
    assert!(error.to_string().ends_with("is not empty; --force appends to what it holds"));
    assert_eq!(Exit::of(&*error), Exit::Usage);
    assert_eq!(contents(&temporary.path().join("logs")).len(), 1);
    assert!(fs::metadata(temporary.path().join("truth")).is_err());
    simulate(temporary.path(), &format!("{line} --force")).unwrap();
    assert!(contents(&temporary.path().join("logs")).contains_key("order.ndjson"));
}

#[test]
fn the_truth_may_not_lie_among_the_logs() {
    let temporary = tempfile::tempdir().unwrap();
    let line = format!("--out HERE/logs --truth HERE/logs/truth.ndjson {ONE_DAY}");
    let error = simulate(temporary.path(), &line).unwrap_err();
    assert!(error.to_string().ends_with("truth.ndjson would lie among the logs"), "{error}");
    assert_eq!(Exit::of(&*error), Exit::Usage);
    assert!(contents(&temporary.path().join("logs")).is_empty());
}

#[test]
fn a_zone_is_a_name_or_an_offset_on_either_side_of_utc() {
    let temporary = tempfile::tempdir().unwrap();
    for (place, zone) in ["Europe/Berlin", "+02:00", "-09:00"].into_iter().enumerate() {
        let line = format!("--out HERE/{place} --zone {zone} {ONE_DAY}");
        simulate(temporary.path(), &line).unwrap();
        let log = fs::read_to_string(temporary.path().join(format!("{place}/access.log"))).unwrap();
        let offset = ["+0100", "+0200", "-0900"][place];
        assert!(log.lines().next().unwrap().contains(offset), "{zone}");
    }
}

#[test]
fn a_scenario_is_described_without_writing() {
    let temporary = tempfile::tempdir().unwrap();
    let text = simulate(temporary.path(), "--describe S14").unwrap();
    assert!(text.starts_with("S14: slow database\nRequests to /checkout take four times"));
    assert!(contents(temporary.path()).is_empty());
}

#[test]
fn the_list_names_every_scenario_and_control() {
    let temporary = tempfile::tempdir().unwrap();
    let text = simulate(temporary.path(), "--list").unwrap();
    for scenario in shop::Scenario::ALL {
        assert!(text.contains(&format!("  {:<4} {}", scenario, scenario.title())), "{scenario}");
    }
    for control in shop::Control::ALL {
        assert!(text.contains(control.title()), "{control}");
    }
}

#[test]
fn several_shops_have_folders_seeds_and_settings_of_their_own_and_one_truth() {
    let temporary = tempfile::tempdir().unwrap();
    let line = "--out HERE/logs --truth HERE/truth --settings HERE/settings --stores 2 --scenario S5@-6h \
                --until 2026-03-02T12:00:00Z --days 1 --orders-per-day 200 --json";
    let summary: Value = serde_json::from_str(&simulate(temporary.path(), line).unwrap()).unwrap();
    assert_eq!(summary["shops"].as_array().unwrap().len(), 2);
    let truth = fs::read_to_string(temporary.path().join("truth")).unwrap();
    let stores: Vec<Value> = truth
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["store_id"].clone())
        .collect();
    assert_eq!(stores, ["shop-001", "shop-002"]);
    let order = |store: &str| {
        let path = temporary.path().join("logs").join(store).join("shop-1/order.ndjson");
        fs::read(path).unwrap()
    };
    assert_ne!(order("shop-001"), order("shop-002"));
    let settings = fs::read_to_string(temporary.path().join("settings/shop-002.yml")).unwrap();
    assert!(settings.contains("store:\n  id: \"shop-002\"\n"), "{settings}");
    let inputs = settings.lines().filter_map(|line| line.strip_prefix("  - "));
    assert!(inputs.clone().all(|input| serde_json::from_str::<Value>(input).is_ok()));
    assert_eq!(inputs.count(), 11 + 6);
    assert_eq!(
        summary["shops"][1]["settings"],
        temporary.path().join("settings/shop-002.yml").display().to_string()
    );

    let again = simulate(temporary.path(), &line.replace("HERE/logs", "HERE/others")).unwrap_err();
    assert!(again.to_string().ends_with("shop-001.yml is there already; name another folder"));
    assert!(fs::metadata(temporary.path().join("others/shop-001")).is_err(), "nothing is written");
}

#[test]
fn each_scenario_and_control_has_a_shop_of_its_own_and_one_is_calm() {
    let temporary = tempfile::tempdir().unwrap();
    let line = "--out HERE/logs --truth HERE/truth --each --until 2026-03-02T12:00:00Z --days 3 \
                --orders-per-day 1 --zone UTC";
    simulate(temporary.path(), line).unwrap();
    let folders = fs::read_dir(temporary.path().join("logs")).unwrap().count();
    // In UTC the clocks never change, so N4 has nothing to show.
    assert_eq!(folders, 1 + 20 + 8);
    let truth = fs::read_to_string(temporary.path().join("truth")).unwrap();
    for line in truth.lines() {
        let truth: Value = serde_json::from_str(line).unwrap();
        let store = truth["store_id"].as_str().unwrap();
        assert_eq!(truth["scenario"].as_str().unwrap().to_lowercase(), store);
    }
    assert_eq!(truth.lines().count(), 28);
}

#[test]
fn what_a_shop_would_not_show_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let refused = |line: &str| {
        let error =
            simulate(temporary.path(), &format!("--out HERE/logs {line} {ONE_DAY}")).unwrap_err();
        assert_eq!(Exit::of(&*error), Exit::Usage, "{error}");
        error.to_string()
    };
    assert_eq!(
        refused("--scenario S5@-6h"),
        "S5 shows in what a shop logs with --breadth whole, not in its core"
    );
    assert!(refused("--control N4").starts_with("N4 needs a span with a change to or from"));
    assert!(contents(temporary.path()).is_empty());
}

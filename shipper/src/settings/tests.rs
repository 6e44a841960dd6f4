use super::*;
use expect_test::{Expect, expect};

const LEAST: &str = "\
cluster: { addresses: [\"http://127.0.0.1:9200\"] }
store: { id: my-shop }
inputs:
  - { id: access, paths: [\"/var/log/nginx/access.log*\"], dataset: traffic, format: combined }
";

fn check(text: &str) -> Result<Shipper, Findings> {
    Shipper::check(&Settings::of_text("shipper.yml", text)?)
}

fn refused(text: &str, want: &Expect) {
    want.assert_eq(&check(text).unwrap_err().to_string());
}

#[test]
fn five_lines_are_enough() {
    let shipper = check(LEAST).unwrap();
    assert_eq!(shipper.inputs[0].stream.to_string(), "logs-store.traffic-default");
    assert_eq!(shipper.bulk.bytes, 5 << 20);
    assert_eq!(shipper.reading.max_line, 1 << 20);
    assert_eq!(shipper.admin.socket(), SocketAddr::from(ADMIN));
    assert_eq!(shipper.state_dir, default_state_dir());
}

#[test]
fn an_unknown_key_and_a_wrong_unit_are_named_with_their_line() {
    refused(
        &format!("{LEAST}bulk: {{ max_bites: 5MiB }}\n"),
        &expect![
            "shipper.yml:5: bulk.max_bites is not a key that is known here (allowed: max_bytes, max_documents, max_wait, max_requests, max_inflight, ids); did you mean bulk.max_bytes?"
        ],
    );
    refused(
        &format!("{LEAST}bulk:\n  max_bytes: 5 parsecs\n"),
        &expect![
            "shipper.yml:6: bulk.max_bytes is 5 parsecs, which has no unit of size (B, KiB, MiB, GiB, TiB, KB, MB, GB, TB)"
        ],
    );
}

#[test]
fn ids_of_the_cluster_are_allowed_and_warned_of() {
    assert_eq!(check(LEAST).unwrap().bulk.ids, Ids::Origin);
    let shipper = check(&format!("{LEAST}bulk: {{ ids: auto }}\n")).unwrap();
    assert_eq!(shipper.bulk.ids, Ids::Auto);
    let warnings = shipper.warnings.to_string();
    assert!(
        warnings.contains("bulk.ids is auto: the promise that nothing is stored twice is off"),
        "{warnings}"
    );
}

#[test]
fn every_value_out_of_range_is_named_at_once() {
    let text = format!(
        "{LEAST}bulk:\n  max_bytes: 0\n  max_wait: 1h\nread:\n  max_line: 1GiB\nstate_dir: relative\n"
    );
    refused(
        &text,
        &expect![[r"
        shipper.yml:9: read.max_line is 1 GiB, which is not between 1 KiB and 16 MiB
        shipper.yml:6: bulk.max_bytes is 0 B, which is not between 64 KiB and 64 MiB
        shipper.yml:7: bulk.max_wait is 1h, which is not between 10ms and 1m
        shipper.yml:10: state_dir is relative, which is not an absolute path"]],
    );
}

#[test]
fn inputs_are_checked_one_by_one() {
    let text = LEAST.replace(
        "inputs:\n",
        "inputs:\n  - { id: access, paths: [\"/a/[\"], dataset: alert }\n  - { id: \"a b\", paths: [], dataset: order, timezone: Mars }\n",
    );
    refused(
        &text,
        &expect![[r"
        shipper.yml:4: inputs[0].paths is /a/[: error parsing glob '/a/[': unclosed character class; missing ']'
        shipper.yml:4: inputs[0].dataset is alert, which is no dataset of inputs; order, payment, fulfilment, inventory, support, ad, traffic, app, pipeline, poll
        shipper.yml:5: inputs[1].id is a b, which is not 1 to 64 characters of a-z, A-Z, 0-9, -, _ and .
        shipper.yml:5: inputs[1].paths is empty; name at least one file or glob
        shipper.yml:5: inputs[1].timezone is Mars, which is no time zone; a name like Europe/Berlin or UTC
        shipper.yml:6: inputs[2].id is access, which another input has already; each input needs its own id"]],
    );
}

#[test]
fn rules_for_files_are_checked_with_their_inputs() {
    let text = LEAST.replace(
        "dataset: traffic,",
        "dataset: traffic, symlinks: follow, delete_after_ack: true, ignore_older: 0s,",
    );
    refused(
        &format!("{text}read: {{ max_open_files: 0, close_inactive: 1ms }}\n"),
        &expect![[r"
        shipper.yml:4: inputs[0].ignore_older is 0s, which is not between 1s and 521w3d
        shipper.yml:4: inputs[0].delete_after_ack is true, which does not go with symlinks: follow; a link may lead to a file that others still need: leave symlinks at ignore
        shipper.yml:5: read.max_open_files is 0, which is not between 1 and 1000000
        shipper.yml:5: read.close_inactive is 1ms, which is not between 100ms and 4w2d"]],
    );
    let text = LEAST.replace(
        "dataset: traffic,",
        "dataset: traffic, start_at: end, delete_after_ack: true, ignore_older: 7d,",
    );
    let shipper = check(&format!("{text}read: {{ order: oldest_first }}\n")).unwrap();
    let want = FileRules {
        start_at: Some(StartAt::End),
        ignore_older: Some(std::time::Duration::from_hours(7 * 24)),
        afterwards: Afterwards::Delete,
    };
    assert_eq!(shipper.inputs[0].files, want);
    assert_eq!(shipper.reading.order, Order::OldestFirst);
}

#[test]
fn a_shipper_without_inputs_has_nothing_to_do() {
    refused(
        "cluster: { addresses: [\"http://127.0.0.1:9200\"] }\nstore: { id: my-shop }\n",
        &expect![
            "default: inputs is empty: there is nothing to ship; add `inputs: [{ id, paths, dataset, format }]`"
        ],
    );
}

fn with_keys(keys: &str) -> String {
    LEAST.replace("format: combined", &format!("format: combined, {keys}"))
}

#[test]
fn an_input_says_how_its_lines_are_made() {
    let text = with_keys(
        "delimiter: '\\x1e', over_long: drop, container: docker, encoding: gb18030, multiline: { preset: java, quiet: 2s }",
    );
    let making = check(&text).unwrap().inputs.remove(0).making;
    assert_eq!(making.delimiter.length(), 1);
    assert_eq!(making.over_long, crate::frame::OverLong::Drop);
    assert_eq!(making.encoding.as_str(), "gb18030");
    let multiline = making.multiline.unwrap();
    assert_eq!((multiline.max_lines, multiline.max_bytes), (500, 1 << 20));
    assert_eq!(multiline.quiet, std::time::Duration::from_secs(2));
    let making = check(LEAST).unwrap().inputs.remove(0).making;
    assert!(making.multiline.is_none());
    assert_eq!(making.encoding.as_str(), "auto");
}

#[test]
fn a_pattern_that_could_take_for_ever_is_refused_with_its_line() {
    refused(
        &with_keys("multiline: { pattern: '(?=x)y' }"),
        &expect![
            "shipper.yml:4: inputs[0].multiline.pattern is (?=x)y, which is no pattern: look-around, including look-ahead and look-behind, is not supported; patterns take linear time, so there is no look-around and no back-reference"
        ],
    );
    refused(
        &with_keys("multiline: { pattern: '(a)\\1', max_lines: 0 }"),
        &expect![[r"
        shipper.yml:4: inputs[0].multiline.pattern is (a)\1, which is no pattern: backreferences are not supported; patterns take linear time, so there is no look-around and no back-reference
        shipper.yml:4: inputs[0].multiline.max_lines is 0, which is not between 1 and 100000"]],
    );
    refused(
        &with_keys("multiline: { pattern: '\\w{1000}{200}' }"),
        &expect![[
            r"shipper.yml:4: inputs[0].multiline.pattern is \w{1000}{200}, which takes more than 10 MB when compiled; repeat fewer times, or `[a-z]` in place of `\w`"
        ]],
    );
}

#[test]
fn keys_of_lines_that_contradict_each_other_are_named() {
    refused(
        &with_keys("multiline: { quiet: 1s }"),
        &expect![
            "shipper.yml:4: inputs[0].multiline says nothing; give it a pattern, a count or a preset"
        ],
    );
    refused(
        &with_keys("multiline: { pattern: x, count: 3 }"),
        &expect![
            "shipper.yml:4: inputs[0].multiline has more than one of pattern, count and preset; keep one of them"
        ],
    );
    refused(
        &with_keys("multiline: { preset: go, mode: end }"),
        &expect![
            "shipper.yml:4: inputs[0].multiline has mode or negate without a pattern; leave them out"
        ],
    );
    refused(
        &with_keys("encoding: utf-16le, delimiter: ';', container: cri"),
        &expect![[r"
        shipper.yml:4: inputs[0].delimiter is ;, which cannot be: UTF-16 has its own newline; leave the key out
        shipper.yml:4: inputs[0].encoding is utf-16le, which cannot be in a container: runtimes write bytes, not UTF-16"]],
    );
    refused(
        &with_keys("delimiter: '\\q', encoding: ebcdic"),
        &expect![
            "shipper.yml:4: inputs[0].encoding is ebcdic, which is not a choice here (allowed: auto, utf-8, utf-16le, utf-16be, gb18030, big5, shift_jis, windows-1250, windows-1251, windows-1252, windows-1253, windows-1254, windows-1255, windows-1256, windows-1257, windows-1258, latin1)"
        ],
    );
    refused(
        &with_keys("delimiter: '\\q'"),
        &expect![[
            r"shipper.yml:4: inputs[0].delimiter is \q, which holds a backslash that is not part of \n, \r, \t, \0, \\ or \xNN"
        ]],
    );
}

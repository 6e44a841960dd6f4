use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt};

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde::Deserialize;
use tempfile::TempDir;

use super::*;
use crate::{
    DurableFile, RealDisk,
    unit::{ByteSize, Span},
};

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    bulk: RawBulk,
    #[serde(default)]
    inputs: Vec<RawInput>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    password: Option<String>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct RawBulk {
    max_bytes: Option<ByteSize>,
    max_age: Option<Span>,
    level: Option<u8>,
    share: Option<f64>,
    gzip: Option<bool>,
    addresses: Vec<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct RawInput {
    id: String,
    paths: Vec<String>,
    #[serde(default)]
    start: Start,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Start {
    #[default]
    Beginning,
    End,
    After {
        age: Span,
    },
}

fn read(text: &str) -> Result<Raw, Findings> {
    Settings::of_text("shipper.yml", text)?.read()
}

/// Reads a text that must be refused, and holds all findings against what is expected.
fn refused(text: &str, expected: &Expect) {
    expected.assert_eq(&read(text).unwrap_err().to_string());
}

/// The same for a single finding; the origin is `shipper.yml`.
fn refused_once(text: &str, expected: &str) {
    assert_eq!(read(text).unwrap_err().to_string(), format!("shipper.yml:{expected}"));
}

fn files(parts: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in parts {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        DurableFile::replace(&RealDisk, &path, text.as_bytes()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    folder
}

fn sources(folder: &TempDir) -> Sources {
    Sources::new("shipper")
        .file(folder.path().join("shipper.yml"))
        .conf_dir(folder.path().join("conf.d"))
}

/// Loads sources that must be refused; the folder's name is not the same twice.
fn load_refused(folder: &TempDir, sources: Sources, expected: &Expect) {
    let found = Settings::load(sources).and_then(|settings| settings.read::<Raw>()).unwrap_err();
    let folder = folder.path().to_str().unwrap();
    expected.assert_eq(&found.to_string().replace(folder, "/etc/storewatch"));
}

#[test]
fn values_of_every_kind_are_read() {
    let raw = read(
        "bulk:\n  max_bytes: 10MiB\n  max_age: 5s\n  level: 2\n  share: 0.5\n  gzip: true\n\
         inputs:\n  - id: 1.10\n    paths: [/a, '/b']\n    start: end\n  - {id: two, paths: [], \
         start: {after: {age: 1h}}}\nlabels:\n  shop.name: 'yes'\n  zone: no\n",
    );
    expect![[r#"
        Ok(
            Raw {
                bulk: RawBulk {
                    max_bytes: Some(
                        ByteSize(
                            10485760,
                        ),
                    ),
                    max_age: Some(
                        Span(
                            5s,
                        ),
                    ),
                    level: Some(
                        2,
                    ),
                    share: Some(
                        0.5,
                    ),
                    gzip: Some(
                        true,
                    ),
                    addresses: [],
                },
                inputs: [
                    RawInput {
                        id: "1.10",
                        paths: [
                            "/a",
                            "/b",
                        ],
                        start: End,
                    },
                    RawInput {
                        id: "two",
                        paths: [],
                        start: After {
                            age: Span(
                                3600s,
                            ),
                        },
                    },
                ],
                labels: {
                    "shop.name": "yes",
                    "zone": "no",
                },
                password: None,
            },
        )
    "#]]
    .assert_debug_eq(&raw);
}

#[test]
fn an_empty_file_and_one_of_comments_are_an_empty_block() {
    for text in ["", "\n", "# nothing yet\n", "---\n", "bulk:\n  # all by default\n"] {
        assert_eq!(read(text).unwrap().bulk, RawBulk::default(), "{text:?}");
    }
}

#[test]
fn an_unknown_key_is_named_with_the_one_that_was_probably_meant() {
    refused(
        "bulk:\n  max_byte: 1MiB\n",
        &expect![
            "shipper.yml:2: bulk.max_byte is not a key that is known here (allowed: max_bytes, max_age, level, share, gzip, addresses); did you mean bulk.max_bytes?"
        ],
    );
    refused(
        "inputs:\n- id: a\n  paths: []\n  compress: 1\n",
        &expect![
            "shipper.yml:4: inputs[0].compress is not a key that is known here (allowed: id, paths, start)"
        ],
    );
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_line_and_what_it_should_be() {
    refused(
        "bulk:\n  level: high\n",
        &expect!["shipper.yml:2: bulk.level is high, which is not a whole number"],
    );
    refused(
        "bulk:\n  level: 256\n",
        &expect!["shipper.yml:2: bulk.level is 256, which is not between 0 and 255"],
    );
    refused(
        "bulk:\n  gzip: yes\n",
        &expect!["shipper.yml:2: bulk.gzip is yes, which is not true or false"],
    );
    refused(
        "bulk:\n  max_bytes: 64\n",
        &expect![
            "shipper.yml:2: bulk.max_bytes is 64, which has no unit of size (B, KiB, MiB, GiB, TiB, KB, MB, GB, TB)"
        ],
    );
    refused(
        "bulk:\n  max_bytes: 5m\n",
        &expect![
            "shipper.yml:2: bulk.max_bytes is 5m, which has no unit of size (B, KiB, MiB, GiB, TiB, KB, MB, GB, TB)"
        ],
    );
    refused(
        "bulk:\n  max_age: 10MiB\n",
        &expect![
            "shipper.yml:2: bulk.max_age is 10MiB, which has no unit of time (ms, s, m, h, d, w)"
        ],
    );
    refused(
        "bulk: 5\n",
        &expect!["shipper.yml:1: bulk is 5, which is not a block of `key: value`"],
    );
    refused(
        "inputs:\n  id: a\n",
        &expect!["shipper.yml:1: inputs is a block of 1, which is not a list"],
    );
    refused(
        "inputs:\n- id: a\n  paths: /var/log\n",
        &expect!["shipper.yml:3: inputs[0].paths is /var/log, which is not a list"],
    );
    refused(
        "inputs:\n- id: a\n  paths: [[x]]\n",
        &expect!["shipper.yml:3: inputs[0].paths[0] is a list of 1, which is not a single value"],
    );
}

#[test]
fn a_choice_that_is_none_is_named_with_those_there_are() {
    refused_once(
        "inputs:\n- {id: a, paths: [], start: ende}\n",
        "2: inputs[0].start is ende, which is not a choice here (allowed: beginning, end, after); \
         did you mean end?",
    );
    refused_once(
        "inputs:\n- {id: a, paths: [], start: {after: {age: 5}}}\n",
        "2: inputs[0].start.after.age is 5, which has no unit of time (ms, s, m, h, d, w)",
    );
    refused_once(
        "inputs:\n- {id: a, paths: [], start: {after: {}}}\n",
        "2: inputs[0].start.after.age is missing",
    );
    refused_once(
        "inputs:\n- {id: a, paths: [], start: {before: 1}}\n",
        "2: inputs[0].start.before is not a choice here (allowed: beginning, end, after)",
    );
}

#[test]
fn a_missing_key_is_named_where_its_block_begins() {
    refused(
        "inputs:\n- paths: []\n\n- id: b\n",
        &expect![[r"
            shipper.yml:2: inputs[0].id is missing
            shipper.yml:4: inputs[1].paths is missing"]],
    );
}

#[test]
fn everything_that_is_wrong_is_found_at_once() {
    refused(
        "bulk:\n  level: high\n  max_byte: 1\n  gzip: 1\nother: x\ninputs:\n- id: a\n  paths: 1\n- id: []\n  paths: []\n",
        &expect![[r"
            shipper.yml:2: bulk.level is high, which is not a whole number
            shipper.yml:3: bulk.max_byte is not a key that is known here (allowed: max_bytes, max_age, level, share, gzip, addresses); did you mean bulk.max_bytes?
            shipper.yml:4: bulk.gzip is 1, which is not true or false
            shipper.yml:5: other is not a key that is known here (allowed: bulk, inputs, labels, password)
            shipper.yml:8: inputs[0].paths is 1, which is not a list
            shipper.yml:9: inputs[1].id is a list of 0, which is not a single value"]],
    );
}

#[test]
fn yaml_that_cannot_be_read_is_named_with_its_line() {
    let unreadable = |text, line_and_cause: (u64, &str)| {
        let (line, cause) = line_and_cause;
        refused_once(text, &format!("{line}: cannot be read as YAML: {cause}"));
    };
    unreadable("bulk:\n  level: [1, 2\n", (2, "unclosed bracket '['"));
    unreadable("bulk:\n  level: 1\n  level: 2\n", (3, "duplicate mapping key: level"));
    let tabs = "tabs disallowed within this context (block indentation)";
    unreadable("bulk:\n\tlevel: 1\n", (2, tabs));
    unreadable("a: 1\n---\nb: 2\n", (3, "multiple YAML documents detected"));
    refused_once("- a\n- b\n", "1: is not a block of `key: value`");
}

#[test]
fn aliases_that_grow_without_end_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let inner = format!("*a{}", level - 1);
        let items = [inner.as_str(); 9].join(", ");
        text.extend([format!("a{level}: &a{level} [{items}]\n")]);
    }
    assert!(read(&text).unwrap_err().to_string().contains("cannot be read as YAML"));
}

#[test]
fn an_alias_is_the_value_it_names_and_stands_where_it_is_used() {
    let text = "labels: &all {a: x}\ninputs:\n- {id: &name 7.50, paths: [*name]}\n";
    let settings = Settings::of_text("s.yml", text).unwrap();
    assert_eq!(settings.read::<Raw>().unwrap().inputs[0].paths, ["7.50"]);
    assert_eq!(settings.origin("inputs[0].paths[0]").to_string(), "s.yml:3");
}

#[test]
fn later_layers_win_key_by_key_and_each_value_knows_its_origin() {
    let folder = files(&[
        ("shipper.yml", "bulk:\n  level: 1\n  gzip: false\n  max_age: 1s\n"),
        ("conf.d/20-b.yml", "bulk:\n  level: 3\n"),
        ("conf.d/10-a.yml", "bulk:\n  level: 2\n  share: 0.5\n"),
        ("conf.d/.hidden.yml", "bulk:\n  level: 9\n"),
        ("conf.d/30-c.yml.dpkg-new", "bulk:\n  level: 9\n"),
    ]);
    let environment = Environment::from_iter([
        ("STOREWATCH_SHIPPER__BULK__SHARE", "0.75"),
        ("STOREWATCH_SHIPPER__BULK__ADDRESSES", "http://a, http://b"),
        ("STOREWATCH_DETECTOR__BULK__SHARE", "nonsense"),
        ("STOREWATCH_HOME", "/x"),
    ]);
    let sources = sources(&folder)
        .environment(environment)
        .flag("--gzip", "bulk.gzip", Some("true".into()))
        .flag("--level", "bulk.level", None);
    let settings = Settings::load(sources).unwrap();
    let shown: Vec<String> = settings
        .effective()
        .iter()
        .map(|line| format!("{} = {} from {}", line.key, line.value, line.origin))
        .collect();
    let text = shown.join("\n").replace(folder.path().to_str().unwrap(), "/etc/storewatch");
    expect![[r"
        bulk.level = 3 from /etc/storewatch/conf.d/20-b.yml:2
        bulk.gzip = true from flag --gzip
        bulk.max_age = 1s from /etc/storewatch/shipper.yml:4
        bulk.share = 0.75 from environment STOREWATCH_SHIPPER__BULK__SHARE
        bulk.addresses = http://a, http://b from environment STOREWATCH_SHIPPER__BULK__ADDRESSES"]]
    .assert_eq(&text);
    let bulk = settings.read::<Raw>().unwrap().bulk;
    assert_eq!((bulk.level, bulk.gzip, bulk.share), (Some(3), Some(true), Some(0.75)));
    assert_eq!(bulk.addresses, ["http://a", "http://b"]);
}

#[test]
fn a_list_is_replaced_unless_files_append_to_it() {
    let folder = files(&[
        ("shipper.yml", "inputs:\n- {id: a, paths: [/a, /b]}\n"),
        ("conf.d/shop.yml", "\ninputs:\n- {id: b, paths: []}\n"),
    ]);
    let ids = |settings: &Settings| -> Vec<String> {
        settings.read::<Raw>().unwrap().inputs.into_iter().map(|input| input.id).collect()
    };
    assert_eq!(ids(&Settings::load(sources(&folder)).unwrap()), ["b"]);
    let both = Settings::load(sources(&folder).append(&["inputs"])).unwrap();
    assert_eq!(ids(&both), ["a", "b"]);
    let origin = both.origin("inputs[1].id").to_string();
    assert!(origin.ends_with("conf.d/shop.yml:3"), "{origin}");
    let origin = both.origin("inputs[0].paths[1]").to_string();
    assert!(origin.ends_with("shipper.yml:2"), "{origin}");
}

#[test]
fn a_variable_can_reach_into_a_list() {
    let folder = files(&[("shipper.yml", "inputs:\n- {id: a, paths: []}\n")]);
    let environment = Environment::from_iter([("STOREWATCH_SHIPPER__INPUTS__0__ID", "b")]);
    let settings = Settings::load(sources(&folder).environment(environment)).unwrap();
    assert_eq!(settings.read::<Raw>().unwrap().inputs[0].id, "b");
    let origin = settings.origin("inputs[0].id").to_string();
    assert_eq!(origin, "environment STOREWATCH_SHIPPER__INPUTS__0__ID");
}

#[test]
fn a_wrong_value_from_the_environment_or_a_flag_names_it() {
    let folder = files(&[("shipper.yml", "")]);
    let environment = Environment::from_iter([
        ("STOREWATCH_SHIPPER__BULK__LEVEL", "x"),
        ("STOREWATCH_SHIPPER__BULK____GZIP", "x"),
    ]);
    load_refused(
        &folder,
        sources(&folder).environment(environment),
        &expect![
            "environment STOREWATCH_SHIPPER__BULK____GZIP: does not name a key: it has an empty part between two __"
        ],
    );
    let flagged = sources(&folder).flag("--level", "bulk.level", Some("-1".into()));
    load_refused(
        &folder,
        flagged,
        &expect!["flag --level: bulk.level is -1, which is not between 0 and 255"],
    );
}

#[test]
fn files_that_are_missing_or_not_to_be_trusted_are_named() {
    let folder = files(&[("shipper.yml", ""), ("conf.d/a.yml", ""), ("conf.d/b.yml", "")]);
    let path = |name: &str| folder.path().join(name);
    fs::set_permissions(path("conf.d/a.yml"), fs::Permissions::from_mode(0o664)).unwrap();
    DurableFile::replace(&RealDisk, &path("conf.d/b.yml"), b"a: 1\nb: \xff\n").unwrap();
    fs::create_dir(path("conf.d/c.yml")).unwrap();
    let sources = sources(&folder).file(path("missing.yml"));
    load_refused(
        &folder,
        sources,
        &expect![[r"
        /etc/storewatch/missing.yml: is missing
        /etc/storewatch/conf.d/a.yml: can be written by its group or by others; chmod go-w /etc/storewatch/conf.d/a.yml
        /etc/storewatch/conf.d/b.yml:2: is not UTF-8 text
        /etc/storewatch/conf.d/c.yml: is not a regular file"]],
    );
}

#[test]
fn a_variable_stands_for_a_value_and_never_for_structure() {
    let environment = Environment::from_iter([
        ("HOST", "web-1"),
        ("LEVEL", "3"),
        ("EVIL", "x\ninputs: []\n# ${HOST}"),
        ("LIST", "[a, b]"),
    ]);
    let text = "bulk: {level: \"${LEVEL}\"}\nlabels:\n  host: ${HOST}.example\n  evil: ${EVIL}\n  \
                list: ${LIST}\n  literal: $${HOST}\n  price: $5 {}\n";
    let settings = Settings::of_text_with("s.yml", text, environment).unwrap();
    let raw: Raw = settings.read().unwrap();
    assert_eq!(raw.bulk.level, Some(3));
    let expected = [
        ("evil", "x\ninputs: []\n# ${HOST}"),
        ("host", "web-1.example"),
        ("list", "[a, b]"),
        ("literal", "${HOST}"),
        ("price", "$5 {}"),
    ];
    assert_eq!(raw.labels, expected.map(|(key, value)| (key.into(), value.into())).into());
}

#[test]
fn an_unknown_variable_is_a_finding() {
    refused(
        "labels:\n  a: ${NOWHERE}\n  b: [\"${\"]\n",
        &expect![[r"
        shipper.yml:2: labels.a names ${NOWHERE}, which is not in the environment; set NOWHERE, or write $${ for a literal ${
        shipper.yml:3: labels.b[0] has a ${ that no name and } follow; write $${ for a literal ${"]],
    );
}

#[test]
fn a_renamed_key_is_told_its_new_name() {
    const RENAMED: &[Renamed] = &[
        Renamed { old: "bulk.size", new: "bulk.max_bytes" },
        Renamed { old: "inputs[].path", new: "inputs[].paths" },
    ];
    let folder = files(&[(
        "shipper.yml",
        "bulk:\n  size: 1MiB\ninputs:\n- id: a\n  path: /a\n  paths: []\n",
    )]);
    load_refused(
        &folder,
        sources(&folder).renamed(RENAMED),
        &expect![[r"
            /etc/storewatch/shipper.yml:2: bulk.size has another name now; write bulk.max_bytes
            /etc/storewatch/shipper.yml:5: inputs[0].path has another name now; write inputs[0].paths"]],
    );
}

#[test]
fn a_secret_in_a_file_is_refused_unless_it_is_allowed_or_comes_from_the_environment() {
    refused(
        "password: hunter2\n",
        &expect![
            "shipper.yml:1: password is a secret and is not written here; put it into a file of mode 0600 and name that with password_file, or write ${NAME} (or allow_inline_secrets: true for a try-out)"
        ],
    );
    let allowed = Settings::of_text("s.yml", "allow_inline_secrets: true\npassword: hunter2\n");
    let allowed = allowed.unwrap();
    assert_eq!(allowed.read::<Raw>().unwrap().password.as_deref(), Some("hunter2"));
    assert!(!format!("{allowed:?}").contains("hunter2"));
    assert_eq!(allowed.effective()[0].value, "(hidden)");
    let environment = Environment::from_iter([("PW", "hunter2")]);
    let named = Settings::of_text_with("s.yml", "password: ${PW}\n", environment.clone()).unwrap();
    assert_eq!(named.read::<Raw>().unwrap().password.as_deref(), Some("hunter2"));
    assert!(!format!("{environment:?}").contains("hunter2"));
}

#[test]
fn only_the_last_part_of_a_key_makes_it_a_secret() {
    for key in ["password", "cluster.api_key", "a.smtp_password", "hooks[0].token"] {
        assert!(secrets::is_secret(key), "{key}");
    }
    for key in ["password_file", "token.file", "tokens", "bypassword", "redact.api_key_names"] {
        assert!(!secrets::is_secret(key), "{key}");
    }
}

#[test]
fn a_check_collects_findings_under_their_keys() {
    let text = "bulk:\n  level: 12\n  max_age: 1s\ninputs:\n- id: a b\n  paths: []\n";
    let settings = Settings::of_text("shipper.yml", text).unwrap();
    let mut check = Check::new(&settings);
    check.within("bulk", |check| {
        check.range("level", 12, 0..=9);
        check.range("max_age", Span::seconds(1), Span::millis(100)..=Span::minutes(1));
        check.range("share", 2.0, 0.0..=1.0);
    });
    check.within("inputs", |check| {
        check.within("[0]", |check| {
            check.fault("id", "a b", "which has a space in it", "use a-z, 0-9 and -");
            check.missing("paths", "names no file", "");
            check.warn("start", "is left to its default", "");
            check.take("id", "a b", "x".parse::<u8>());
        });
    });
    assert_eq!(check.findings().count(Severity::Warning), 1);
    expect![[r"
        shipper.yml:2: bulk.level is 12, which is not between 0 and 9
        shipper.yml:1: bulk.share is 2, which is not between 0 and 1
        shipper.yml:5: inputs[0].id is a b, which has a space in it; use a-z, 0-9 and -
        shipper.yml:6: inputs[0].paths names no file
        shipper.yml:5: warning: inputs[0].start is left to its default
        shipper.yml:5: inputs[0].id is a b: invalid digit found in string"]]
    .assert_eq(&check.finish(()).unwrap_err().to_string());
}

#[test]
fn warnings_let_the_value_out() {
    let settings = Settings::of_text("s.yml", "ids: auto\n").unwrap();
    let mut check = Check::new(&settings);
    check.warn("ids", "is auto: a resend may double documents", "");
    let (value, warnings) = check.finish(7).unwrap();
    assert_eq!((value, warnings.count(Severity::Warning)), (7, 1));
}

#[test]
fn a_finding_never_shows_a_secret() {
    let text = "allow_inline_secrets: true\npassword: [hunter2]\n";
    let found = read(text).unwrap_err();
    let settings = Settings::of_text("s.yml", "").unwrap();
    let mut check = Check::new(&settings);
    check.fault("cluster.password", "hunter2", "which is too short", "");
    let checked = check.finish(()).unwrap_err();
    assert!(!format!("{found} {checked} {found:?} {checked:?}").contains("hunter2"));
}

#[test]
fn findings_are_written_for_people_and_as_json() {
    let written = |findings: &Findings, style| {
        let mut out = Vec::new();
        findings.write(&mut out, style).unwrap();
        String::from_utf8(out).unwrap()
    };
    let found = read("bulk:\n  level: \"\\e[31m\"\n").unwrap_err();
    expect![[r"
        shipper.yml:2: bulk.level is [31m, which is not a whole number
    "]]
    .assert_eq(&written(&found, Style::Lines));
    expect![[r#"
        {"errors":1,"warnings":0,"findings":[{"severity":"error","origin":"shipper.yml:2","key":"bulk.level","value":"\u001b[31m","message":"which is not a whole number"}]}
    "#]].assert_eq(&written(&found, Style::Json));
    assert_eq!(written(&Findings::default(), Style::Lines), "no findings\n");
}

#[test]
fn a_key_with_dots_in_it_is_found() {
    let text = "labels:\n  their.key: x\n  their:\n   other: 1\n";
    let settings = Settings::of_text("s.yml", text).unwrap();
    assert_eq!(settings.origin("labels.their.key").to_string(), "s.yml:2");
    assert_eq!(settings.origin("labels.their.other").to_string(), "s.yml:4");
    assert_eq!(settings.origin("labels.absent.key").to_string(), "s.yml:1");
    assert_eq!(settings.origin("absent").to_string(), "default");
    assert!(settings.has("labels.their.key") && !settings.has("labels.their.absent"));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-z:\\- \n\\[\\]{}&*!|>'\"#%@`$0-9.,?\t]{0,80}") {
        if let Err(findings) = read(&text) {
            prop_assert!(findings.stop());
        }
    }

    #[test]
    fn what_was_written_as_text_is_read_as_it_was_written(value in "[0-9a-zA-Z_.+-]{1,12}") {
        let raw = read(&format!("labels:\n  a: '{value}'\n"));
        prop_assert_eq!(&raw.unwrap().labels["a"], &value);
        // Unquoted values may be empty to YAML, but never another text.
        if let Ok(raw) = read(&format!("labels:\n  a: {value}\n")) {
            prop_assert_eq!(&raw.labels["a"], &value);
        }
    }
}

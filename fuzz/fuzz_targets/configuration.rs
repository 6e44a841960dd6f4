//! Reads any bytes as `shipper.yml` and checks it: what is refused says why, in lines that people can read; nothing that
//! was found is lost because something else is wrong, too; secrets are not shown.
#![no_main]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use runtime::settings::{Environment, Finding, Findings, Origin, Settings, Severity};
use shipper::settings::{RawShipper, Same, Shipper, Written};

const NAME: &str = "shipper.yml";
const EXTRA: &str = "zz_not_a_key";
/// More than these are not told at once.
const MOST_FINDINGS: usize = 50;

fn load(text: &str) -> Result<Settings, Findings> {
    let environment = [("HOST", "web-1"), ("EMPTY", ""), ("KEY", "a: [b"), ("NUMBER", "7")];
    Settings::of_text_with(NAME, text, Environment::from_iter(environment))
}

fn lines_of(text: &str) -> u64 {
    // The parser ends lines at a carriage return, too.
    text.split(['\n', '\r']).count() as u64
}

fn hold_finding(finding: &Finding, lines: u64) {
    let shown = finding.to_string();
    assert!(!finding.message.trim().is_empty(), "a finding says what is wrong: {finding:?}");
    assert!(!shown.chars().any(char::is_control), "a finding is one line of text: {shown:?}");
    match &finding.origin {
        Origin::File { path, line } => {
            assert_eq!(path.to_str(), Some(NAME));
            assert!(
                line.is_none_or(|line| (1..=lines).contains(&line)),
                "{shown} in {lines} lines"
            );
        }
        Origin::Default => {}
        Origin::Environment(_) | Origin::Flag(_) => panic!("nobody wrote there: {shown}"),
    }
}

fn hold_refusal(findings: &Findings, text: &str) {
    assert!(findings.stop(), "what is refused has a finding that says why");
    let lines = lines_of(text);
    findings.iter().for_each(|finding| hold_finding(finding, lines));
    let shown = findings.to_string();
    assert_eq!(shown.lines().count(), findings.iter().count(), "each finding is a line of its own");
    let json = serde_json::to_value(findings).expect("findings are JSON");
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(findings.iter().count()));
    assert_eq!(json["errors"].as_u64(), Some(findings.count(Severity::Error) as u64));
}

/// Another key that is wrong adds a finding and takes none away.
fn hold_together(text: &str, settings: &Settings) {
    // A key that begins with the other one would hold it.
    if text.contains(EXTRA) {
        return;
    }
    let other = format!("{text}\n{EXTRA}: 1\n");
    let Ok(more) = load(&other) else { return };
    let mut values = more.effective();
    values.retain(|value| value.key != EXTRA);
    // The last line may have been open, or the first may hold everything.
    if !more.has(EXTRA) || values != settings.effective() {
        return;
    }
    let of = |settings: &Settings| settings.read::<RawShipper>().err().unwrap_or_default();
    let (before, after) = (of(settings), of(&more));
    if before.iter().count() + 2 > MOST_FINDINGS {
        return;
    }
    if after.iter().any(|finding| finding.message.starts_with("may hold more")) {
        return;
    }
    assert!(after.iter().any(|finding| finding.key == EXTRA), "an unknown key is found: {after}");
    for finding in &before {
        // What is missing is told at the block around it, which begins elsewhere now.
        let is_same = |found: &Finding| {
            (&found.key, &found.value, &found.message)
                == (&finding.key, &finding.value, &finding.message)
        };
        assert!(after.iter().any(is_same), "lost: {finding}\namong: {after}");
    }
}

fn text(text: &str) {
    let settings = match load(text) {
        Ok(settings) => settings,
        Err(findings) => return hold_refusal(&findings, text),
    };
    for value in settings.effective() {
        let last = value.key.rsplit('.').next().unwrap_or_default();
        let is_secret = ["password", "api_key", "secret", "token"].contains(&last);
        assert!(
            !is_secret || ["(hidden)", "null", "[]", "{}"].contains(&&*value.value),
            "{value:?}"
        );
        assert!(matches!(value.origin, Origin::File { .. }), "{value:?}");
    }
    match Shipper::check(&settings) {
        Err(findings) => {
            hold_refusal(&findings, text);
            assert_eq!(Shipper::check(&settings).err(), Some(findings), "the same is found again");
        }
        Ok(shipper) => {
            assert!(!shipper.warnings.stop(), "what is accepted has warnings only");
            let sources = shipper.inputs.len() + shipper.polls.len();
            assert!(sources > 0, "there is something to ship");
            assert_eq!(shipper.sources().len(), sources + usize::from(shipper.reports.is_some()));
            let written = Written::of(&settings);
            assert_eq!(written.same(&written, "cluster"), Same::Yes);
            assert!(written.needs_restart(&written).is_empty());
        }
    }
    hold_together(text, &settings);
}

/// A file of this process; a target runs in one thread.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("storewatch-fuzz-{}.yml", std::process::id()));
    std::fs::write(&path, "").expect("a folder for temporary files");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .expect("a file of ours");
    path
});

/// What is no text is refused, at the line of its first wrong byte.
fn no_text(input: &[u8], good: usize) {
    std::fs::write(&*FILE, input).expect("a file of ours");
    let findings = Settings::of_file(&FILE, Environment::default()).expect_err("it is no text");
    let lines: Vec<&Finding> = findings.iter().collect();
    let [finding] = &*lines else { panic!("one finding says it: {findings}") };
    let line = 1 + input[..good].iter().filter(|&&byte| byte == b'\n').count() as u64;
    assert_eq!(finding.origin, Origin::File { path: FILE.clone(), line: Some(line) });
}

fuzz_target!(|input: &[u8]| match std::str::from_utf8(input) {
    Ok(good) => text(good),
    Err(error) => no_text(input, error.valid_up_to()),
});

//! Cases as files, in both forms, and a file through two configurations.

use super::*;
use crate::{Format, Provenance, RawPipeline, RawRedact, RawStore};

fn settings(format: Format, dataset: &str) -> (StoreSettings, PipelineSettings) {
    let mut faults = Vec::new();
    let store = RawStore { id: "shop-1".to_owned(), ..RawStore::default() };
    let store = StoreSettings::check(&store, &RawRedact::default(), &mut faults).unwrap();
    let raw = RawPipeline { format, dataset: dataset.to_owned(), ..RawPipeline::default() };
    (store, PipelineSettings::check(&raw, "input", &mut faults).unwrap())
}

fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    runtime::DurableFile::replace(&runtime::RealDisk, &path, text.as_bytes()).unwrap();
    path
}

fn told(case: &Case, act: Act) -> (Went, String) {
    let (store, input) = settings(Format::Plain, "app");
    let mut out = Vec::new();
    let went = run(case, Under { store: &store, input: &input }, act, &mut out).unwrap();
    (went, String::from_utf8(out).unwrap())
}

#[test]
fn a_case_in_yaml_is_recorded_and_then_as_expected() {
    let folder = tempfile::tempdir().unwrap();
    let text = "# a case\ninput: app\nlines:\n  - 'a \"quoted\" line: $' \n  - ''\n";
    let path = write(&folder, "first.yml", text);
    let case = find(folder.path()).unwrap().remove(0);
    assert_eq!((case.name.as_str(), case.input.as_deref()), ("first", Some("app")));
    let (went, text) = told(&case, Act::Compare);
    assert_eq!(went, Went::Otherwise);
    assert!(text.contains("[0].message + \"a \\\"quoted\\\" line: $\""), "{text}");
    assert!(text.contains("[1].dropped + \"empty_line\""), "{text}");
    told(&case, Act::Update);
    let again = find(&path).unwrap().remove(0);
    assert_eq!(again.input.as_deref(), Some("app"));
    assert_eq!(told(&again, Act::Compare), (Went::AsExpected, "as expected: first\n".to_owned()));
}

#[test]
fn lines_that_were_joined_are_one_in_both_forms() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "a.in", "one\u{1e}\n  two\nthree\n");
    write(&folder, "b.yml", "lines: [\"one\\n  two\", three]\n");
    for case in find(folder.path()).unwrap() {
        told(&case, Act::Update);
    }
    for case in find(folder.path()).unwrap() {
        let told = |path: &str| case.expected.pointer(path).cloned();
        assert_eq!(told("/0/message"), Some("one\n  two".into()), "{}", case.name);
        assert_eq!(told("/0/store/pipeline/lines"), Some(2.into()), "{}", case.name);
        assert_eq!(told("/1/message"), Some("three".into()), "{}", case.name);
    }
}

#[test]
fn settings_beside_lines_are_no_case() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "a.in", "line\n");
    write(&folder, "a.yml", "store: { id: s }\n");
    write(&folder, "b.yml", "lines: [x]\nexpect: []\n");
    let names: Vec<String> =
        find(folder.path()).unwrap().into_iter().map(|case| case.name).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn what_is_no_case_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "a.yml", "lines: [x]\nwant: []\n");
    let error = find(&path).unwrap_err().to_string();
    assert!(error.contains("a.yml is no case") && error.contains("want"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(find(empty.path()), Err(Error::NoCase { .. })));
}

#[test]
fn two_configurations_are_compared_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "a.log", "one\n\n{\"message\":\"two\"}\n");
    let (store, old) = settings(Format::Plain, "app");
    let (_, new) = settings(Format::Ndjson, "app");
    let (old, new) = (Under { store: &store, input: &old }, Under { store: &store, input: &new });
    let mut out = Vec::new();
    let compared = against(old, new, &path, &mut out).unwrap();
    assert_eq!(compared, Compared { lines: 3, different: 2 });
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("a.log:3\n") && text.contains("[0].message + \"two\""), "{text}");
    assert_eq!(against(new, new, &path, &mut Vec::new()).unwrap().different, 0);
}

#[test]
fn a_timed_line_tells_what_each_step_took_and_comes_out_the_same() {
    let (store, input) = settings(Format::Plain, "app");
    let mut pipeline = Pipeline::new(&store, &input, &Context::default());
    let line = RawLine {
        bytes: b"ERROR it broke",
        origin: Origin {
            file: FileId::from_bytes([7; 16]),
            span: ByteOffset::ZERO..ByteOffset::new(15),
            part: 0,
        },
        path: "/a.log",
        truncated: false,
        provenance: Provenance::default(),
    };
    let (mut plain, mut timed) = (Vec::new(), Vec::new());
    pipeline.process(&line, READ_AT, &mut plain);
    assert_eq!(pipeline.counters().nanos(), &[0; crate::STEPS.len()]);
    let ticks = std::cell::Cell::new(0);
    let clock = || {
        ticks.set(ticks.get() + 10);
        std::time::Duration::from_nanos(ticks.get())
    };
    pipeline.process_timed(&line, READ_AT, &clock, &mut timed);
    assert_eq!(pipeline.counters().nanos(), &[10; crate::STEPS.len()]);
    assert_eq!(plain[0].document.to_json(), timed[0].document.to_json());
}

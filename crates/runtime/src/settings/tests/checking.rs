use super::*;

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

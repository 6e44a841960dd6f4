use super::*;
use crate::draft::ParseStatus;

/// Holds level, logger, process and message against what is wanted.
fn check(line: &str, want: (&str, &str, &str, &str)) {
    let mut draft = Draft::new();
    Python.parse(line, &mut draft);
    assert_eq!(draft.status, ParseStatus::Ok, "{line}");
    let document = &draft.event.document;
    let text = |field| document.text(field).unwrap_or_default();
    let process = document.long(Field::ProcessPid).map(|pid| pid.to_string());
    let process = process.unwrap_or_else(|| text(Field::ProcessName).to_owned());
    let found =
        (text(Field::LogLevel), text(Field::LogLogger), process.as_str(), text(Field::Message));
    assert_eq!(found, want, "{line}");
}

#[test]
fn dashes_divide_logger_level_and_message() {
    let stamp = "2026-11-27 06:10:11,123";
    let check = |rest: &str, want| check(&format!("{stamp} - {rest}"), want);
    check("shop.pay - WARNING - slow - very", ("warn", "shop.pay", "", "slow - very"));
    check("shop.pay - INFO     - x", ("info", "shop.pay", "", "x"));
    check("ERROR - x", ("error", "", "", "x"));
    check("shop - 17 - DEBUG - x", ("debug", "shop", "17", "x"));
    check("my app - MainThread - DEBUG - x", ("debug", "my app", "MainThread", "x"));
    check("shop - INFO -", ("info", "shop", "", ""));
}

#[test]
fn words_are_told_apart_by_their_shape() {
    let check = |rest: &str, want| check(&format!("2026-11-27 06:10:11,123 {rest}"), want);
    check("INFO shop.pay order placed", ("info", "shop.pay", "", "order placed"));
    check("INFO order placed", ("info", "", "", "order placed"));
    check("INFO     [shop] order placed", ("info", "shop", "", "order placed"));
    check("[INFO] shop: order placed", ("info", "shop", "", "order placed"));
    check("INFO: order placed", ("info", "", "", "order placed"));
    check("shop.pay INFO order placed", ("info", "shop.pay", "", "order placed"));
    check("CRITICAL root - gone", ("critical", "root", "", "gone"));
    check("WARNING werkzeug slow", ("warn", "werkzeug", "", "slow"));
    check("INFO x", ("info", "", "", "x"));
    check("INFO", ("info", "", "", ""));
}

#[test]
fn frameworks_have_forms_of_their_own() {
    check("ERROR:shop.pay:no: money", ("error", "shop.pay", "", "no: money"));
    check("INFO:     Started server", ("info", "", "", "Started server"));
    check(
        "[2026-11-27 06:10:11,123] ERROR in app: Exception on / [GET]",
        ("error", "app", "", "Exception on / [GET]"),
    );
    check(
        "[2026-11-27 06:10:11,123: INFO/MainProcess] Task a[b] received",
        ("info", "", "MainProcess", "Task a[b] received"),
    );
    check("[2026-11-27 06:10:11 +0000] [7] [INFO] Booting", ("info", "", "7", "Booting"));
    check(
        "2026-11-27 06:10:11.123 | INFO     | shop.pay:charge:42 - done",
        ("info", "shop.pay", "", "done"),
    );
}

#[test]
fn what_is_no_line_of_a_logger_is_kept_whole() {
    let check = |line: &str, want: Failure| {
        let mut draft = Draft::new();
        Python.parse(line, &mut draft);
        assert_eq!(draft.status, ParseStatus::Failed(want), "{line}");
    };
    check("Traceback (most recent call last):", Failure::OtherFormat);
    check("2026-11-27 06:10:11,123 nothing is known", Failure::OtherFormat);
    check("2026-11-27 06:10:11,123 - a - b - c - d", Failure::OtherFormat);
    check("2026-11-27 06:10:11,123", Failure::CutShort);
    check("[2026-11-27 06:10:11,123]", Failure::CutShort);
    check("", Failure::OtherFormat);
}

//! Every row of the table.

use super::*;

fn decided(status: u16, kind: &str, reason: &str) -> Verdict {
    let cause = Cause {
        kind: Some(kind.to_owned().into()),
        reason: Some(reason.to_owned().into()),
        caused_by: None,
    };
    decide(Some(status), Some(&cause), None)
}

fn check_retry(status: u16, kind: &str, reason: &str, pace: Pace) {
    let want = Verdict::Retry { reason: reason.to_owned(), paced: pace };
    assert_eq!(decided(status, kind, reason), want, "{status} {kind}");
}

fn check_rejected(status: u16, kind: &str) {
    let verdict = decided(status, kind, "failed to parse field [store.x] of type [long]");
    let Verdict::Rejected { status: told, kind: named, field, .. } = verdict else {
        panic!("{status} {kind}: {verdict:?}");
    };
    assert_eq!((told, named.as_str(), field.as_deref()), (status, kind, Some("store.x")));
}

#[test]
fn a_created_document_is_stored() {
    assert_eq!(decide(Some(201), None, None), Verdict::Stored);
    assert_eq!(decide(Some(200), None, None), Verdict::Stored);
    assert_eq!(decide(Some(201), None, Some("not_applicable_or_unknown")), Verdict::Stored);
}

#[test]
fn a_document_in_the_failure_store_is_redirected() {
    let cause = Cause {
        kind: Some("illegal_argument_exception".into()),
        reason: Some("field [x] not present".into()),
        caused_by: None,
    };
    assert_eq!(
        decide(Some(201), Some(&cause), Some("used")),
        Verdict::Redirected { reason: "field [x] not present".to_owned() }
    );
    // The failure store could not take it: the original error stands.
    let failed = decide(Some(400), Some(&cause), Some("failed"));
    assert!(matches!(failed, Verdict::Rejected { .. }), "{failed:?}");
}

#[test]
fn a_conflict_on_create_is_a_duplicate() {
    assert_eq!(
        decided(409, "version_conflict_engine_exception", "document already exists"),
        Verdict::Duplicate
    );
}

#[test]
fn load_and_faults_of_the_server_are_retried() {
    for status in [408, 429, 500, 502, 503, 504, 599] {
        check_retry(status, "es_rejected_execution_exception", "queue full", Pace::Backoff);
    }
}

#[test]
fn a_block_is_retried_whatever_its_status() {
    for status in [400, 403, 429] {
        check_retry(
            status,
            "cluster_block_exception",
            "index [x] blocked by: [SERVICE_UNAVAILABLE/1/state not recovered];",
            Pace::Backoff,
        );
    }
}

#[test]
fn a_full_disk_is_waited_for_longer() {
    check_retry(
        429,
        "cluster_block_exception",
        "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];",
        Pace::Flood,
    );
    check_retry(
        403,
        "cluster_block_exception",
        "blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];",
        Pace::Flood,
    );
}

#[test]
fn a_document_at_fault_is_rejected() {
    check_rejected(400, "document_parsing_exception");
    check_rejected(400, "mapper_parsing_exception");
    check_rejected(400, "strict_dynamic_mapping_exception");
    check_rejected(400, "illegal_argument_exception");
}

#[test]
fn other_refusals_of_a_document_are_rejected() {
    check_rejected(400, "some_new_exception");
    check_rejected(413, "circuit_breaking_exception");
    check_rejected(418, "teapot_exception");
}

#[test]
fn set_up_at_fault_never_costs_a_document() {
    check_retry(
        400,
        "illegal_argument_exception",
        "pipeline with id [logs-store.order] does not exist",
        Pace::Setup,
    );
    check_retry(400, "index_closed_exception", "closed", Pace::Setup);
    check_retry(404, "index_not_found_exception", "no such index [x]", Pace::Setup);
}

#[test]
fn a_document_that_speaks_of_a_missing_pipeline_is_still_at_fault() {
    let reason = "failed to parse field [m] of type [long]: 'pipeline with id [x] does not exist'";
    let verdict = decided(400, "document_parsing_exception", reason);
    assert!(matches!(verdict, Verdict::Rejected { .. }), "{verdict:?}");
}

#[test]
fn an_expired_or_narrowed_key_never_costs_a_document() {
    check_retry(401, "security_exception", "unable to authenticate", Pace::Credentials);
    check_retry(403, "security_exception", "action is unauthorized", Pace::Credentials);
}

#[test]
fn a_missing_status_is_an_unknown_outcome() {
    let verdict = decide(None, None, None);
    assert!(matches!(verdict, Verdict::Retry { paced: Pace::Backoff, .. }), "{verdict:?}");
}

#[test]
fn a_status_that_answers_no_create_is_an_unknown_outcome() {
    for status in [100, 202, 302, 600] {
        let verdict = decide(Some(status), None, None);
        assert!(matches!(verdict, Verdict::Retry { paced: Pace::Backoff, .. }), "{status}");
    }
}

#[test]
fn causes_are_told_after_their_effect_once() {
    let inner = Cause { reason: Some("For input string: \"x\"".into()), ..Cause::default() };
    let cause = Cause {
        kind: Some("document_parsing_exception".into()),
        reason: Some("failed to parse field [a] of type [long]".into()),
        caused_by: Some(Box::new(inner)),
    };
    let Verdict::Rejected { reason, field, .. } = decide(Some(400), Some(&cause), None) else {
        panic!("not rejected");
    };
    assert_eq!(reason, "failed to parse field [a] of type [long]: For input string: \"x\"");
    assert_eq!(field.as_deref(), Some("a"));
}

#[test]
fn paces_are_those_of_the_table() {
    let seconds = |pace: Pace, jitter| pace.delay(0, jitter).as_secs_f64();
    assert_eq!(seconds(Pace::Backoff, 1.0).to_string(), "0.5");
    assert_eq!(seconds(Pace::Flood, 0.0).to_string(), "30");
    assert_eq!(seconds(Pace::Flood, 1.0).to_string(), "60");
    assert_eq!(seconds(Pace::Setup, 1.0).to_string(), "30");
    assert_eq!(seconds(Pace::Credentials, 1.0).to_string(), "30");
}

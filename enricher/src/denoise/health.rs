//! Health checks, of which no question ever needs one.

use event::Field;

use crate::counters::Rule;
use crate::draft::Draft;

const CHECKERS: &[&str] = &[
    "kube-probe/",
    "ELB-HealthChecker/",
    "GoogleHC/",
    "Amazon-Route53-Health-Check",
    "Consul Health Check",
    "HAProxy health",
    "Envoy/HC",
    "Go-http-client/1.1 (healthcheck)",
];

/// Returns the rule by which an event is a health check.
pub(super) fn rule(draft: &Draft) -> Option<Rule> {
    let document = &draft.event.document;
    if document.text(Field::UserAgentOriginal).is_some_and(is_checker) {
        return Some(Rule::HealthAgent);
    }
    if let Some(target) = document.text(Field::UrlOriginal) {
        return is_health_path(target).then_some(Rule::HealthPath);
    }
    let status = document.long(Field::HttpResponseStatusCode);
    let is_empty = draft.is_request && !document.has(Field::Message);
    (is_empty && matches!(status, Some(400 | 408))).then_some(Rule::EmptyRequest)
}

fn is_checker(agent: &str) -> bool {
    // A byte decides for nearly all agents.
    matches!(agent.as_bytes().first(), Some(b'k' | b'E' | b'G' | b'A' | b'C' | b'H'))
        && CHECKERS.iter().any(|checker| agent.starts_with(checker))
}

/// Tells whether a request asks for health. A shop may sell health: `/health-and-beauty` is no check.
fn is_health_path(target: &str) -> bool {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if matches!(path, "/ping" | "/livez" | "/readyz" | "/-/healthy" | "/-/ready") {
        return true;
    }
    let Some(rest) = path.strip_prefix("/health") else { return false };
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_prefix('z').unwrap_or(rest);
    if rest.is_empty() {
        return true;
    }
    let word = rest.trim_start_matches(['/', '-', '_']);
    matches!(
        word,
        "check"
            | "checks"
            | "live"
            | "liveness"
            | "ready"
            | "readiness"
            | "startup"
            | "status"
            | "ping"
            | "db"
            | "check.php"
            | "check.html"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_asked_for_in_few_ways() {
        for path in [
            "/health",
            "/healthz",
            "/healthz/",
            "/health/live",
            "/healthcheck",
            "/ping",
            "/health-check?x=1",
            "/health_check",
            "/healthz/ready",
            "/readyz",
        ] {
            assert!(is_health_path(path), "{path}");
        }
        for path in ["/health-and-beauty", "/health/vitamins", "/pingpong", "/", "/shop/health"] {
            assert!(!is_health_path(path), "{path}");
        }
    }

    #[test]
    fn checkers_are_known_by_their_agent() {
        assert!(is_checker("kube-probe/1.29"));
        assert!(is_checker("ELB-HealthChecker/2.0"));
        assert!(!is_checker("Mozilla/5.0"));
        assert!(!is_checker(""));
    }

    #[test]
    fn an_empty_request_is_noise_only_when_it_was_refused_as_one() {
        let of = |status: i64, message: Option<&str>| {
            let mut draft = Draft::new();
            draft.is_request = true;
            draft.event.document.set_long(Field::HttpResponseStatusCode, status);
            if let Some(message) = message {
                draft.event.document.set_text(Field::Message, message);
            }
            rule(&draft)
        };
        assert_eq!(of(400, None), Some(Rule::EmptyRequest));
        assert_eq!(of(200, None), None);
        assert_eq!(of(400, Some("\\x16\\x03")), None);
    }
}

//! What keys mean in the JSON of loggers and in logfmt, where it differs from the native form.
//!
//! A key such as `id` or `version` names there whatever a program talks about, never the event: taken for the event's id,
//! two lines about one order would be taken for one. Other keys have many names for one thing.

use event::Field;

use super::ids;
use super::keys::Target;
use crate::draft::Personal;

/// Returns what a key of a logger means; `None` leaves it to the native form.
pub(super) fn of_logger(key: &str) -> Option<Target> {
    Some(match key {
        "id" | "version" | "modified" | "modified_at" | "updated_at" | "action" | "provider"
        | "outcome" | "reason" | "sequence" | "message.id" => Target::Extra,
        "v" | "@version" | "tags" | "level_value" => Target::Ignored,
        "asctime" | "datetime" | "@t" | "timeMillis" => Target::Time,
        "lvl" | "levelname" | "level_name" | "loglevel" | "log_level" | "levelName" | "@l" => {
            Target::Field(Field::LogLevel)
        }
        "name" | "logger_name" | "loggerName" | "logger.name" | "channel" => {
            Target::Field(Field::LogLogger)
        }
        "@m" => Target::Field(Field::Message),
        "thread" | "thread_name" | "threadName" => Target::Field(Field::ProcessThreadName),
        "pid" | "process" | "process_id" | "processId" => Target::Field(Field::ProcessPid),
        "app" | "serviceName" | "service_name" => Target::Field(Field::ServiceName),
        "env" | "environment" => Target::Field(Field::ServiceEnvironment),
        "reqId" | "requestId" | "req_id" | "req.id" | "request.id" => {
            Target::Field(Field::HttpRequestId)
        }
        "orderId" | "order_id" => Target::Field(Field::StoreOrderId),
        "req.method" | "http.method" => Target::Field(Field::HttpRequestMethod),
        "req.url" | "http.url" => Target::Field(Field::UrlOriginal),
        "res.statusCode" | "statusCode" | "status_code" | "http.status_code" => {
            Target::Field(Field::HttpResponseStatusCode)
        }
        "req.remoteAddress" | "remoteAddress" | "clientIp" | "context.ip" | "extra.ip" => {
            Target::Field(Field::SourceIp)
        }
        "req.headers.user-agent" | "userAgent" => Target::Field(Field::UserAgentOriginal),
        "responseTime" | "elapsed_ms" | "latency_ms" | "durationMs" => Target::DurationMs,
        "duration" | "elapsed" | "latency" | "took" => Target::Duration,
        "err.type" | "err.name" | "error.name" | "error.kind" | "error_type" | "exception.type"
        | "exception.class" | "thrown.name" | "exc_type" => Target::Field(Field::ErrorType),
        "err" | "error" | "err.message" | "error.msg" | "error_message" | "exception.message"
        | "thrown.message" => Target::Field(Field::ErrorMessage),
        "err.code" => Target::Field(Field::ErrorCode),
        "err.stack"
        | "error.stack"
        | "stack"
        | "stack_trace"
        | "stacktrace"
        | "stackTrace"
        | "exception.stacktrace"
        | "exception"
        | "exc_info"
        | "traceback"
        | "errorVerbose" => Target::Field(Field::ErrorStackTrace),
        _ => return person(key).or_else(|| trace(key).map(Target::Field)),
    })
}

/// Returns what a key of the context of a message means: only persons and secrets, and what belongs to the request.
pub(super) fn of_context(key: &str) -> Option<Target> {
    if let Some(person) = person(key) {
        return Some(person);
    }
    Some(Target::Field(match key {
        "ip" | "client_ip" | "remote_addr" | "clientIp" => Field::SourceIp,
        "user_agent" | "userAgent" => Field::UserAgentOriginal,
        "request_id" | "requestId" => Field::HttpRequestId,
        "order_id" | "orderId" => Field::StoreOrderId,
        _ => trace(key)?,
    }))
}

/// Names of persons and sessions that shops do not write in the native form.
fn person(key: &str) -> Option<Target> {
    let key = key.rsplit('.').next().unwrap_or(key);
    Some(match key {
        "userId" | "userName" | "username" | "sessionId" | "session_id" => {
            Target::Sensitive(Personal::Id, None)
        }
        "customerId" | "customer_id" => {
            Target::Sensitive(Personal::Id, Some(Field::StoreCustomerIdHash))
        }
        _ => return None,
    })
}

/// Returns the field of an id of a trace, by itself or in the context that loggers keep for a thread.
fn trace(key: &str) -> Option<Field> {
    let name = match key.rsplit_once('.') {
        None | Some(("mdc" | "MDC" | "contextMap" | "context" | "ctx" | "extra" | "dd", _)) => {
            key.rsplit('.').next()?
        }
        Some(_) => return None,
    };
    ids::field(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_logger_names_no_event() {
        for key in ["id", "version", "action"] {
            assert_eq!(of_logger(key), Some(Target::Extra), "{key}");
        }
        assert_eq!(of_logger("order.id"), None);
        assert_eq!(of_logger("colour"), None);
    }

    #[test]
    fn ids_of_a_trace_have_many_names() {
        for key in ["traceId", "trace_id", "trace.id", "mdc.traceId", "dd.trace_id"] {
            let want = if key == "trace.id" { None } else { Some(Target::Field(Field::TraceId)) };
            assert_eq!(of_logger(key), want, "{key}");
        }
        assert_eq!(of_context("parent.spanId"), None);
    }
}

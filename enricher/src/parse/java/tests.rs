use super::*;

fn read_all(line: &str) -> String {
    let mut draft = Draft::new();
    Java.parse(line, &mut draft);
    let stamp = match draft.stamp {
        Stamp::Text(note) => draft.read(note).to_owned(),
        Stamp::Absent | Stamp::Missing | Stamp::At(_) => "none".to_owned(),
    };
    let extras: Vec<String> = draft
        .extras
        .iter()
        .map(|extra| format!(" {}={}", draft.read(extra.key), draft.read(extra.text)))
        .collect();
    format!("{stamp} {}{}", draft.event.document.to_json(), extras.concat())
}

fn check(line: &str, want: &str) {
    assert_eq!(read_all(line), want, "{line}");
}

#[test]
fn spring_boot_tells_application_thread_and_process() {
    check(
        "2026-11-27T06:10:11.123+01:00  INFO 1 --- [orders] [nio-8080-exec-1] c.e.OrderService         : order 1 : placed",
        r#"2026-11-27T06:10:11.123+01:00 {"log":{"level":"info","logger":"c.e.OrderService"},"message":"order 1 : placed","process":{"pid":1,"thread":{"name":"nio-8080-exec-1"}},"service":{"name":"orders"}}"#,
    );
    check(
        "2026-11-27 06:10:11.123  WARN 17 --- [           main] o.a.c.c.C.[Tomcat].[localhost].[/]       : up",
        r#"2026-11-27 06:10:11.123 {"log":{"level":"warn","logger":"o.a.c.c.C.[Tomcat].[localhost].[/]"},"message":"up","process":{"pid":17,"thread":{"name":"main"}}}"#,
    );
    check(
        "2026-11-27T06:10:11.123Z  INFO 1 --- [orders] [group-a] [main] c.e.A : x",
        r#"2026-11-27T06:10:11.123Z {"log":{"level":"info","logger":"c.e.A"},"message":"x","process":{"pid":1,"thread":{"name":"main"}},"service":{"name":"orders"}} application_group=group-a"#,
    );
}

#[test]
fn a_thread_may_have_no_name() {
    check(
        "2026-11-27T06:10:11.123Z  INFO 1 --- [orders] [               ] [                                                 ] c.e.A : x",
        r#"2026-11-27T06:10:11.123Z {"log":{"level":"info","logger":"c.e.A"},"message":"x","process":{"pid":1},"service":{"name":"orders"}}"#,
    );
}

#[test]
fn ids_of_a_trace_stand_before_or_behind_the_process() {
    check(
        "2026-11-27 06:10:11.123  INFO [orders,ab12,cd34,true] 1 --- [main] c.e.A : x",
        r#"2026-11-27 06:10:11.123 {"log":{"level":"info","logger":"c.e.A"},"message":"x","process":{"pid":1,"thread":{"name":"main"}},"service":{"name":"orders"},"span":{"id":"cd34"},"trace":{"id":"ab12"}}"#,
    );
    check(
        "2026-11-27T06:10:11.123Z  INFO 1 --- [orders] [main] [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] c.e.A : x",
        r#"2026-11-27T06:10:11.123Z {"log":{"level":"info","logger":"c.e.A"},"message":"x","process":{"pid":1,"thread":{"name":"main"}},"service":{"name":"orders"},"span":{"id":"00f067aa0ba902b7"},"trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"}}"#,
    );
    check(
        "2026-11-27T06:10:11.123Z  INFO 1 --- [orders] [main] [                                                 ] c.e.A : x",
        r#"2026-11-27T06:10:11.123Z {"log":{"level":"info","logger":"c.e.A"},"message":"x","process":{"pid":1,"thread":{"name":"main"}},"service":{"name":"orders"}}"#,
    );
}

#[test]
fn logback_and_log4j_tell_thread_and_logger() {
    let want = |stamp: &str| {
        format!(
            r#"{stamp} {{"log":{{"level":"info","logger":"c.e.A"}},"message":"x - y","process":{{"thread":{{"name":"main"}}}}}}"#
        )
    };
    check("06:10:11.123 [main] INFO  c.e.A - x - y", &want("06:10:11.123"));
    check("06:10:11.123 [main] INFO c.e.A -- x - y", &want("06:10:11.123"));
    check("2026-11-27 06:10:11,123 [main] INFO c.e.A - x - y", &want("2026-11-27 06:10:11,123"));
    check("2026-11-27 06:10:11,123 INFO [main] c.e.A - x - y", &want("2026-11-27 06:10:11,123"));
    check("2026-11-27 06:10:11,123 INFO c.e.A [main] x - y", &want("2026-11-27 06:10:11,123"));
    check("2026-11-27 06:10:11,123 INFO  [c.e.A] (main) x - y", &want("2026-11-27 06:10:11,123"));
    check("27 Nov 2026 06:10:11,123 [INFO] [main] c.e.A: x - y", &want("27 Nov 2026 06:10:11,123"));
}

#[test]
fn a_pattern_of_ones_own_keeps_to_the_parts() {
    check(
        "06:10:11.123 ERROR o.a.C.[.[.[/].[d]#175 TraceID: ab SpanID: cd [a][b] x",
        r#"06:10:11.123 {"log":{"level":"error","logger":"o.a.C.[.[.[/].[d]"},"message":"[a][b] x","span":{"id":"cd"},"trace":{"id":"ab"}} log.origin.file.line=175"#,
    );
    check(
        "2026-11-27 06:10:11,123 FATAL Starting the shop",
        r#"2026-11-27 06:10:11,123 {"log":{"level":"fatal"},"message":"Starting the shop"}"#,
    );
    for message in ["Error: no stock", "Done [main] for x", "Ready. Waiting"] {
        check(
            &format!("06:10:11.123 INFO {message}"),
            &format!(r#"06:10:11.123 {{"log":{{"level":"info"}},"message":"{message}"}}"#),
        );
    }
    check(
        "06:10:11.123 INFO OrderService: x: y",
        r#"06:10:11.123 {"log":{"level":"info","logger":"OrderService"},"message":"x: y"}"#,
    );
    check(
        "06:10:11.123 [main] INFO c.e.A -order=\"7\" password=\"x\"- placed",
        r#"06:10:11.123 {"log":{"level":"info","logger":"c.e.A"},"message":"placed","process":{"thread":{"name":"main"}}} order=7"#,
    );
    check(
        "06:10:11.123 [es[n1][T#2]] WARN c.e.A - x",
        r#"06:10:11.123 {"log":{"level":"warn","logger":"c.e.A"},"message":"x","process":{"thread":{"name":"es[n1][T#2]"}}}"#,
    );
}

#[test]
fn a_stack_trace_belongs_to_its_line() {
    check(
        "06:10:11.123 [main] ERROR c.e.A - no\ncom.e.BException: bad\n\tat x.Y.z(Y.java:1)\nCaused by: a.C: d",
        r#"06:10:11.123 {"error":{"message":"bad","stack_trace":"com.e.BException: bad\n\tat x.Y.z(Y.java:1)\nCaused by: a.C: d","type":"com.e.BException"},"log":{"level":"error","logger":"c.e.A"},"message":"no","process":{"thread":{"name":"main"}}} root_cause=a.C: d"#,
    );
}

#[test]
fn what_is_no_line_of_a_logger_is_kept_whole() {
    let check = |line: &str, want: Failure| {
        let mut draft = Draft::new();
        Java.parse(line, &mut draft);
        assert_eq!(draft.status, crate::draft::ParseStatus::Failed(want), "{line}");
        assert_eq!(draft.event.document.text(Field::Message), Some(line), "{line}");
    };
    check("\tat com.shop.A.b(A.java:1)", Failure::OtherFormat);
    check("06:10:11.123 no level", Failure::OtherFormat);
    check("06:10:11.123", Failure::CutShort);
    check("2026-11-27T06:10:11.123Z  INFO 1 --- [orders", Failure::OtherFormat);
    check("", Failure::OtherFormat);
}

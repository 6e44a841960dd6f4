//! Boards into Kibana: against a scripted server, and against a real one when `KIBANA_URL` names it.
#![expect(clippy::unwrap_used, reason = "in a test, the failure of a step is its failure")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use harness::block_on;
use kibana::boards::objects;
use kibana::import::{ImportError, Kibana, Login, Outcome};
use serde_json::{Value, json};
use url::Url;

/// What the scripted server was asked.
#[derive(Debug, Default)]
struct Asked {
    line: String,
    headers: Vec<String>,
    body: String,
}

/// Answers one request with a status and a body, and returns what was asked.
fn scripted(status: u16, body: String) -> (Url, JoinHandle<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let thread = std::thread::spawn(move || answer(&listener.accept().unwrap().0, status, &body));
    (url, thread)
}

fn answer(stream: &TcpStream, status: u16, body: &str) -> Asked {
    let mut asked = Asked::default();
    let mut reader = BufReader::new(stream);
    reader.read_line(&mut asked.line).unwrap();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let header = header.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(text) = header.strip_prefix("content-length: ") {
            length = text.parse().unwrap();
        }
        asked.headers.push(header);
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).unwrap();
    asked.body = String::from_utf8(bytes).unwrap();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    asked
}

fn kibana(url: Url) -> Kibana {
    let login = Login::Basic { username: "elastic".into(), password: "secret".into() };
    Kibana::try_new(url, Some("shop".into()), login).unwrap()
}

#[test]
fn all_objects_go_in_one_request_and_every_row_of_the_answer_is_read() {
    let all = objects();
    let failed = &all[3];
    let errors = json!([{"id": failed.id, "type": failed.object_type.as_str(), "error": {"type": "unsupported_type"}}]);
    let body = json!({"success": false, "successCount": all.len() - 1, "errors": errors});
    let (url, server) = scripted(200, body.to_string());
    let rows = block_on(kibana(url).import(&all)).unwrap();
    let asked = server.join().unwrap();

    assert_eq!(
        asked.line.trim_end(),
        "POST /s/shop/api/saved_objects/_import?overwrite=true HTTP/1.1"
    );
    assert!(asked.headers.iter().any(|header| header.starts_with("kbn-xsrf:")));
    assert!(asked.headers.iter().any(|header| header.starts_with("authorization: basic")));
    assert!(asked.body.contains("filename=\"storewatch.ndjson\""));
    let sent =
        asked.body.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count();
    assert_eq!(sent, all.len());

    let failures: Vec<_> = rows.iter().filter(|row| row.outcome != Outcome::Written).collect();
    assert_eq!(failures.len(), 1, "{rows:#?}");
    assert_eq!(failures[0].id, failed.id);
}

#[test]
fn a_refused_file_is_an_error_with_kibanas_own_words() {
    let (url, server) =
        scripted(422, json!({"statusCode": 422, "message": "more recent version"}).to_string());
    let error = block_on(kibana(url).import(&objects())).unwrap_err();
    server.join().unwrap();
    assert!(
        matches!(&error, ImportError::Refused { status: 422, message } if message == "more recent version"),
        "{error}"
    );
}

#[test]
fn a_real_kibana_takes_every_object() {
    let Ok(url) = std::env::var("KIBANA_URL") else {
        println!("skipped: a_real_kibana_takes_every_object needs KIBANA_URL");
        return;
    };
    let login =
        match (std::env::var("ELASTICSEARCH_USERNAME"), std::env::var("ELASTICSEARCH_PASSWORD")) {
            (Ok(username), Ok(password)) => Login::Basic { username, password: password.into() },
            _ => Login::None,
        };
    let kibana = Kibana::try_new(url.parse().unwrap(), None, login).unwrap();
    let rows = block_on(kibana.import(&objects())).unwrap();
    assert!(rows.iter().all(|row| row.outcome == Outcome::Written), "{rows:#?}");
}

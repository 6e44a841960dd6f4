//! Access lines of S3: words, a stamp in brackets, quoted texts. New ones come at the end.

use event::Field;

use super::LineParser;
use super::access::{keep, read_request, user};
use super::cursor::{Cursor, Quoted};
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::settings::PipelineSettings;
use crate::time::stamp;

/// What stands behind the agent, with the names under which it is kept.
const BEHIND: [&str; 10] = [
    "version_id",
    "host_id",
    "signature_version",
    "cipher_suite",
    "authentication_type",
    "host_header",
    "tls_version",
    "access_point_arn",
    "acl_required",
    "source_region",
];

/// Reads access lines of S3.
#[derive(Debug)]
pub(super) struct S3 {
    /// The input names no provider, so its format does.
    is_unnamed: bool,
}

impl S3 {
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self { is_unnamed: input.provider.is_none() }
    }
}

impl LineParser for S3 {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        match read(line, draft) {
            Ok(()) if self.is_unnamed => {
                draft.event.document.set_static(Field::EventProvider, "aws_s3");
            }
            Ok(()) => {}
            Err(failure) => draft.fail(failure, line),
        }
    }
}

fn read(line: &str, draft: &mut Draft) -> Result<(), Failure> {
    let mut cursor = Cursor::new(line);
    // The owner names an account, and nothing about this request.
    cursor.word();
    let bucket = cursor.word();
    cursor.skip_spaces();
    let inner = cursor.rest().strip_prefix('[').ok_or(Failure::OtherFormat)?;
    let (time, rest) = inner.split_once(']').ok_or(Failure::CutShort)?;
    if !stamp::is_stamp(time) {
        return Err(Failure::OtherFormat);
    }
    let mut cursor = Cursor::new(rest);
    let (address, requester, id) = (cursor.word(), cursor.word(), cursor.word());
    let (operation, key) = (cursor.word(), cursor.word());
    let request = cursor.quoted();
    // What S3 does by itself asks for nothing.
    if request == Quoted::Absent && cursor.word() != "-" {
        return Err(Failure::CutShort);
    }
    let (status, error) = (cursor.word(), cursor.word());
    let (sent, size) = (cursor.word(), cursor.word());
    let (total, turn) = (cursor.word(), cursor.word());
    if total.is_empty() {
        return Err(Failure::CutShort);
    }
    draft.stamp = Stamp::Text(draft.note(time));
    if let Ok(code @ 100..=999) = status.parse::<i64>() {
        draft.event.document.set_long(Field::HttpResponseStatusCode, code);
        draft.is_request = true;
    } else {
        draft.event.document.set_text(Field::Message, operation);
    }
    if let Quoted::Closed(request) | Quoted::Cut(request) = request {
        read_request(request, draft);
    }
    user(requester, draft);
    let document = &mut draft.event.document;
    if address != "-" {
        document.set_text(Field::SourceAddress, address);
    }
    document.set_text(Field::HttpRequestId, id);
    if let Ok(bytes) = sent.parse() {
        document.set_long(Field::HttpResponseBodyBytes, bytes);
    }
    if let Some(nanoseconds) = total.parse::<i64>().ok().and_then(|ms| ms.checked_mul(1_000_000)) {
        document.set_long(Field::EventDuration, nanoseconds);
    }
    if error != "-" {
        document.set_text(Field::ErrorCode, error);
    }
    for (name, value) in [
        ("bucket", bucket),
        ("operation", operation),
        ("key", key),
        ("object_size", size),
        ("turn_around_ms", turn),
    ] {
        told(name, value, draft);
    }
    for field in [Field::HttpRequestReferrer, Field::UserAgentOriginal] {
        match cursor.quoted() {
            Quoted::Closed("-" | "") => {}
            Quoted::Closed(text) => draft.event.document.set_text(field, text),
            Quoted::Cut(text) => {
                draft.event.document.set_text(field, text);
                draft.partial();
            }
            Quoted::Absent => {
                told("trailing", cursor.word(), draft);
            }
        }
    }
    for name in BEHIND {
        told(name, cursor.word(), draft);
    }
    cursor.skip_spaces();
    if !cursor.rest().is_empty() {
        keep("trailing_rest", cursor.rest(), draft);
    }
    Ok(())
}

fn told(name: &'static str, value: &str, draft: &mut Draft) {
    if !value.is_empty() && value != "-" {
        keep(name, value, draft);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;

    fn draft(line: &str) -> Draft {
        let mut draft = Draft::new();
        S3 { is_unnamed: true }.parse(line, &mut draft);
        draft
    }

    const HEAD: &str = r#"79a5 shop-media [02/Jan/2026:03:04:05 +0000] 203.0.113.7 arn:aws:iam::1:user/ada 3E57427F3EXAMPLE REST.GET.OBJECT img/a%20b.png "GET /shop-media/img/a.png?x=1 HTTP/1.1" 403 AccessDenied 243 - 17 11 "https://shop.example/" "curl/8.4" -"#;

    #[test]
    fn a_line_of_any_age_is_read_as_far_as_it_goes() {
        for more in
            ["", " host= SigV4 ECDHE AuthHeader a.s3.amazonaws.com TLSv1.3 - Yes eu-central-1 new"]
        {
            let draft = draft(&format!("{HEAD}{more}"));
            let document = &draft.event.document;
            assert_eq!((draft.status, draft.is_request), (ParseStatus::Ok, true), "{more}");
            assert_eq!(document.long(Field::EventDuration), Some(17_000_000));
            assert_eq!(document.text(Field::ErrorCode), Some("AccessDenied"));
            assert_eq!(document.text(Field::UrlOriginal), Some("/shop-media/img/a.png?x=1"));
            assert_eq!(draft.sensitive.len(), 1, "who asked is a person");
        }
    }

    #[test]
    fn what_s3_does_by_itself_is_no_request() {
        let draft = draft(
            r"79a5 shop-media [02/Jan/2026:03:04:05 +0000] - AmazonS3 3E57 S3.EXPIRE.OBJECT a.png - - - - 10 - - - - -",
        );
        assert_eq!((draft.status, draft.is_request), (ParseStatus::Ok, false));
        assert_eq!(draft.event.document.text(Field::Message), Some("S3.EXPIRE.OBJECT"));
    }

    #[test]
    fn other_lines_are_kept_whole() {
        for (line, want) in [
            ("no line of S3", Failure::OtherFormat),
            ("79a5 shop [soon] 203.0.113.7", Failure::OtherFormat),
            (
                "79a5 shop [02/Jan/2026:03:04:05 +0000] 203.0.113.7 - 3E57 REST.GET",
                Failure::CutShort,
            ),
        ] {
            assert_eq!(draft(line).status, ParseStatus::Failed(want), "{line}");
        }
    }
}

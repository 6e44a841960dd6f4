//! Lines of the Kubernetes container runtimes: `2026-01-02T03:04:05.123456789Z stdout P text`. `P` goes on, `F` ends.

use std::borrow::Cow;

use super::{Part, Stream, Wrapped};

pub(super) fn unwrap(line: &[u8]) -> Option<Wrapped<'_>> {
    let mut words = line.splitn(4, |&byte| byte == b' ');
    let (time, stream, tags) = (words.next()?, words.next()?, words.next()?);
    let is_time = time.get(4) == Some(&b'-') && time.get(10) == Some(&b'T') && time.len() <= 40;
    let stream = match stream {
        b"stdout" => Stream::Output,
        b"stderr" => Stream::Error,
        _ => return None,
    };
    // Later versions may add tags, separated by colons.
    let part = match tags.split(|&byte| byte == b':').next()? {
        b"F" => Part::Last,
        b"P" => Part::Unfinished,
        _ => return None,
    };
    let text = words.next().unwrap_or_default();
    let time = std::str::from_utf8(time).ok().filter(|_| is_time)?.parse().ok();
    Some(Wrapped { stream, text: Cow::Borrowed(text), part, time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_tells_whether_the_line_goes_on() {
        let wrapped = unwrap(b"2016-10-06T00:17:09.669794202Z stdout P  begun ").unwrap();
        assert_eq!((&*wrapped.text, wrapped.part), (&b" begun "[..], Part::Unfinished));
        assert_eq!(wrapped.time, "2016-10-06T00:17:09.669794202Z".parse().ok());
        let wrapped = unwrap(b"2016-10-06T00:17:10+02:00 stderr F:x caf\xe9").unwrap();
        assert_eq!((&*wrapped.text, wrapped.stream), (&b"caf\xe9"[..], Stream::Error));
        assert_eq!(wrapped.part, Part::Last);
        assert_eq!(&*unwrap(b"2016-10-06T00:17:10Z stdout F ").unwrap().text, b"");
        assert_eq!(&*unwrap(b"2016-10-06T00:17:10Z stdout F").unwrap().text, b"");
    }

    #[test]
    fn what_no_runtime_wrote_is_not_unwrapped() {
        for line in
            ["", "a b c d", "2016-10-06T00:17:10Z stdin F x", "2016-10-06T00:17:10Z stdout X x"]
        {
            assert_eq!(unwrap(line.as_bytes()), None, "{line:?}");
        }
    }
}

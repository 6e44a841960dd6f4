//! The header `Link` of RFC 8288, as far as `rel="next"` goes.

/// Returns the target of the first link whose relation is `next`.
pub(crate) fn next(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (_, behind) = rest.split_once('<')?;
        let (target, behind) = behind.split_once('>')?;
        let (parameters, after) = parameters(behind);
        if is_next(parameters) {
            return Some(target.trim());
        }
        rest = after;
    }
}

/// Splits the parameters of one link from what follows: a comma within quotes does not end them.
fn parameters(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

fn is_next(parameters: &str) -> bool {
    parameters.split(';').any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else { return false };
        let value = value.trim().trim_matches('"');
        let relations = value.split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel")
            && relations.into_iter().any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_is_found_among_links() {
        let header = r#"<https://a/?page=1>; rel="prev first"; title="a, <b>", <https://a/?page=3&x=%2C>; REL="last next""#;
        assert_eq!(next(header), Some("https://a/?page=3&x=%2C"));
        assert_eq!(next("<https://a/?p=2>;rel=next"), Some("https://a/?p=2"));
        assert_eq!(next("</orders?p=2>; rel=\"next\""), Some("/orders?p=2"));
    }

    #[test]
    fn there_may_be_none() {
        for header in
            ["", "<https://a/>", "<https://a/>; rel=\"previous\"", "<https://a", "rel=next"]
        {
            assert_eq!(next(header), None, "{header}");
        }
    }
}

//! Routes: the path of a request with its variable parts masked, so that requests can be counted by what they ask for.

/// A template a person wrote: `/product/{id}`; `*` as last segment takes all that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Fixed(String),
    Any,
    Rest,
}

impl Template {
    /// Reads a template; it starts with `/`, and `*` stands at its end only.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix('/')?;
        let mut segments = Vec::new();
        for part in inner.trim_end_matches('/').split('/') {
            if matches!(segments.last(), Some(Segment::Rest)) {
                return None;
            }
            segments.push(match part {
                "*" => Segment::Rest,
                _ if part.starts_with('{') && part.ends_with('}') && part.len() > 2 => Segment::Any,
                _ if part.contains(['{', '}', '*', '?']) => return None,
                _ => Segment::Fixed(part.to_owned()),
            });
        }
        Some(Self { text: text.to_owned(), segments })
    }

    /// Returns the template as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether a path has this form.
    pub(crate) fn fits(&self, path: &str) -> bool {
        let Some(inner) = path.strip_prefix('/') else { return false };
        let mut parts = inner.trim_end_matches('/').split('/');
        for segment in &self.segments {
            match segment {
                Segment::Rest => return true,
                Segment::Any => {
                    if parts.next().is_none_or(str::is_empty) {
                        return false;
                    }
                }
                Segment::Fixed(want) => {
                    if parts.next() != Some(want) {
                        return false;
                    }
                }
            }
        }
        parts.next().is_none()
    }
}

/// Appends the route of a path: the first template that fits, else the path with numbers and ids masked.
pub(crate) fn write_route(path: &str, templates: &[Template], out: &mut String) {
    if let Some(template) = templates.iter().find(|template| template.fits(path)) {
        out.push_str(template.as_str());
        return;
    }
    let start = out.len();
    for segment in path.split('/').skip(usize::from(path.starts_with('/'))) {
        if segment.is_empty() {
            continue;
        }
        out.push('/');
        out.push_str(mask(segment).unwrap_or(segment));
    }
    if out.len() == start {
        out.push('/');
    }
}

/// Returns the mask of a segment that names one thing among many.
fn mask(segment: &str) -> Option<&'static str> {
    let (mut digits, mut letters, mut beyond_hex, mut dashes, mut others) = (0, 0, 0, 0, 0);
    for byte in segment.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'f' | b'A'..=b'F' => letters += 1,
            b'g'..=b'z' | b'G'..=b'Z' => beyond_hex += 1,
            b'-' => dashes += 1,
            _ => others += 1,
        }
    }
    if digits == 0 || others > 0 {
        return None;
    }
    let length = segment.len();
    if digits == length {
        Some("{id}")
    } else if length == 36 && dashes == 4 && beyond_hex == 0 {
        Some("{uuid}")
    } else if beyond_hex == 0 && dashes == 0 && length >= 8 {
        Some("{hex}")
    } else if dashes == 0 && length >= 20 && letters + beyond_hex > 0 {
        Some("{token}")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &str) -> String {
        let templates: Vec<Template> = ["/product/{slug}", "/static/*", "/order/{id}/invoice"]
            .iter()
            .filter_map(|text| Template::parse(text))
            .collect();
        let mut out = String::new();
        write_route(path, &templates, &mut out);
        out
    }

    #[test]
    fn a_template_of_a_person_comes_first() {
        assert_eq!(route("/product/red-shoe-42"), "/product/{slug}");
        assert_eq!(route("/static/css/app.css"), "/static/*");
        assert_eq!(route("/order/77/invoice"), "/order/{id}/invoice");
        assert_eq!(route("/product"), "/product");
        assert_eq!(route("/product/a/b"), "/product/a/b");
    }

    #[test]
    fn numbers_and_ids_are_masked() {
        assert_eq!(route("/api/v2/cart/1001/"), "/api/v2/cart/{id}");
        assert_eq!(route("/u/550e8400-e29b-41d4-a716-446655440000"), "/u/{uuid}");
        assert_eq!(route("/blob/deadbeef01"), "/blob/{hex}");
        assert_eq!(route("/s/Zx81kQpw72LmN0aZx81kQpw72"), "/s/{token}");
        assert_eq!(route("/checkout"), "/checkout");
        assert_eq!(route("/blog/2015-in-review"), "/blog/2015-in-review");
        assert_eq!(route("//"), "/");
        assert_eq!(route(""), "/");
    }

    #[test]
    fn a_template_that_cannot_be_meant_is_refused() {
        for text in ["product", "/a/*/b", "/a{b", "/a?b"] {
            assert_eq!(Template::parse(text), None, "{text}");
        }
    }
}

//! Files that pages bring along, by the ending of their path.

/// Endings of such files.
const ENDINGS: [&str; 20] = [
    "css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "bmp",
    "woff", "woff2", "ttf", "otf", "eot", "mp4", "webm",
];
/// Bytes of the longest ending, with its dot.
const LONGEST: usize = 6;

/// Tells whether a path, without its query, is that of such a file.
pub(crate) fn is_asset(path: &str) -> bool {
    ending(path).is_some_and(|found| {
        ENDINGS.iter().any(|ending| found.eq_ignore_ascii_case(ending.as_bytes()))
    })
}

/// Returns the short ending of a path, without its dot.
pub(crate) fn ending(path: &str) -> Option<&[u8]> {
    let bytes = path.as_bytes();
    let tail = bytes.get(bytes.len().saturating_sub(LONGEST)..)?;
    let dot = tail.iter().rposition(|&byte| byte == b'.')?;
    tail.get(dot + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_pages_bring_along_are_known_by_their_ending() {
        for path in ["/a.css", "/img/Logo.PNG", "/x/app.1f3a.js", "/f.woff2"] {
            assert!(is_asset(path), "{path}");
        }
        for path in ["", "/", "/css", "/a.html", "/js/", "/product.php", "/a.css/more", "/x.json"] {
            assert!(!is_asset(path), "{path}");
        }
    }
}

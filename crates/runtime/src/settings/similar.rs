//! Which name was probably meant.

/// Returns the name that is nearest to what was written, if it is near enough to be a slip.
pub(super) fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = written.chars().count().div_ceil(3).min(3);
    names
        .map(|name| (distance(written, name), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Counts the letters to add, drop, change or swap with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, from) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in right.iter().enumerate() {
            let change = last[j] + usize::from(from != to);
            let mut best = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *from == right[j - 1] && left[i - 1] == *to {
                let swapped: &Vec<usize> = &before_last;
                best = best.min(swapped[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expected: Option<&str>) {
        let names = ["max_bytes", "max_age", "paths", "id"];
        assert_eq!(nearest(written, names.into_iter()), expected, "{written}");
    }

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        check("max_byte", Some("max_bytes"));
        check("maxbytes", Some("max_bytes"));
        check("path", Some("paths"));
        check("paht", Some("paths"));
        check("di", Some("id"));
    }

    #[test]
    fn another_word_finds_nothing() {
        check("compression", None);
        check("x", None);
    }
}

//! What was learned of a text, remembered while the same texts come again and again.

/// Remembers one outcome for each of the texts seen last.
#[derive(Debug)]
pub(crate) struct Memo<T> {
    seen: Vec<Option<(String, T)>>,
}

/// Texts remembered; a power of two.
const PLACES: usize = 1_024;
/// Longer texts are not remembered, so a memory stays within a megabyte.
const LONGEST: usize = 512;

impl<T: Clone> Memo<T> {
    pub(crate) fn new() -> Self {
        Self { seen: vec![None; PLACES] }
    }

    /// Returns what `learn` says of a text, which must depend on nothing but the text.
    pub(crate) fn of(&mut self, text: &str, learn: impl FnOnce(&str) -> T) -> T {
        if text.len() > LONGEST {
            return learn(text);
        }
        let place = &mut self.seen[hash(text.as_bytes()) & (PLACES - 1)];
        match place {
            Some((known, found)) if known == text => found.clone(),
            Some((known, found)) => {
                *found = learn(text);
                // The room of the text before is used again.
                text.clone_into(known);
                found.clone()
            }
            None => place.insert((text.to_owned(), learn(text))).1.clone(),
        }
    }
}

/// Mixes the bytes of a text, eight at a time. Who finds two with one hash gains a slower look at his own.
fn hash(bytes: &[u8]) -> usize {
    let mut mixed: u64 = bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    for word in words.iter().chain([&last]) {
        mixed = (mixed ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^= mixed >> 29;
    }
    usize::try_from(mixed >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_texts_in_one_place_do_not_mix() {
        let mut memo = Memo::new();
        for n in (0..5_000).chain(0..5_000) {
            let text = format!("curl/{n}");
            assert_eq!(memo.of(&text, |text| text.len() + n), text.len() + n);
        }
    }

    #[test]
    fn a_text_is_learned_once_and_a_long_one_each_time() {
        let mut memo = Memo::new();
        let mut learned = 0;
        let long = "x".repeat(LONGEST + 1);
        for text in ["short", "short", &long, &long] {
            memo.of(text, |_| learned += 1);
        }
        assert_eq!(learned, 3);
    }
}

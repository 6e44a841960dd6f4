use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Decompresses what comes in blocks into rooms of `room` bytes; returns the text, where it would be cut, what is wrong.
fn inflate(blocks: &[&[u8]], room: usize) -> (Vec<u8>, Option<Fault>, Option<Fault>) {
    let mut inflater = Inflater::new();
    let mut text = Vec::new();
    let mut space = vec![0; room];
    for block in blocks {
        let mut rest = *block;
        loop {
            let step = inflater.step(rest, &mut space);
            text.extend_from_slice(&space[..step.given]);
            rest = &rest[step.taken..];
            if step == Step::default() {
                break;
            }
        }
    }
    assert_eq!(inflater.given(), text.len() as u64);
    (text, inflater.cut(), inflater.take_fault())
}

fn text() -> Vec<u8> {
    (0..2_000).flat_map(|n| format!("line {n} of a log\n").into_bytes()).collect()
}

#[test]
fn r7_members_one_after_the_other_and_zeros_behind_them_are_one_text() {
    let file = [gzip(b"one\n"), gzip(b""), gzip(b"two\n"), vec![0; 512]].concat();
    assert_eq!(inflate(&[&file], 100), (b"one\ntwo\n".to_vec(), None, None));
    let appended = [file, gzip(b"three\n")].concat();
    assert_eq!(inflate(&[&appended], 100), (b"one\ntwo\nthree\n".to_vec(), None, None));
}

#[test]
fn r7_a_file_that_is_cut_says_where_and_goes_on_when_it_is_completed() {
    let (text, file) = (text(), gzip(&text()));
    let end = file.len();
    for (cut, fault) in [
        (3, Fault::CutHeader),
        (9, Fault::CutHeader),
        (10, Fault::CutBody),
        (end / 2, Fault::CutBody),
        (end - 7, Fault::CutFooter),
        (end - 1, Fault::CutFooter),
    ] {
        let (part, cut_at, wrong) = inflate(&[&file[..cut]], 512);
        assert_eq!((cut_at, wrong), (Some(fault), None), "{cut} of {end}");
        assert!(text.starts_with(&part));
        if cut > end / 3 {
            assert!(!part.is_empty(), "what is readable is given");
        }
        let (whole, cut_at, wrong) = inflate(&[&file[..cut], &file[cut..]], 512);
        assert_eq!((whole == text, cut_at, wrong), (true, None, None), "{cut} of {end}");
    }
    // A second member that has just begun.
    let two = [&file[..], &file[..1]].concat();
    assert_eq!(inflate(&[&two], 4_096).1, Some(Fault::CutHeader));
}

#[test]
fn r7_a_wrong_checksum_and_a_wrong_size_are_told_and_the_next_member_is_read() {
    for (from_end, fault) in [(8, Fault::Checksum), (4, Fault::Size)] {
        let mut file = gzip(b"one\n");
        let at = file.len() - from_end;
        file[at] ^= 1;
        file.extend(gzip(b"two\n"));
        assert_eq!(inflate(&[&file], 100), (b"one\ntwo\n".to_vec(), None, Some(fault)));
    }
}

#[test]
fn r7_garbage_behind_the_end_is_refused_and_what_was_before_is_kept() {
    for garbage in [&b"plain text"[..], &[0x1F, 0x8C, 8], b"\0\0x"] {
        let file = [&gzip(b"one\n")[..], garbage].concat();
        assert_eq!(inflate(&[&file], 100), (b"one\n".to_vec(), None, Some(Fault::Garbage)));
    }
}

#[test]
fn r7_bytes_that_are_no_compressed_text_stop_the_file() {
    let mut file = gzip(&text());
    let middle = file.len() / 2;
    file[middle..middle + 64].fill(0xFF);
    let (part, cut, wrong) = inflate(&[&file], 512);
    assert_eq!(cut, None);
    assert!(matches!(wrong, Some(Fault::Corrupt | Fault::Checksum)), "{wrong:?}");
    assert!(text().starts_with(&part[..part.len().min(1_000)]));
}

#[test]
fn r7_a_bomb_is_stopped_soon_after_ten_mebibytes_and_a_dense_log_is_not() {
    let bomb = gzip(&vec![b'0'; 64 << 20]);
    let (part, _, wrong) = inflate(&[&bomb], 256 << 10);
    assert_eq!(wrong, Some(Fault::Bomb));
    assert!(part.len() <= 11 << 20, "{}", part.len());
    let dense: Vec<u8> =
        (0..600_000).flat_map(|n| format!("GET /health {n}\n").into_bytes()).collect();
    let (whole, _, wrong) = inflate(&[&gzip(&dense)], 256 << 10);
    assert_eq!((whole.len(), wrong), (dense.len(), None));
}

#[test]
fn r7_a_survey_knows_what_stands_before_a_place() {
    let (text, folder) = (text(), tempfile::tempdir().unwrap());
    let path = folder.path().join("a.gz");
    let write = |bytes: &[u8]| {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .unwrap();
        file.write_all(bytes).unwrap();
        std::fs::File::open(&path).unwrap()
    };
    let file = write(&gzip(&text));
    assert_eq!(peek(&file, 100).unwrap(), &text[..100]);
    let end = text.len() as u64;
    let survey = survey(&file, [0, 10, 5_000, end, end + 1]).unwrap();
    assert_eq!((survey.text_bytes, survey.fault), (end, None));
    assert_eq!(survey.before.keys().copied().collect::<Vec<_>>(), [0, 10, 5_000, end]);
    assert_eq!(survey.before[&10], &text[..10]);
    assert_eq!(survey.before[&5_000], &text[4_936..5_000]);
    assert_eq!(survey.before[&end], &text[text.len() - 64..]);
    let cut = write(&gzip(&text)[..1_000]);
    assert_eq!(super::survey(&cut, []).unwrap().fault, Some(Fault::CutBody));
    assert_eq!(peek(&write(b"\x1f\x8b\x08"), 100).unwrap(), b"");
}

proptest! {
    #[test]
    fn text_does_not_depend_on_how_reads_are_cut(
        members in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..4),
        size in 1_usize..40,
        room in 1_usize..40,
        lost in 0_usize..30,
    ) {
        let file: Vec<u8> = members.iter().flat_map(|member| gzip(member)).collect();
        let file = &file[..file.len() - lost.min(file.len())];
        let parts: Vec<&[u8]> = file.chunks(size).collect();
        prop_assert_eq!(inflate(&parts, room), inflate(&[file], 4_096));
    }

    #[test]
    fn whatever_is_no_gzip_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let broken = [&gzip(b"one\n")[..8], &bytes].concat();
        inflate(&[&broken], 64);
    }
}

use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(encoding: Encoding, line: &[u8], text: &str, told: Option<&str>) {
    check_cut(Cut::Whole, encoding, line, (text, told, Decoding::Clean));
}

#[track_caller]
fn check_cut(cut: Cut, encoding: Encoding, line: &[u8], want: (&str, Option<&str>, Decoding)) {
    let mut buffer = String::new();
    let decoded = decode(line, cut, encoding, &mut buffer);
    let text = String::from_utf8_lossy(decoded.bytes).into_owned();
    assert_eq!((&*text, decoded.encoding, decoded.decoding), want, "{line:?}");
}

fn of(table: &'static encoding_rs::Encoding, text: &str) -> Vec<u8> {
    let (bytes, _, failed) = table.encode(text);
    assert!(!failed, "{text}");
    bytes.into_owned()
}

const ORDER: &str = "2026-01-02 订单 1001 已付款，金额 200.07 元";

#[test]
fn r4_text_in_utf8_is_handed_on_as_it_stands() {
    for encoding in [Encoding::Auto, Encoding::Utf8] {
        let mut buffer = String::new();
        let line = ORDER.as_bytes();
        let decoded = decode(line, Cut::Whole, encoding, &mut buffer);
        assert!(std::ptr::eq(decoded.bytes, line), "it is not copied");
        assert_eq!(decoded.encoding, None);
    }
}

#[test]
fn r4_byte_order_marks_go() {
    check(Encoding::Auto, b"\xef\xbb\xbfone", "one", None);
    check(Encoding::Utf8, b"\xef\xbb\xbfone", "one", None);
    check(Encoding::Utf16Le, b"\xff\xfeo\0n\0e\0", "one", Some("utf-16le"));
    check(Encoding::Utf16Be, b"\xfe\xff\0o\0n\0e", "one", Some("utf-16be"));
}

#[test]
fn r4_a_byte_order_mark_of_utf16_decides_for_the_whole_file() {
    assert_eq!(Encoding::Auto.of_file(b"\xff\xfea\0"), Encoding::Utf16Le);
    assert_eq!(Encoding::Auto.of_file(b"\xfe\xff\0a"), Encoding::Utf16Be);
    assert_eq!(Encoding::Auto.of_file(b"\xef\xbb\xbfa"), Encoding::Auto);
    assert_eq!(Encoding::Latin1.of_file(b"\xff\xfea\0"), Encoding::Latin1);
}

#[test]
fn r4_legacy_encodings_are_decoded_and_told() {
    check(Encoding::Gb18030, &of(GB18030, ORDER), ORDER, Some("gb18030"));
    check(Encoding::Big5, &of(BIG5, "訂單 1001"), "訂單 1001", Some("big5"));
    check(Encoding::ShiftJis, &of(SHIFT_JIS, "注文テスト"), "注文テスト", Some("shift_jis"));
    check(Encoding::Windows1251, &of(WINDOWS_1251, "заказ"), "заказ", Some("windows-1251"));
    check(Encoding::Windows1252, b"5 \x80", "5 €", Some("windows-1252"));
    check(Encoding::Latin1, b"caf\xe9", "café", Some("latin1"));
    check(Encoding::Utf16Be, &[0x4E, 0xAC, 0x90, 0xFD], "京都", Some("utf-16be"));
}

#[test]
fn r4_auto_takes_what_is_mostly_chinese_for_gb18030_and_the_rest_for_latin1() {
    check(Encoding::Auto, &of(GB18030, ORDER), ORDER, Some("gb18030"));
    check(Encoding::Auto, &of(GB18030, "库存不足"), "库存不足", Some("gb18030"));
    for western in ["naïve café", "Größe: groß, übel", "päätös", "Señor Núñez, ¿qué?", "È già così"]
    {
        check(Encoding::Auto, &of(WINDOWS_1252, western), western, Some("latin1"));
    }
}

#[test]
fn r4_one_broken_byte_does_not_turn_utf8_into_latin1() {
    let mut line = ORDER.as_bytes().to_vec();
    line.insert(11, 0xFF);
    // The pipeline repairs and flags it.
    let mut buffer = String::new();
    let decoded = decode(&line, Cut::Whole, Encoding::Auto, &mut buffer);
    assert_eq!((decoded.bytes, decoded.encoding), (&*line, None));
}

#[test]
fn r4_invalid_bytes_are_replaced_and_told() {
    let want = ("a\u{fffd}b", Some("gb18030"), Decoding::Repaired);
    check_cut(Cut::Whole, Encoding::Gb18030, b"a\xffb", want);
    // Half a pair of surrogates, and half a unit.
    let want = ("a\u{fffd}b\u{fffd}", Some("utf-16le"), Decoding::Repaired);
    check_cut(Cut::Whole, Encoding::Utf16Le, b"a\0\x3d\xd8b\0c", want);
}

#[test]
fn r3_what_a_cut_leaves_of_a_character_goes() {
    let bytes = of(GB18030, "订单");
    let want = ("订", Some("gb18030"), Decoding::Clean);
    check_cut(Cut::Truncated, Encoding::Gb18030, &bytes[..3], want);
    let want = ("京", None, Decoding::Clean);
    check_cut(Cut::Truncated, Encoding::Auto, "京".as_bytes(), want);
}

proptest! {
    #[test]
    fn whatever_stands_in_a_line_comes_out_as_utf8(
        line in proptest::collection::vec(any::<u8>(), 0..64),
        truncated in any::<bool>(),
    ) {
        let cut = if truncated { Cut::Truncated } else { Cut::Whole };
        for encoding in [Encoding::Auto, Encoding::Utf16Le, Encoding::Gb18030, Encoding::Big5, Encoding::ShiftJis, Encoding::Latin1] {
            let mut buffer = String::new();
            let decoded = decode(&line, cut, encoding, &mut buffer);
            // What is handed on as it stands may be broken UTF-8, which the pipeline repairs.
            prop_assert!(decoded.encoding.is_none() || str::from_utf8(decoded.bytes).is_ok());
        }
    }
}

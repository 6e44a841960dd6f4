use super::*;
use proptest::prelude::*;

fn with(pseudonyms: &Pseudonyms, text: &str) -> String {
    let mut out = "rubbish of the last line".to_owned();
    match redact(text, pseudonyms, &mut Counters::default(), &mut out) {
        Found::Nothing => text.to_owned(),
        Found::Something => out,
    }
}

fn check(text: &str, want: &str) {
    assert_eq!(with(&Pseudonyms::without_key(), text), want);
}

#[test]
fn a_card_keeps_its_last_four_digits() {
    check("paid with 4111 1111 1111 1111.", "paid with [card:1111].");
    check("4111111111111111", "[card:1111]");
    check("card=4111111111111111&x=1", "card=[card:1111]&x=1");
}

#[test]
fn persons_are_taken_out_of_text() {
    check("mail buyer@example.com or +49 170 1234567", "mail [email] or [phone]");
    check("/find?q=a%40b.de&n=2", "/find?q=[email]&n=2");
    check("/x?phone=%2B491701234567", "/x?phone=[phone]");
    check("/x?customer_id=c-17&page=2", "/x?customer_id=[id]&page=2");
}

#[test]
fn secrets_are_known_by_their_names() {
    check("/cb?code=abc&state=xyz&ok=1", "/cb?code=[secret]&state=[secret]&ok=1");
    check("login password=hunter2 failed", "login password=[secret] failed");
    check(r#"{"password": "hunter2","cvv":123}"#, r#"{"password": "[secret]","cvv":[secret]}"#);
    check(r#"body {\"token\":\"abc\"}"#, r#"body {\"token\":\"[secret]\"}"#);
    check("Authorization: Basic dTpw\nnext", "Authorization: [secret]\nnext");
    check("error code: 500", "error code: 500");
}

#[test]
fn tokens_are_known_by_their_shape() {
    check("got eyJhbGciOiJI.eyJzdWIi.c2ln today", "got [token] today");
    check("key AKIAIOSFODNN7EXAMPLE.", "key [token]");
    check("sent Bearer abcdef123456", "sent [token]");
}

#[test]
fn what_shops_count_stays() {
    for text in [
        "order 1001 of 2026-01-02T03:04:05.678Z took 123 ms",
        "EAN 4006381333931, SKU A-77-1234567, order #13812345678",
        "/product/1234567890123?page=2&sort=price",
        "GET /logo@2x.png HTTP/1.1",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 Chrome/32.0.1700.107",
        "tracking 1Z999AA10123456784",
        "订单 1001 已付款",
    ] {
        check(text, text);
    }
}

#[test]
fn a_mark_cannot_hide_anything() {
    check("[card:4111111111111111]", "[card:[card:1111]]");
    check("password=[secret]x", "password=[secret]");
    check("[email:buyer@example.com]", "[email:[email]]");
}

#[test]
fn with_a_key_a_person_stays_the_same_person() {
    let pseudonyms = Pseudonyms::with_key(b"0123456789abcdef", "k1").unwrap();
    let want = "[email:9c69ca0f513de8ecba38be4649a23fb4]";
    assert_eq!(with(&pseudonyms, "buyer@example.com"), want);
    assert_eq!(with(&pseudonyms, "?email=Buyer%40Example.com"), format!("?email={want}"));
    assert_eq!(with(&pseudonyms, "+49 170 1234567"), with(&pseudonyms, "+49-170-1234567"),);
}

/// Pieces out of which secrets and their neighbours are put together.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,6}",
        Just("4111111111111111".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("a@b.de".to_owned()),
        Just("%40".to_owned()),
        Just("%2B".to_owned()),
        Just("+491701234567".to_owned()),
        Just("13812345678".to_owned()),
        Just("password=".to_owned()),
        Just("?code=".to_owned()),
        Just("&email=".to_owned()),
        Just("cookie: ".to_owned()),
        Just("eyJhbGciOiJI.eyJzdWIi.c2ln".to_owned()),
        Just("Bearer abcdefgh".to_owned()),
        Just("[secret]".to_owned()),
        Just("[".to_owned()),
        Just("\\\"".to_owned()),
        Just("京".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_second_pass_changes_nothing(text in pieces()) {
        for pseudonyms in [
            Pseudonyms::without_key(),
            Pseudonyms::with_key(b"0123456789abcdef", "k1").unwrap(),
        ] {
            let once = with(&pseudonyms, &text);
            prop_assert_eq!(with(&pseudonyms, &once), once);
        }
    }

    #[test]
    fn any_text_is_taken(text in "\\PC*") {
        with(&Pseudonyms::without_key(), &text);
    }
}

use super::*;

fn path(text: &str) -> Path {
    text.parse().unwrap()
}

fn by_page(order: Order, total: Option<Path>) -> Paging {
    Paging::Numbered { by: By::Page { first: 1 }, limit: 10, total, order }
}

/// Runs a pass over replies (body, rows, link) and tells pages and whether rows count, one word a step.
fn walk(paging: &Paging, replies: &[(&str, u64, Option<&str>)]) -> String {
    let mut pass = Pass::new(paging, None);
    let mut out = Vec::new();
    for (body, rows, link) in replies {
        let page = pass.page().clone();
        let name = page.cursor.or(page.address).unwrap_or_else(|| page.number.to_string());
        let body: &RawValue = serde_json::from_str(body).unwrap();
        let (next, counts) = pass.take(&Reply { body, rows: *rows, link: *link });
        out.push(if counts == Rows::Count { name } else { format!("({name})") });
        match next {
            Next::Page(_) => {}
            Next::Over => out.push("over".to_owned()),
            Next::Lost(reason) => out.push(reason),
        }
    }
    out.join(" ")
}

#[test]
fn numbered_pages_end_with_a_short_one_or_by_their_total() {
    let forward = by_page(Order::Forward, None);
    assert_eq!(walk(&forward, &[("{}", 10, None), ("{}", 3, None)]), "1 2 over");
    assert_eq!(walk(&forward, &[("{}", 0, None)]), "1 over");
    let counted = by_page(Order::Forward, Some(path("n")));
    let reply = (r#"{"n":20}"#, 10, None);
    assert_eq!(walk(&counted, &[reply, reply]), "1 2 over", "a full last page asks for no more");
}

#[test]
fn newest_first_learns_the_last_page_and_reads_back_from_it() {
    let backward = by_page(Order::Backward, Some(path("n")));
    let reply = (r#"{"n":31}"#, 10, None);
    assert_eq!(walk(&backward, &[reply, reply, reply, reply, reply]), "(1) 4 3 2 1 over");
    assert_eq!(walk(&backward, &[(r#"{"n":10}"#, 10, None)]), "1 over");
    assert_eq!(walk(&backward, &[(r#"{"n":0}"#, 0, None)]), "1 over");
}

#[test]
fn a_reply_that_does_not_count_its_rows_is_no_end() {
    let backward = by_page(Order::Backward, Some(path("n")));
    assert_eq!(
        walk(&backward, &[("{}", 10, None)]),
        "1 the reply does not tell the number of rows"
    );
}

#[test]
fn offsets_count_rows() {
    let paging = Paging::Numbered { by: By::Offset, limit: 10, total: None, order: Order::Forward };
    let mut pass = Pass::new(&paging, None);
    let body: &RawValue = serde_json::from_str("{}").unwrap();
    pass.take(&Reply { body, rows: 10, link: None });
    assert_eq!((pass.page().offset, pass.page().number), (10, 1));
}

#[test]
fn cursors_lead_on_until_there_is_none_or_no_more() {
    let cursor = |keep| Paging::Cursor { next: path("next"), more: Some(path("more")), keep };
    let replies =
        [(r#"{"next":"a","more":true}"#, 5, None), (r#"{"next":"b","more":false}"#, 2, None)];
    assert_eq!(walk(&cursor(Keep::No), &replies), "0 a over");
    let paging = cursor(Keep::Yes);
    let mut pass = Pass::new(&paging, Some("z".to_owned()));
    assert_eq!(pass.page().cursor.as_deref(), Some("z"));
    for (body, rows, link) in replies {
        let body: &RawValue = serde_json::from_str(body).unwrap();
        pass.take(&Reply { body, rows, link });
    }
    assert_eq!(pass.cursor(), Some("b"), "the next poll goes on behind the last page");
}

#[test]
fn a_cursor_or_link_that_does_not_move_ends_the_pass() {
    let paging = Paging::Cursor { next: path("next"), more: None, keep: Keep::Yes };
    let same = (r#"{"next":"a"}"#, 1, None);
    assert_eq!(walk(&paging, &[same, same]), "0 a over");
    assert_eq!(walk(&paging, &[(r#"{"next":"a"}"#, 0, None)]), "0 over", "nothing new");
    let link = ("{}", 1, Some("https://a/?p=2"));
    assert_eq!(
        walk(&Paging::Link, &[link, link]),
        "0 https://a/?p=2 the next page is the one that was read"
    );
    assert_eq!(walk(&Paging::Link, &[("{}", 1, None)]), "0 over");
}

use super::*;
use crate::poll::sign::{Algorithm, Encoding, Text};
use crate::poll::times::TimeForm;
use runtime::secret::Places;
use runtime::settings::Environment;

fn template(text: &str) -> Template {
    Template::parse(text, &Name::OF_REQUEST).unwrap()
}

fn secret(name: &str) -> Secret {
    let variables = [(format!("STOREWATCH_{}", name.to_uppercase()), format!("{name}-value"))];
    Secret::new(Places::new(&Environment::from_iter(variables)), name.to_owned(), None, None)
}

fn call(auth: Auth) -> Call {
    Call {
        method: Method::Get,
        url: template("https://api.example.org/v1/orders?kind=all"),
        parameters: vec![
            ("since".to_owned(), template("{from}")),
            ("after".to_owned(), template("{cursor}")),
        ],
        place: Place::Query,
        headers: Vec::new(),
        body: None,
        auth,
    }
}

fn made(call: &Call, address: Option<&str>) -> Result<Request, NoRequest> {
    let mut values = Values::default();
    values.set(Name::From, "2026-01-02 03:04:05");
    let keys = Keys::read(&call.auth).unwrap();
    call.request(&values, address, &keys, Timestamp::from_second(1_767_323_045).unwrap())
}

#[test]
fn parameters_are_encoded_and_empty_ones_left_out() {
    let request = made(&call(Auth::None), None).unwrap();
    let want = "https://api.example.org/v1/orders?kind=all&since=2026-01-02%2003%3A04%3A05";
    assert_eq!(request.url.as_str(), want);
    assert_eq!((request.headers.len(), request.body), (0, None));
}

#[test]
fn credentials_go_into_headers_and_are_not_shown() {
    let check = |auth, want: (&str, &str)| {
        let request = made(&call(auth), None).unwrap();
        let (name, value) = &request.headers[0];
        assert_eq!((name.as_str(), value.as_str()), want);
        assert_eq!(format!("{request:?}"), "GET https://api.example.org/v1/orders");
    };
    check(Auth::Bearer(secret("a")), ("authorization", "Bearer a-value"));
    let basic = Auth::Basic { username: "u".into(), password: secret("a") };
    check(basic, ("authorization", "Basic dTphLXZhbHVl"));
    let header = Auth::Header { name: "x-token".into(), value: secret("a") };
    check(header, ("x-token", "a-value"));
}

#[test]
fn a_form_is_signed_over_its_parameters_token_and_time() {
    let sign = Sign {
        text: Text::SortedParameters,
        algorithm: Algorithm::HmacSha256,
        encoding: Encoding::UpperHex,
        into: Into::Parameter("sign".into()),
        times: TimeForm::EpochSeconds,
        timestamp_into: Some(Into::Parameter("timestamp".into())),
    };
    let signed = Signed { sign, secret: secret("s"), token: Some(("session".into(), secret("t"))) };
    let mut call = call(Auth::Signed(Box::new(signed)));
    call.place = Place::Form;
    call.method = Method::Post;
    let request = made(&call, None).unwrap();
    // hmac.new(b"s-value", b"sessiont-valuesince2026-01-02 03:04:05timestamp1767323045", sha256)
    let want = "since=2026-01-02%2003%3A04%3A05&session=t-value&timestamp=1767323045&sign=6576409C87E3EEC8CB24CBB6FB2F8BD8DD41C72B5EB127CDBB4085A4FDF875A3";
    assert_eq!(request.body.as_deref(), Some(want));
    assert_eq!(request.url.query(), Some("kind=all"));
    assert_eq!(request.headers[0].1, "application/x-www-form-urlencoded");
}

#[test]
fn a_next_page_elsewhere_does_not_get_our_credentials() {
    let call = call(Auth::Bearer(secret("a")));
    let request = made(&call, Some("/v1/orders?page=2")).unwrap();
    assert_eq!(request.url.as_str(), "https://api.example.org/v1/orders?page=2");
    for address in ["https://evil.example.org/", "http://api.example.org/v1", "//evil"] {
        assert!(matches!(made(&call, Some(address)), Err(NoRequest::OtherHost(_))), "{address}");
    }
}

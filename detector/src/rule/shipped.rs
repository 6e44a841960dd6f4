//! The rules that come with the program. Their texts are files; nothing about them is in the code.

/// Returns name and text of each shipped rule.
pub fn shipped() -> impl Iterator<Item = (&'static str, &'static str)> {
    macro_rules! files {
        ($($name:literal),* $(,)?) => {
            [$((concat!("shipped/", $name), include_str!(concat!("../../rules/", $name)))),*]
        };
    }
    files![
        "order-rate.yml",
        "order-silence.yml",
        "order-value.yml",
        "payment-failures.yml",
        "carrier-delay.yml",
        "refunds.yml",
        "login-failures.yml",
        "http-5xx.yml",
        "latency.yml",
        "parse-failures.yml",
    ]
    .into_iter()
}

//! Secrets of our own making, planted into text as shops write it, and numbers that only look like secrets.

/// Numbers that look random and are the same in each run (SplitMix64).
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or_default()
    }

    fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b"0123456789"[self.below(10)])).collect()
    }

    fn letters(&mut self, count: usize, of: &str) -> String {
        let of: Vec<char> = of.chars().collect();
        (0..count).map(|_| of[self.below(of.len())]).collect()
    }
}

const KEY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// What is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Card,
    Jwt,
    CloudKey,
    Phone,
    Resident,
    Email,
    Iban,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Card,
        Self::Jwt,
        Self::CloudKey,
        Self::Phone,
        Self::Resident,
        Self::Email,
        Self::Iban,
    ];
}

fn luhn(body: &str) -> char {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match place % 2 {
                0 if digit > 4 => digit * 2 - 9,
                0 => digit * 2,
                _ => digit,
            }
        })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

/// Schemes: first digits and lengths.
const SCHEMES: &[(&str, usize)] = &[
    ("4", 16),
    ("4", 19),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("644", 16),
    ("65", 16),
    ("36", 14),
    ("38", 14),
    ("305", 14),
    ("3528", 16),
    ("3589", 16),
    ("62", 16),
    ("62", 19),
    ("6759", 16),
    ("2204", 16),
];

fn card(dice: &mut Dice) -> String {
    let (head, length) = SCHEMES[dice.below(SCHEMES.len())];
    let body = format!("{head}{}", dice.digits(length - head.len() - 1));
    let number = format!("{body}{}", luhn(&body));
    let groups: &[usize] = match length {
        14 => &[4, 6, 4],
        15 => &[4, 6, 5],
        16 => &[4, 4, 4, 4],
        _ => &[4, 4, 4, 4, 3],
    };
    let separator = dice.pick(&["", "", " ", "-"]);
    let mut rest = number.as_str();
    let mut parts = Vec::new();
    for group in groups {
        let (part, behind) = rest.split_at(*group);
        parts.push(part);
        rest = behind;
    }
    parts.join(separator)
}

fn phone(dice: &mut Dice) -> String {
    let mut d = |count| dice.digits(count);
    let forms = [
        format!("+49 170 {}", d(7)),
        format!("+4915{}", d(9)),
        format!("+86139{}", d(8)),
        format!("+86 138 {} {}", d(4), d(4)),
        format!("+1 (212) 555-{}", d(4)),
        format!("+1-415-555-{}", d(4)),
        format!("+44 20 7{} {}", d(3), d(4)),
        format!("+33 6 {} {} {} {}", d(2), d(2), d(2), d(2)),
        format!("+81-90-{}-{}", d(4), d(4)),
        format!("+919{}", d(9)),
        format!("+55 11 9{}-{}", d(4), d(4)),
        format!("13{}", d(9)),
        format!("18{}", d(9)),
        format!("159-{}-{}", d(4), d(4)),
        format!("177 {} {}", d(4), d(4)),
        format!("(312) 555-{}", d(4)),
        format!("646-555-{}", d(4)),
        format!("090-{}-{}", d(4), d(4)),
        format!("010-{}-{}", d(4), d(4)),
        format!("0755-{}", d(8)),
        format!("06 {} {} {} {}", d(2), d(2), d(2), d(2)),
        format!("07{} {}", d(3), d(6)),
        format!("0171 {}", d(7)),
    ];
    forms[dice.below(forms.len())].clone()
}

fn resident(dice: &mut Dice) -> String {
    let region = dice.pick(&["110105", "310104", "440305", "510107", "330106", "650102"]);
    let (year, month, day) = (1940 + dice.below(75), 1 + dice.below(12), 1 + dice.below(28));
    let body = format!("{region}{year}{month:02}{day:02}{}", dice.digits(3));
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize =
        body.bytes().zip(weights).map(|(byte, weight)| usize::from(byte - b'0') * weight).sum();
    format!("{body}{}", char::from(b"10X98765432"[sum % 11]))
}

fn iban(dice: &mut Dice) -> String {
    let body = match dice.below(6) {
        0 => format!("DE{}", dice.digits(18)),
        1 => format!("GB{}{}", dice.letters(4, "ABCDEFGHKLMNPRSTW"), dice.digits(14)),
        2 => format!("FR{}{}", dice.digits(20), dice.digits(3)),
        3 => format!("NL{}{}", dice.letters(4, "ABNGIRT"), dice.digits(10)),
        4 => format!("CH{}", dice.digits(17)),
        _ => format!("ES{}", dice.digits(20)),
    };
    let (country, account) = body.split_at(2);
    let sum = format!("{account}{country}00").chars().fold(0_u32, |sum, c| {
        let value = c.to_digit(36).unwrap_or_default();
        if value < 10 { (sum * 10 + value) % 97 } else { (sum * 100 + value) % 97 }
    });
    let whole = format!("{country}{:02}{account}", 98 - sum);
    if dice.below(2) == 0 {
        return whole;
    }
    let groups: Vec<String> =
        whole.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    groups.join(" ")
}

fn cloud_key(dice: &mut Dice) -> String {
    match dice.below(7) {
        0 => format!("AKIA{}", dice.letters(16, UPPER)),
        1 => format!("LTAI5t{}", dice.letters(18, KEY)),
        2 => format!("AIza{}", dice.letters(35, KEY)),
        3 => format!("sk_live_{}", dice.letters(24, KEY)),
        4 => format!("ghp_{}", dice.letters(36, KEY)),
        5 => format!("shpat_{}", dice.letters(32, "0123456789abcdef")),
        _ => format!("xoxb-{}-{}", dice.digits(12), dice.letters(24, KEY)),
    }
}

fn email(dice: &mut Dice) -> String {
    let name = dice.pick(&["ada", "li.wei", "j_doe", "buyer+news", "o-neill", "用户", "x9"]);
    let name = if name.is_ascii() { name.to_owned() } else { format!("u{}", dice.digits(4)) };
    let host =
        dice.pick(&["example.com", "mail.example.co.uk", "qq.com", "shop-a.de", "example.museum"]);
    format!("{name}{}@{host}", dice.below(1_000))
}

/// Makes a secret.
pub(crate) fn secret(kind: Kind, dice: &mut Dice) -> String {
    match kind {
        Kind::Card => card(dice),
        Kind::Jwt => format!(
            "eyJ{}.eyJ{}.{}",
            dice.letters(17, KEY),
            dice.letters(40, KEY),
            dice.letters(43, KEY)
        ),
        Kind::CloudKey => cloud_key(dice),
        Kind::Phone => phone(dice),
        Kind::Resident => resident(dice),
        Kind::Email => email(dice),
        Kind::Iban => iban(dice),
    }
}

/// Makes a number or a word of a shop that is no secret, with the words that shops write before it.
pub(crate) fn look_alike(dice: &mut Dice) -> (String, String) {
    let long = 10 + dice.below(10);
    let forms = [
        ("order ", dice.digits(long)),
        ("order #", dice.digits(16)),
        ("订单号：", dice.digits(19)),
        ("tid=", format!("2{}", dice.digits(18))),
        ("out_trade_no=", format!("20260102{}", dice.digits(8))),
        ("", format!("ORD-2026-{}", dice.digits(7))),
        ("sku ", format!("A-{}-{}", dice.digits(2), dice.digits(7))),
        ("sku=", dice.digits(13)),
        ("SKU ", format!("{}{}", dice.letters(3, "ABCDEFG"), dice.digits(9))),
        ("", format!("400638{}", dice.digits(7))),
        ("gtin ", dice.digits(14)),
        ("tracking ", format!("1Z999AA1{}", dice.digits(10))),
        ("tracking ", dice.digits(12)),
        ("waybill SF", dice.digits(13)),
        ("", format!("RR{}DE", dice.digits(9))),
        ("", format!("LP{}", dice.digits(14))),
        ("at ", format!("17673{}", dice.digits(5))),
        ("at ", format!("17673{}", dice.digits(8))),
        ("ts=", format!("17673{}", dice.digits(11))),
        ("ts=", format!("17673{}", dice.digits(14))),
        ("", format!("2026-01-02T03:04:05.{}Z", dice.digits(3))),
        ("", format!("2026-01-02 03:04:05,{}", dice.digits(3))),
        ("took ", format!("{} ms", dice.digits(4))),
        ("", format!("{}.{} EUR", dice.digits(3), dice.digits(2))),
        ("v", format!("12.{}.{}", dice.digits(2), dice.digits(3))),
        ("", {
            let mut hex = |count| dice.letters(count, "0123456789abcdef");
            let parts = [hex(8), hex(4), format!("4{}", hex(3)), format!("a{}", hex(3)), hex(12)];
            parts.join("-")
        }),
        ("sha256 ", dice.letters(64, "0123456789abcdef")),
        ("", "logo@2x.png".to_owned()),
        ("", "1920x1080".to_owned()),
    ];
    let (label, value) = forms[dice.below(forms.len())].clone();
    (label.to_owned(), value)
}

/// Puts something into a line as shops write it: prose, a query, JSON within text.
pub(crate) fn line(label: &str, value: &str, dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => format!("2026-01-02 03:04:05 INFO done for {label}{value} in web-1"),
        1 => format!("2026-01-02 03:04:05 WARN {label}{value}, will be tried again"),
        2 => format!("2026-01-02 03:04:05 ERROR cannot take \"{label}{value}\""),
        3 => format!("2026-01-02 03:04:05 INFO 用户输入 {label}{value}。"),
        4 => format!("2026-01-02 03:04:05 DEBUG body={{\"note\":\"{label}{value}\",\"n\":7}}"),
        _ => format!("2026-01-02 03:04:05 INFO {label}{value}"),
    }
}

//! What a pipeline counts: every rule says what it removed.

use std::collections::BTreeMap;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name in metrics and documents.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// A rule that drops lines.
    Rule {
        /// A line without content.
        EmptyLine = "empty_line",
        /// A request for a health path, such as `/healthz`.
        HealthPath = "health_path",
        /// A request of a health checker, such as kube-probe.
        HealthAgent = "health_agent",
        /// A connection without a request, answered 400 or 408.
        EmptyRequest = "empty_request",
        /// An event that was delivered twice and was acknowledged the first time.
        Duplicate = "duplicate",
        /// An event that its schema leaves out.
        NotWanted = "not_wanted",
        /// A line that holds the names of columns.
        HeaderLine = "header_line",
        /// A request that went well for a file that pages bring along.
        StaticAsset = "static_asset",
        /// A line of the level debug or trace.
        Debug = "debug",
        /// An order, payment or parcel of a tester.
        TestOrder = "test_order",
        /// A further try of an act, with the outcome of an earlier one.
        Retry = "retry",
        /// An error that says the same as one of the last ten seconds.
        Repeat = "repeat",
    }
}

names! {
    /// What was redacted.
    Redaction {
        /// A card number; its last four digits stay.
        Card = "card",
        /// The number of a bank account.
        Iban = "iban",
        /// The number of a Chinese identity card.
        Resident = "resident_id",
        /// An e-mail address.
        Email = "email",
        /// A phone number.
        Phone = "phone",
        /// A bearer token, a JWT, a cloud key.
        Token = "token",
        /// The value of a name such as `password`.
        Secret = "secret",
        /// A customer, user, coupon or device, replaced by a pseudonym.
        Pseudonym = "pseudonym",
        /// The same, dropped because no key is configured.
        DroppedWithoutKey = "dropped_without_key",
        /// A name, an address, a note to an order.
        Personal = "personal",
        /// An address of a client, cut to its network.
        Address = "address",
    }
}

names! {
    /// Why a client that poses as a person is taken for a bot.
    Behaviour {
        /// It claims to be a browser and asks for no asset of its many pages.
        NoAssets = "no_assets",
        /// It asks for too many pages a minute.
        Rate = "rate",
        /// Most of what it asks for is refused or not there.
        Failures = "failures",
    }
}

names! {
    /// Why a line could not be parsed.
    Failure {
        /// A compressed file that is cut or damaged: a report about it, no line of it.
        Compressed = "compressed_file",
        /// No JSON, or something behind it.
        NotJson = "not_json",
        /// JSON, but no object.
        NotAnObject = "not_an_object",
        /// JSON nested deeper than 64.
        TooDeep = "too_deep",
        /// More than 512 keys, pairs or columns.
        TooManyKeys = "too_many_keys",
        /// A line that is not of its input's format.
        OtherFormat = "other_format",
        /// A line that ends before what every line of its format says.
        CutShort = "cut_short",
    }
}

/// Sums since the pipeline was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Lines that came in.
    pub lines: u64,
    /// Events that went out.
    pub events: u64,
    /// Events whose line was read in part.
    pub partial: u64,
    /// Stamps ahead of the clock that were set to the time of reading.
    pub clamped: u64,
    /// Values that went to `store.extra`.
    pub extra: u64,
    /// Events whose key another event with other content has.
    pub conflicts: u64,
    /// Events whose client a geo database knows.
    pub located: u64,
    /// Events whose client no geo database knows, where there is one.
    pub not_located: u64,
    filtered: [u64; Rule::ALL.len()],
    redacted: [u64; Redaction::ALL.len()],
    failed: [u64; Failure::ALL.len()],
    judged: [u64; Behaviour::ALL.len()],
    nanos: [u64; STEPS.len()],
}

/// The steps of a pipeline, in their order; each is a kind of rule with a cost of its own.
pub const STEPS: [&str; 8] =
    ["parse", "time", "standardise", "identity", "deduplicate", "denoise", "redact", "enrich"];

impl Counters {
    /// Returns how many lines a rule dropped.
    pub fn filtered(&self, rule: Rule) -> u64 {
        self.filtered[rule as usize]
    }

    /// Returns how many values of a kind were redacted.
    pub fn redacted(&self, kind: Redaction) -> u64 {
        self.redacted[kind as usize]
    }

    /// Returns how many lines could not be parsed for a reason.
    pub fn failed(&self, failure: Failure) -> u64 {
        self.failed[failure as usize]
    }

    /// Returns how many requests were a bot's by what it did.
    pub fn judged(&self, behaviour: Behaviour) -> u64 {
        self.judged[behaviour as usize]
    }

    /// Returns how many nanoseconds the lines that were timed spent in each of the [`STEPS`].
    pub fn nanos(&self) -> &[u64; STEPS.len()] {
        &self.nanos
    }

    /// Returns everything that was counted, by name, without zeros.
    pub fn by_name(&self) -> BTreeMap<String, u64> {
        let plain = [
            ("lines", self.lines),
            ("events", self.events),
            ("partial", self.partial),
            ("clamped", self.clamped),
            ("extra", self.extra),
            ("located", self.located),
            ("not_located", self.not_located),
        ];
        let mut all: BTreeMap<String, u64> =
            plain.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        let rules = Rule::ALL.iter().map(|&rule| (format!("filtered.{rule}"), self.filtered(rule)));
        let kinds =
            Redaction::ALL.iter().map(|&kind| (format!("redacted.{kind}"), self.redacted(kind)));
        let failures = Failure::ALL.iter().map(|&why| (format!("failed.{why}"), self.failed(why)));
        let judged = Behaviour::ALL.iter().map(|&how| (format!("judged.{how}"), self.judged(how)));
        all.extend(rules.chain(kinds).chain(failures).chain(judged));
        all.retain(|_, count| *count > 0);
        all
    }

    pub(crate) fn count_nanos(&mut self, step: usize, spent: std::time::Duration) {
        if let Some(nanos) = self.nanos.get_mut(step) {
            *nanos += u64::try_from(spent.as_nanos()).unwrap_or_default();
        }
    }

    pub(crate) fn count_filtered(&mut self, rule: Rule) {
        self.filtered[rule as usize] += 1;
    }

    pub(crate) fn count_judged(&mut self, behaviour: Behaviour) {
        self.judged[behaviour as usize] += 1;
    }

    pub(crate) fn count_redacted(&mut self, kind: Redaction) {
        self.redacted[kind as usize] += 1;
    }

    pub(crate) fn count_failed(&mut self, failure: Failure) {
        self.failed[failure as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_happened_is_named() {
        let mut counters = Counters { lines: 2, events: 1, ..Counters::default() };
        counters.count_filtered(Rule::HealthPath);
        let by_name = counters.by_name();
        let names: Vec<&str> = by_name.keys().map(String::as_str).collect();
        assert_eq!(names, ["events", "filtered.health_path", "lines"]);
    }
}

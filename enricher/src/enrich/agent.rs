//! Who asked: browsers, apps, systems and bots by our own short lists, behind a small memory.

use crate::memo::Memo;

/// What an agent says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agent {
    /// `store.client.class`.
    pub(crate) class: &'static str,
    /// `user_agent.name`: browser, app or bot.
    pub(crate) name: Option<&'static str>,
    /// Where the version stands in the agent, as bytes from and to.
    version: (usize, usize),
    /// `user_agent.os.name`.
    pub(crate) system: Option<&'static str>,
    /// `store.client.bot_name`.
    pub(crate) bot: Option<&'static str>,
}

impl Agent {
    /// Returns the version out of the agent's text.
    pub(crate) fn version<'a>(&self, agent: &'a str) -> Option<&'a str> {
        agent.get(self.version.0..self.version.1).filter(|version| !version.is_empty())
    }
}

/// Bots: a word of their agent, the name we give them, their class.
const BOTS: &[(&str, &str, &str)] = &[
    ("Googlebot", "Googlebot", "good_bot"),
    ("AdsBot-Google", "AdsBot-Google", "good_bot"),
    ("Mediapartners-Google", "Mediapartners-Google", "good_bot"),
    ("Feedfetcher-Google", "Feedfetcher-Google", "good_bot"),
    ("bingbot", "bingbot", "good_bot"),
    ("msnbot", "msnbot", "good_bot"),
    ("BingPreview", "BingPreview", "good_bot"),
    ("Slurp", "Yahoo! Slurp", "good_bot"),
    ("Baiduspider", "Baiduspider", "good_bot"),
    ("YandexBot", "YandexBot", "good_bot"),
    ("Yandex", "Yandex", "good_bot"),
    ("Sogou", "Sogou", "good_bot"),
    ("360Spider", "360Spider", "good_bot"),
    ("Bytespider", "Bytespider", "good_bot"),
    ("DuckDuckBot", "DuckDuckBot", "good_bot"),
    ("Applebot", "Applebot", "good_bot"),
    ("PetalBot", "PetalBot", "good_bot"),
    ("GPTBot", "GPTBot", "good_bot"),
    ("ClaudeBot", "ClaudeBot", "good_bot"),
    ("CCBot", "CCBot", "good_bot"),
    ("facebookexternalhit", "facebookexternalhit", "good_bot"),
    ("Twitterbot", "Twitterbot", "good_bot"),
    ("LinkedInBot", "LinkedInBot", "good_bot"),
    ("Pinterestbot", "Pinterestbot", "good_bot"),
    ("WhatsApp/", "WhatsApp", "good_bot"),
    ("TelegramBot", "TelegramBot", "good_bot"),
    ("Slackbot", "Slackbot", "good_bot"),
    ("archive.org_bot", "archive.org_bot", "good_bot"),
    ("ia_archiver", "ia_archiver", "good_bot"),
    ("AhrefsBot", "AhrefsBot", "good_bot"),
    ("SemrushBot", "SemrushBot", "good_bot"),
    ("MJ12bot", "MJ12bot", "good_bot"),
    ("DotBot", "DotBot", "good_bot"),
    ("Ezooms", "Ezooms", "good_bot"),
    ("FeedBurner", "FeedBurner", "good_bot"),
    ("UniversalFeedParser", "UniversalFeedParser", "good_bot"),
    ("Tiny Tiny RSS", "Tiny Tiny RSS", "good_bot"),
    ("Feedbin", "Feedbin", "good_bot"),
    ("Feedly", "Feedly", "good_bot"),
    ("NewsBlur", "NewsBlur", "good_bot"),
    ("UptimeRobot", "UptimeRobot", "monitor"),
    ("Pingdom", "Pingdom", "monitor"),
    ("StatusCake", "StatusCake", "monitor"),
    ("Site24x7", "Site24x7", "monitor"),
    ("Datadog", "Datadog", "monitor"),
    ("Blackbox Exporter", "Blackbox Exporter", "monitor"),
    ("check_http", "check_http", "monitor"),
    ("Zabbix", "Zabbix", "monitor"),
    ("kube-probe", "kube-probe", "monitor"),
    ("ELB-HealthChecker", "ELB-HealthChecker", "monitor"),
    ("GoogleHC", "GoogleHC", "monitor"),
    ("HeadlessChrome", "HeadlessChrome", "bad_bot"),
    ("PhantomJS", "PhantomJS", "bad_bot"),
    ("Scrapy", "Scrapy", "bad_bot"),
    ("python-requests", "python-requests", "bad_bot"),
    ("python-urllib", "python-urllib", "bad_bot"),
    ("Python-urllib", "python-urllib", "bad_bot"),
    ("aiohttp", "aiohttp", "bad_bot"),
    ("Go-http-client", "Go-http-client", "bad_bot"),
    ("okhttp", "okhttp", "unknown"),
    ("libwww-perl", "libwww-perl", "bad_bot"),
    ("curl/", "curl", "bad_bot"),
    ("Wget/", "Wget", "bad_bot"),
    ("Java/", "Java", "bad_bot"),
    ("sqlmap", "sqlmap", "bad_bot"),
    ("Nikto", "Nikto", "bad_bot"),
    ("masscan", "masscan", "bad_bot"),
    ("zgrab", "zgrab", "bad_bot"),
    ("nuclei", "nuclei", "bad_bot"),
];

/// Words that only a bot uses, whatever its name.
const BOT_WORDS: &[&str] = &["bot", "spider", "crawl", "scraper"];

/// Browsers and apps: the word before their version. Those that name another browser too come first.
const BROWSERS: &[(&str, &str)] = &[
    ("MicroMessenger/", "WeChat"),
    ("AlipayClient/", "Alipay"),
    ("AliApp(", "Taobao"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("Opera/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("UCBrowser/", "UC Browser"),
    ("QQBrowser/", "QQ Browser"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/", "Internet Explorer"),
    ("Version/", "Safari"),
    ("CFNetwork/", "CFNetwork"),
];

/// Systems; those that name another system too come first.
const SYSTEMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Mac OS X", "macOS"),
    ("CrOS", "Chrome OS"),
    ("Linux", "Linux"),
];

/// Reads what an agent says of itself.
pub(crate) fn read(agent: &str) -> Agent {
    let system = SYSTEMS.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name);
    let mut found = Agent { class: "unknown", name: None, version: (0, 0), system, bot: None };
    if let Some(&(word, name, class)) = BOTS.iter().find(|(word, ..)| agent.contains(word)) {
        found.class = class;
        found.name = Some(name);
        found.version = version(agent, word);
        found.bot = (class != "unknown").then_some(name);
        return found;
    }
    let small = agent.to_ascii_lowercase();
    if BOT_WORDS.iter().any(|word| small.contains(word)) {
        // A bot that says where to read about it can be asked to stay away.
        let is_open = small.contains("http://") || small.contains("https://");
        found.class = if is_open { "good_bot" } else { "bad_bot" };
        found.bot = Some("other");
        return found;
    }
    if let Some(&(word, name)) = BROWSERS.iter().find(|(word, _)| agent.contains(word)) {
        found.name = Some(name);
        found.version = version(agent, word);
        found.class = "human";
    }
    found
}

/// Returns where the version behind a word stands.
fn version(agent: &str, word: &str) -> (usize, usize) {
    let Some(at) = agent.find(word) else { return (0, 0) };
    let start = at + word.len();
    let tail = agent.as_bytes().get(start..).unwrap_or_default();
    let start = start + usize::from(tail.first() == Some(&b'/'));
    let tail = agent.as_bytes().get(start..).unwrap_or_default();
    if !tail.first().is_some_and(u8::is_ascii_digit) {
        return (0, 0);
    }
    let length = tail.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_')).count();
    (start, start + length)
}

/// Reads agents and remembers what they were: a shop sees few different ones.
pub(crate) type Agents = Memo<Agent>;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(agent: &str, class: &str, name: Option<&str>, version: Option<&str>) {
        let found = read(agent);
        assert_eq!(
            (found.class, found.name, found.version(agent)),
            (class, name, version),
            "{agent}"
        );
    }

    #[test]
    fn browsers_are_people() {
        check(
            "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.107 Safari/537.36",
            "human",
            Some("Chrome"),
            Some("32.0.1700.107"),
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.40(0x1800282a) NetType/WIFI",
            "human",
            Some("WeChat"),
            Some("8.0.40"),
        );
        check(
            "Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16",
            "human",
            Some("Opera"),
            Some("9.80"),
        );
    }

    #[test]
    fn bots_are_named_even_when_they_pose_as_a_browser() {
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 6_0 like Mac OS X) Version/6.0 Mobile/10A5376e Safari/8536.25 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "good_bot",
            Some("Googlebot"),
            Some("2.1"),
        );
        check("curl/8.5.0", "bad_bot", Some("curl"), Some("8.5.0"));
        check("Pingdom.com_bot_version_1.4", "monitor", Some("Pingdom"), None);
        check("SomeBot/1.0 (+https://bot.example)", "good_bot", None, None);
        check("my crawler", "bad_bot", None, None);
    }

    #[test]
    fn what_says_nothing_is_unknown() {
        check("", "unknown", None, None);
        check("Mozilla/4.0 (compatible;)", "unknown", None, None);
    }
}

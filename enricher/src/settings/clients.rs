//! Block `store.clients`: from which behaviour on a client that poses as a person is taken for a bot.

use runtime::unit::Span;
use serde::{Deserialize, Serialize};

use super::Faults;

/// Block `clients` of the block `store`; 0 switches a rule off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawClients {
    /// For how long pages and failures are counted, and how long a bot must be quiet to be taken for a person again.
    pub window: Span,
    /// Pages in a window, beyond which a browser that asked for no asset is a bot.
    pub pages_without_asset: u32,
    /// Pages a minute, beyond which a client is a bot.
    pub pages_per_minute: u32,
    /// Answers 401, 403 and 404 in a window, beyond which a client is a bot if they are most of what it gets.
    pub failures: u32,
}

impl Default for RawClients {
    fn default() -> Self {
        Self {
            window: Span::minutes(5),
            pages_without_asset: 40,
            pages_per_minute: 240,
            failures: 40,
        }
    }
}

/// Checked limits of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientLimits {
    pub(crate) window_seconds: i64,
    pub(crate) pages_without_asset: u32,
    pub(crate) pages_per_minute: u32,
    pub(crate) failures: u32,
}

impl ClientLimits {
    /// Tells whether nobody is judged.
    pub(crate) const fn is_off(self) -> bool {
        self.pages_without_asset == 0 && self.pages_per_minute == 0 && self.failures == 0
    }
}

impl RawClients {
    pub(super) fn check(&self, found: &mut Faults<'_>) -> ClientLimits {
        let seconds = self.window.duration().as_secs();
        if !(60..=86_400).contains(&seconds) {
            let message = "which is not between 1m and 1d";
            found.add("clients.window", &self.window.to_string(), message, "5m");
        }
        ClientLimits {
            window_seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
            pages_without_asset: self.pages_without_asset,
            pages_per_minute: self.pages_per_minute,
            failures: self.failures,
        }
    }
}

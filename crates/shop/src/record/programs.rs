//! Events of `store.app` and `store.pipeline`.

use super::Scribe;
use crate::host::{Heartbeat, Host};
use crate::json::Object;
use crate::program::Note;

impl Scribe<'_> {
    /// Programs give their lines no id; such lines are known by the place where they stand.
    pub(super) fn noted(&self, note: &Note) -> Vec<u8> {
        let mut object = Object::new();
        object.text("time", &self.told().text()).text("level", note.level);
        object.text_if("action", note.action).text("service", note.service);
        object.text_if("service_version", note.version.as_deref()).text("host", self.host.as_str());
        object.text("message", &note.message).text_if("error.type", note.error_type);
        object.finish()
    }

    /// The service orders is a Spring Boot program, with its usual layout.
    pub(super) fn noted_as_text(&self, note: &Note) -> Vec<u8> {
        let level = note.level.to_ascii_uppercase();
        let thread = 1 + self.serial % 8;
        format!(
            "{}  {level} 1 --- [{}] [nio-8080-exec-{thread}] s.o.OrderService : {}",
            self.told().text(),
            note.service,
            note.message,
        )
        .into_bytes()
    }

    pub(super) fn beaten(&self, beat: Heartbeat) -> Vec<u8> {
        let key = beat.number * 2 + u64::from(beat.host == Host::Two);
        let mut object = self.begun("agent.heartbeat", key);
        object.text("kind", "metric").text("host", beat.host.as_str());
        object.text("agent.id", beat.host.as_str());
        object.finish()
    }
}

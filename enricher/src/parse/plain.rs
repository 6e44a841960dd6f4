//! A line is a message.

use event::Field;

use crate::draft::Draft;

pub(super) fn parse(text: &str, draft: &mut Draft) {
    draft.event.document.set_text(Field::Message, text);
}

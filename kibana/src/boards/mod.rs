//! The boards that we ship.

mod alerts;
mod orders;

use crate::board::{Board, board_id};
use crate::data_view::DataView;
use crate::object::SavedObject;
use crate::panel::{Content, Panel, Place};
use crate::search;
use crate::tag::Tag;

/// Returns all boards.
pub fn all() -> Vec<Board> {
    vec![orders::board(), alerts::board()]
}

/// Returns everything that is imported, in a fixed order: data views, tags, searches, boards.
pub fn objects() -> Vec<SavedObject> {
    let views = DataView::ALL.map(DataView::to_object);
    let tags = Tag::ALL.map(Tag::to_object);
    let searches = search::ALL.map(|search| search.to_object());
    let boards = all().into_iter().map(|board| board.to_object());
    views.into_iter().chain(tags).chain(searches).chain(boards).collect()
}

/// The row of links that stands on top of every board.
fn links() -> Panel {
    let to = |label, key| (label, board_id(key));
    Panel {
        key: "links",
        title: "Boards",
        place: Place::new(0, 0, 48, 4),
        content: Content::Links(vec![
            to("Orders & payments", orders::KEY),
            to("Alerts & anomalies", alerts::KEY),
        ]),
    }
}

fn panel(key: &'static str, title: &'static str, place: Place, content: Content) -> Panel {
    Panel { key, title, place, content }
}

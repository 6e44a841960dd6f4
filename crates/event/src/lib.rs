//! The words of Storewatch: what an event is, which fields its document may have, what it is called.
//!
//! This room is pure data and does no input or output. An [`Event`] is one fact with its [`Origin`], its time and its
//! [`Document`]; the [`dictionary`] holds every field that a document may have; an [`EventId`] is the same however often
//! the same fact is read, sent or redelivered.
//!
//! ```
//! use event::{Document, EventId, Field, KeyKind};
//!
//! let mut document = Document::new();
//! document.set_text(Field::StoreOrderId, "1001");
//! document.set_long(Field::StoreOrderAmountMinor, 20_007);
//! assert_eq!(document.to_json(), r#"{"store":{"order":{"amount_minor":20007,"id":"1001"}}}"#);
//!
//! let once = EventId::keyed("shop-1", "store.order", KeyKind::Natural, "shopify", "order.submitted/1001");
//! let again = EventId::keyed("shop-1", "store.order", KeyKind::Natural, "shopify", "order.submitted/1001");
//! assert_eq!(once, again);
//! ```

pub mod dictionary;
mod document;
mod event;
mod id;
mod place;
pub mod stamp;
mod stream;

pub use dictionary::Field;
pub use document::{Document, Value};
pub use event::Event;
pub use id::{EventId, KeyKind};
pub use place::{ByteOffset, FileId, NotAnId, Origin, Span};
pub use stream::{Dataset, Datasets, Namespace, NotANamespace, Stream};

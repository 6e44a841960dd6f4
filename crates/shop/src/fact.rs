//! What happens in the shop, before it is written down.

use crate::ads::{Click, Spending};
use crate::catalogue::{Product, StockChange};
use crate::host::Heartbeat;
use crate::moment::Moment;
use crate::order::{Order, Position};
use crate::platform::Poll;
use crate::program::Note;
use crate::sessions::Step;
use crate::stock::{Count, PriceChange, Sync};
use crate::visit::{Login, Request, Search};

/// One fact.
#[derive(Debug, Clone)]
pub(crate) enum Fact {
    Submitted(Order),
    Lined(OrderLine),
    Redeemed(Order),
    Confirmed(Order),
    Cancelled(Cancellation),
    Attempted(Attempt),
    Notified(Attempt),
    RefundRequested(Refund),
    RefundCompleted(Refund),
    Dispatched(Shipment),
    Delivered(Shipment),
    Handled(Handling),
    Scanned(Scan),
    Said(Word),
    Stocked(StockChange),
    Counted(Count),
    Synced(Sync),
    Priced(PriceChange),
    Requested(Request),
    LoggedIn(Login),
    Searched(Search),
    Walked(Step),
    Clicked(Click),
    Converted(Click),
    Spent(Spending),
    Polled(Poll),
    Beaten(Heartbeat),
    Noted(Note),
}

/// An order is given up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cancellation {
    pub(crate) order: Order,
    pub(crate) reason: &'static str,
    /// The article because of which.
    pub(crate) product: Option<Product>,
}

/// One position of an order, as the shop tells it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrderLine {
    pub(crate) order: Order,
    pub(crate) position: Position,
    /// Place in the order, from 1 on.
    pub(crate) number: u8,
}

/// An attempt to pay, with the canonical code of its failure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) order: Order,
    pub(crate) number: u8,
    pub(crate) failure: Option<&'static str>,
}

/// Money goes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refund {
    pub(crate) order: Order,
    pub(crate) reason: &'static str,
    /// The article because of which.
    pub(crate) product: Option<Product>,
}

/// A warehouse has done something with the parcel of an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handling {
    pub(crate) shipment: Shipment,
    pub(crate) action: &'static str,
    pub(crate) status: &'static str,
}

/// A carrier has seen a parcel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan {
    pub(crate) shipment: Shipment,
    pub(crate) action: &'static str,
    pub(crate) status: &'static str,
    /// Number of the scan of this parcel.
    pub(crate) number: u8,
}

/// What a customer says, or is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub(crate) order: Order,
    pub(crate) product: Option<Product>,
    pub(crate) speech: Speech,
}

/// The kinds of words.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Speech {
    Opened { category: &'static str, channel: &'static str },
    Replied { category: &'static str, first_response_ms: i64 },
    Closed { category: &'static str, resolve_ms: i64 },
    Complained { category: &'static str },
    Reviewed { rating: i64 },
}

/// A parcel and its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shipment {
    pub(crate) order: Order,
    pub(crate) carrier: &'static str,
    pub(crate) region: &'static str,
    pub(crate) promised: Moment,
}

//! What happens in the shop, before it is written down.

use crate::catalogue::StockChange;
use crate::moment::Moment;
use crate::order::Order;
use crate::program::Note;
use crate::visit::{Login, Request, Search};

/// One fact.
#[derive(Debug, Clone)]
pub(crate) enum Fact {
    Submitted(Order),
    Confirmed(Order),
    Cancelled(Cancellation),
    Attempted(Attempt),
    RefundRequested(Refund),
    RefundCompleted(Refund),
    Dispatched(Shipment),
    Delivered(Shipment),
    Stocked(StockChange),
    Requested(Request),
    LoggedIn(Login),
    Searched(Search),
    Noted(Note),
}

/// An order is given up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cancellation {
    pub(crate) order: Order,
    pub(crate) reason: &'static str,
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
}

/// A parcel and its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shipment {
    pub(crate) order: Order,
    pub(crate) carrier: &'static str,
    pub(crate) region: &'static str,
    pub(crate) promised: Moment,
}

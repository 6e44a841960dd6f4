//! The command line of `storewatch simulate`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use runtime::unit::{ByteSize, Span};
use shop::Breadth;

use super::plant::{Name, Planted, PlantedControl};
use crate::cli::OutputArgs;

/// What to write, and where.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Folder for the logs: shop-1/order.ndjson, shop-1/access.log, shop-2/access.json and so on
    #[arg(long, value_name = "DIR", required_unless_present = "telling")]
    pub(super) out: Option<PathBuf>,
    /// Append to what the folder holds; without it, a folder that holds something is refused
    #[arg(long)]
    pub(super) force: bool,
    /// Rotate a log by renaming it when it reaches this size
    #[arg(long, value_name = "SIZE", default_value = "32MiB")]
    pub(super) rotate: ByteSize,
    /// File for the truth about what is planted, one JSON object a line; it must not lie among the logs
    #[arg(long, value_name = "FILE")]
    pub(super) truth: Option<PathBuf>,
    #[command(flatten)]
    pub(super) telling: TellingArgs,
    /// Folder for the settings with which a shipper reads what is written: one file a shop, to which the cluster is added
    #[arg(long, value_name = "DIR")]
    pub(super) settings: Option<PathBuf>,
    #[command(flatten)]
    pub(super) shop: ShopArgs,
    #[command(flatten)]
    pub(super) span: SpanArgs,
    #[command(flatten)]
    pub(super) planted: PlantedArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What is told instead of writing anything.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("telling").args(["describe", "list"]))]
pub(super) struct TellingArgs {
    /// Tell what a scenario or control does to the figures, and write nothing
    #[arg(long, value_name = "NAME", exclusive = true)]
    pub(super) describe: Option<Name>,
    /// List all scenarios and controls, and write nothing
    #[arg(long, exclusive = true)]
    pub(super) list: bool,
}

/// The shop.
#[derive(Debug, Args)]
#[command(next_help_heading = "Shop")]
pub(super) struct ShopArgs {
    /// Everything that chance decides follows from it: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// How much of its business it logs
    #[arg(long, value_enum, default_value_t = BreadthArg::Whole)]
    pub(super) breadth: BreadthArg,
    /// So many shops, each in a folder of its own, with seeds from --seed on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=500), conflicts_with = "speed")]
    pub(super) stores: Option<u32>,
    /// One shop for each scenario and control, and one in which nothing happens; what is planted ends six hours before the end
    #[arg(long, conflicts_with_all = ["scenarios", "controls", "stores", "speed", "breadth"])]
    pub(super) each: bool,
    /// Orders on a mean day
    #[arg(long, value_name = "N", default_value = "4800", value_parser = orders)]
    pub(super) orders_per_day: f64,
    /// Zone in which its customers live: a name such as Europe/Berlin, or an offset such as +02:00
    #[arg(long, default_value = "UTC", value_parser = zone, allow_hyphen_values = true)]
    pub(super) zone: TimeZone,
}

/// How much of its business a shop logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum BreadthArg {
    /// Orders, payments, parcels, stock, requests and programs, of one host: the shop of the demo
    Core,
    /// All five domains, of two hosts and in four formats
    Whole,
}

impl From<BreadthArg> for Breadth {
    fn from(arg: BreadthArg) -> Self {
        match arg {
            BreadthArg::Core => Self::Core,
            BreadthArg::Whole => Self::Whole,
        }
    }
}

/// From when to when.
#[derive(Debug, Args)]
#[command(next_help_heading = "Span")]
pub(super) struct SpanArgs {
    /// Days that are written [default: 21; with --speed: 0, from now on]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=3_650))]
    pub(super) days: Option<u32>,
    /// End, such as 2026-03-02T12:00:00Z [default: now; with --speed: never]
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<Timestamp>,
    /// Write each line when its time comes, and the days before now so many times as fast as they passed
    #[arg(long, value_name = "N", value_parser = speed)]
    pub(super) speed: Option<f64>,
}

/// What goes wrong, and what only seems to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Planted")]
pub(super) struct PlantedArgs {
    /// Plant an incident: NAME@START, optionally followed by +LENGTH and *INTENSITY; START is a time, a span from the start such as 2h, or one
    /// before the end such as -2h. Example: S1@-2h+20m
    #[arg(long = "scenario", value_name = "INCIDENT")]
    pub(super) scenarios: Vec<Planted>,
    /// Plant a control, which no rule ought to mind: NAME for the whole span, or NAME@START, optionally followed by +LENGTH; see --list
    #[arg(long = "control", value_name = "CONTROL")]
    pub(super) controls: Vec<PlantedControl>,
    /// The shop and the plan of `storewatch demo`: 21 days whose last 8 hours hold S1, S2 and S14
    #[arg(long, conflicts_with_all = ["scenarios", "controls", "each", "stores", "breadth", "days", "speed", "zone", "orders_per_day"])]
    pub(super) demo: bool,
}

impl SpanArgs {
    /// Returns the length of the history that lies before the end, or before now.
    pub(super) fn history(&self) -> Span {
        let usual = if self.speed.is_some() { 0 } else { 21 };
        Span::days(self.days.unwrap_or(usual).into())
    }
}

fn orders(text: &str) -> Result<f64, String> {
    number_between(text, 1.0, 1_000_000.0)
}

fn speed(text: &str) -> Result<f64, String> {
    number_between(text, 0.01, 1_000_000.0)
}

fn number_between(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("not a number between {least} and {most}"))
}

fn zone(text: &str) -> Result<TimeZone, String> {
    jiff::fmt::temporal::DateTimeParser::new()
        .parse_time_zone(text)
        .map_err(|error| error.to_string())
}

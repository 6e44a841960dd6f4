//! Where clients are, and whose their networks are, out of databases of MaxMind's format.
//!
//! The whole address is looked up, before it is coarsened. What is kept of the answer is coarse too: country, region, a place on
//! a grid of a tenth of a degree. City, postal code and exact place are never stored.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use event::{Document, Field};
use jiff::Timestamp;
use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;

use super::watched::{Watched, is_longer};
use crate::address;
use crate::counters::Counters;
use crate::memo::Memo;

/// The largest file that is read.
const MOST_BYTES: u64 = 1 << 30;
/// Databases that a shop may name: places, networks, and room for its own.
pub(crate) const MOST_DATABASES: usize = 4;
/// Words of the type of a database that holds places or networks.
const TYPES: [&str; 5] = ["city", "country", "enterprise", "asn", "isp"];

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GeoError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// It is too long.
    #[error("it is longer than {} MiB", MOST_BYTES >> 20)]
    TooLong,
    /// It is no database, or half of one.
    #[error("it is no database of MaxMind's format ({0})")]
    NotADatabase(#[from] MaxMindDbError),
    /// It holds something else.
    #[error("it is a database of the type {0:?}, which holds neither places nor networks")]
    OtherType(String),
}

/// The databases of a shop; all pipelines share them.
pub(crate) type Databases = [Watched<Database, GeoError>];

/// One file, in memory.
#[derive(Debug)]
pub(crate) struct Database(Reader<Vec<u8>>);

/// Opens a database.
pub(crate) fn open(path: &Path) -> Result<Watched<Database, GeoError>, GeoError> {
    Watched::open("geo database", path, read)
}

fn read(path: &Path) -> Result<Database, GeoError> {
    if is_longer(path, MOST_BYTES)? {
        return Err(GeoError::TooLong);
    }
    let reader = Reader::from_source(fs::read(path)?)?;
    let kind = &reader.metadata().database_type;
    let small = kind.to_ascii_lowercase();
    if !TYPES.iter().any(|word| small.contains(word)) {
        return Err(GeoError::OtherType(kind.clone()));
    }
    Ok(Database(reader))
}

/// What the databases say of an address.
#[derive(Debug, Clone, Default, PartialEq)]
struct Found {
    country: Box<str>,
    region: Box<str>,
    location: Box<str>,
    network: Option<u32>,
    owner: Box<str>,
}

/// The part of a record that is asked for; places and networks stand in files of their own.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow, default)]
    country: Option<Coded<'a>>,
    #[serde(borrow, default)]
    subdivisions: Vec<Coded<'a>>,
    #[serde(default)]
    location: Option<Location>,
    #[serde(default)]
    autonomous_system_number: Option<u32>,
    #[serde(borrow, default)]
    autonomous_system_organization: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Coded<'a> {
    #[serde(borrow, default)]
    iso_code: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Location {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl Found {
    /// Adds what a record says; of two databases that say the same the first counts.
    fn add(&mut self, record: &Record<'_>) {
        let code = |coded: Option<&Coded<'_>>| {
            coded.and_then(|coded| coded.iso_code.as_deref()).unwrap_or_default().to_owned()
        };
        let country = code(record.country.as_ref());
        if self.country.is_empty() && !country.is_empty() {
            let region = code(record.subdivisions.first());
            if !region.is_empty() {
                self.region = format!("{country}-{region}").into();
            }
            self.country = country.into();
            self.location = record.location.as_ref().map(Location::coarse).unwrap_or_default();
        }
        if self.network.is_none() && record.autonomous_system_number.is_some() {
            self.network = record.autonomous_system_number;
            self.owner =
                record.autonomous_system_organization.as_deref().unwrap_or_default().into();
        }
    }

    fn write(&self, document: &mut Document) {
        for (field, text) in [
            (Field::SourceGeoCountryIsoCode, &self.country),
            (Field::SourceGeoRegionIsoCode, &self.region),
            (Field::SourceGeoLocation, &self.location),
            (Field::SourceAsOrganizationName, &self.owner),
        ] {
            if !text.is_empty() {
                document.set_text(field, text);
            }
        }
        if let Some(number) = self.network {
            document.set_long(Field::SourceAsNumber, number.into());
        }
    }
}

impl Location {
    /// Writes the place on a grid of a tenth of a degree, as `latitude,longitude`.
    fn coarse(&self) -> Box<str> {
        if let (Some(latitude), Some(longitude)) = (self.latitude, self.longitude)
            && latitude.abs() <= 90.0
            && longitude.abs() <= 180.0
        {
            // A zero is added so that none is written with a minus.
            let [latitude, longitude] =
                [latitude, longitude].map(|degrees| (degrees * 10.0).round() / 10.0 + 0.0);
            format!("{latitude:.1},{longitude:.1}").into()
        } else {
            Box::default()
        }
    }
}

/// Finds the places of clients for one pipeline.
#[derive(Debug)]
pub(super) struct Geo {
    databases: Arc<Databases>,
    current: Vec<Arc<Database>>,
    /// What was found of the addresses seen last, in the databases that are current.
    memo: Memo<Option<Arc<Found>>>,
}

impl Geo {
    /// Returns nothing where no database is given.
    pub(super) fn new(databases: &Arc<Databases>) -> Option<Self> {
        let databases = Arc::clone(databases);
        (!databases.is_empty()).then(|| Self { databases, current: Vec::new(), memo: Memo::new() })
    }

    /// Says where the client of an event is, unless the event does; its address must still be whole.
    pub(super) fn locate(
        &mut self,
        document: &mut Document,
        now: Timestamp,
        counters: &mut Counters,
    ) {
        let told = [Field::SourceGeoCountryIsoCode, Field::SourceAsNumber];
        if told.iter().any(|&field| document.has(field)) {
            return;
        }
        let fields = [Field::SourceAddress, Field::SourceIp];
        let Some(text) = fields.iter().find_map(|&field| document.text(field)) else { return };
        self.refresh(now);
        let current = &self.current;
        if let Some(found) = self.memo.of(text, |text| look_up(current, text)) {
            found.write(document);
            counters.located += 1;
        } else {
            counters.not_located += 1;
        }
    }

    /// Takes databases that were read anew, and forgets what the old ones said.
    fn refresh(&mut self, now: Timestamp) {
        let mut pairs = self.databases.iter().zip(&self.current);
        let is_same = pairs.all(|(watched, known)| Arc::ptr_eq(known, &watched.at(now)));
        if self.current.len() != self.databases.len() || !is_same {
            self.current = self.databases.iter().map(|watched| watched.at(now)).collect();
            self.memo = Memo::new();
        }
    }
}

fn look_up(databases: &[Arc<Database>], text: &str) -> Option<Arc<Found>> {
    let address = address::read(text)?.to_canonical();
    // What is somebody's own says nothing of a place.
    if address::is_inside(address) {
        return None;
    }
    let mut found = Found::default();
    for database in databases {
        // A record that cannot be read is as good as none.
        if let Ok(result) = database.0.lookup(address)
            && let Ok(Some(record)) = result.decode::<Record<'_>>()
        {
            found.add(&record);
        }
    }
    (found != Found::default()).then(|| Arc::new(found))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod writer;

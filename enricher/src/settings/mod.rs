//! Settings of a shop and of one input: what stands in a file, and what was checked.
//!
//! The `Raw*` blocks are embedded by the files of `enricher` and `shipper`. Checking them gives the only types from which a
//! pipeline is made; faults name the key, its value and what is allowed.

mod clients;
mod noise;
mod own;
mod raw;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use event::{Dataset, Datasets, Namespace};
use jiff::tz::TimeZone;
use runtime::settings::Check;
use serde::Serialize;

use crate::address::Network;
use crate::enrich::catalogue::Catalogue;
use crate::enrich::geo;
use crate::enrich::route::Template;
use crate::parse::keys;
use crate::parse::own::Own;
use crate::redact::pseudonym::Pseudonyms;
use crate::schema::Schema;
use crate::standardise::currency;

pub(crate) use clients::ClientLimits;
pub(crate) use noise::NoiseSettings;
pub use raw::{
    Columns, DateOrder, Epoch, Fate, Format, OneOrMore, RawClients, RawKey, RawNoise, RawParse,
    RawPipeline, RawRedact, RawShare, RawStore,
};

/// A value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Path of the key, for example `inputs[0].timezone`.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What is wrong; it goes on after "KEY is VALUE".
    pub message: String,
    /// What is allowed, or what to do.
    pub hint: String,
}

impl Fault {
    /// Adds the fault to what a program finds in its settings, with the file and line of the key.
    pub fn tell(&self, check: &mut Check<'_>) {
        check.fault(&self.key, &self.value, &self.message, &self.hint);
    }
}

/// Checked settings of a shop.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The shop.
    pub id: String,
    /// Namespace of the streams.
    pub namespace: Namespace,
    pub(crate) zone: TimeZone,
    pub(crate) currency: Option<String>,
    pub(crate) catalogue: Option<Arc<Catalogue>>,
    pub(crate) geo: Arc<geo::Databases>,
    pub(crate) clients: ClientLimits,
    pub(crate) pseudonyms: Pseudonyms,
}

/// Checked settings of one input.
#[derive(Debug, Clone)]
pub struct PipelineSettings {
    /// What a line looks like.
    pub format: Format,
    /// What the lines are about.
    pub datasets: Datasets,
    pub(crate) provider: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) key: Option<RawKey>,
    pub(crate) service: Option<String>,
    pub(crate) zone: Option<TimeZone>,
    pub(crate) dates: Option<DateOrder>,
    pub(crate) epoch: Epoch,
    pub(crate) schema: Option<Arc<Schema>>,
    /// What lines look like, where the format is the user's own.
    pub(crate) own: Option<Own>,
    pub(crate) mapping: BTreeMap<String, String>,
    pub(crate) routes: Vec<Template>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) noise: NoiseSettings,
    pub(crate) keep_original: bool,
}

/// Collects faults under the path of a block.
pub(crate) struct Faults<'a> {
    at: &'a str,
    list: &'a mut Vec<Fault>,
}

impl Faults<'_> {
    pub(crate) fn add(&mut self, key: &str, value: &str, message: impl Into<String>, hint: &str) {
        let key = if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) };
        let (value, message) = (value.to_owned(), message.into());
        self.list.push(Fault { key, value, message, hint: hint.to_owned() });
    }

    fn dataset(&mut self, key: &str, name: &str) -> Option<Dataset> {
        let dataset = Dataset::named(name).filter(|dataset| dataset.is_shippable());
        if dataset.is_none() {
            let hint =
                "order, payment, fulfilment, inventory, support, ad, traffic, app, pipeline, poll";
            self.add(key, name, "which is no dataset of inputs", hint);
        }
        dataset
    }

    /// Opens databases of addresses.
    fn geo(&mut self, paths: &[PathBuf]) -> Arc<geo::Databases> {
        if paths.len() > geo::MOST_DATABASES {
            let hint = "one of places and one of networks";
            self.add("geo", &format!("{} files", paths.len()), "which is more than 4", hint);
        }
        let mut databases = Vec::new();
        for (place, path) in paths.iter().take(geo::MOST_DATABASES).enumerate() {
            match geo::open(path) {
                Ok(database) => databases.push(database),
                Err(error) => {
                    let hint =
                        "unpack a file such as GeoLite2-City.mmdb or GeoLite2-ASN.mmdb and name it";
                    let message = format!("which cannot be used: {error}");
                    let key = format!("geo[{place}]");
                    self.add(&key, &path.display().to_string(), message, hint);
                }
            }
        }
        databases.into()
    }

    fn zone(&mut self, name: Option<&String>) -> Option<TimeZone> {
        let name = name?;
        let zone = TimeZone::get(name).ok();
        if zone.is_none() {
            self.add("timezone", name, "which is no time zone", "a name like Europe/Berlin or UTC");
        }
        zone
    }
}

impl StoreSettings {
    /// Checks the blocks `store` and `redact`; reads the key file.
    ///
    /// Returns nothing when a fault was found; all faults are in the list.
    pub fn check(store: &RawStore, redact: &RawRedact, faults: &mut Vec<Fault>) -> Option<Self> {
        let before = faults.len();
        let mut found = Faults { at: "store", list: faults };
        if !is_shop_id(&store.id) {
            let hint = "1 to 100 characters without spaces and control characters";
            found.add("id", &store.id, "which is no id of a shop", hint);
        }
        let namespace = store.namespace.as_deref().map_or_else(
            || Some(Namespace::default()),
            |text| match text.parse() {
                Ok(namespace) => Some(namespace),
                Err(error) => {
                    let error: event::NotANamespace = error;
                    let message = format!("which cannot be: {error}");
                    found.add("namespace", text, message, "for example default");
                    None
                }
            },
        );
        let zone = match &store.timezone {
            Some(_) => found.zone(store.timezone.as_ref()),
            None => Some(TimeZone::system()),
        };
        if let Some(code) = &store.currency
            && currency::exponent(code).is_none()
        {
            found.add(
                "currency",
                code,
                "which is no currency",
                "a code of ISO 4217, for example EUR",
            );
        }
        let catalogue = store.catalogue.as_deref().and_then(|path| match Catalogue::open(path) {
            Ok(catalogue) => Some(Arc::new(catalogue)),
            Err(error) => {
                let hint = "CSV with the columns sku, category, brand, seller_id, or JSON lines with these keys";
                let message = format!("which cannot be used: {error}");
                found.add("catalogue", &path.display().to_string(), message, hint);
                None
            }
        });
        let geo = found.geo(&store.geo);
        let clients = store.clients.check(&mut found);
        let mut found = Faults { at: "redact", list: faults };
        let pseudonyms = match &redact.key_file {
            None => Some(Pseudonyms::without_key()),
            Some(path) => match Pseudonyms::read(path, redact.key_id.as_deref()) {
                Ok(pseudonyms) => Some(pseudonyms),
                Err(error) => {
                    let hint = "a file of mode 0600 with 16 random bytes or more";
                    let message = format!("which cannot be used: {error}");
                    found.add("key_file", &path.display().to_string(), message, hint);
                    None
                }
            },
        };
        if faults.len() > before {
            return None;
        }
        Some(Self {
            id: store.id.clone(),
            namespace: namespace?,
            zone: zone?,
            currency: store.currency.clone(),
            catalogue,
            geo,
            clients,
            pseudonyms: pseudonyms?,
        })
    }
}

pub(crate) fn is_action(action: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    action.len() <= 64 && action.split_once('.').is_some_and(|(one, two)| word(one) && word(two))
}

fn is_shop_id(id: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    !id.is_empty() && id.len() <= 100 && id.chars().all(plain)
}

impl PipelineSettings {
    /// Returns the value of `store.pipeline.parser`: the schema that is followed, or the format.
    pub(crate) fn parser(&self) -> &str {
        let schema = self.schema.as_deref().map(|schema| schema.name.as_str());
        schema.unwrap_or(self.format.as_str())
    }

    /// Checks the part of an input that says what its lines are; `at` is the path of its block, for example `inputs[0]`.
    ///
    /// Returns nothing when a fault was found; all faults are in the list.
    pub fn check(raw: &RawPipeline, at: &str, faults: &mut Vec<Fault>) -> Option<Self> {
        let before = faults.len();
        let mut found = Faults { at, list: faults };
        let mut datasets = found.dataset("dataset", &raw.dataset).map(Datasets::only);
        for (place, name) in raw.also.iter().enumerate() {
            if let (Some(other), Some(datasets)) =
                (found.dataset(&format!("also[{place}]"), name), &mut datasets)
            {
                datasets.add(other);
            }
        }
        let zone = found.zone(raw.timezone.as_ref());
        for (theirs, ours) in &raw.mapping {
            if !keys::is_known(ours) {
                let hint = "a key of the native form or a field of the dictionary";
                found.add(&format!("mapping.{theirs}"), ours, "which is no field", hint);
            }
        }
        let mut routes = Vec::new();
        for (place, text) in raw.routes.iter().enumerate() {
            match Template::parse(text) {
                Some(template) => routes.push(template),
                None => found.add(
                    &format!("routes[{place}]"),
                    text,
                    "which is no template of a route",
                    "for example /product/{id}, * for all that follows",
                ),
            }
        }
        let trusted_proxies = match &raw.trusted_proxies {
            None => Network::private(),
            Some(list) => {
                let mut networks = Vec::new();
                for (place, text) in list.iter().enumerate() {
                    match text.parse() {
                        Ok(network) => networks.push(network),
                        Err(_) => found.add(
                            &format!("trusted_proxies[{place}]"),
                            text,
                            "which is no address or network",
                            "for example 10.0.0.0/8",
                        ),
                    }
                }
                networks
            }
        };
        if let Some(action) = &raw.action
            && !is_action(action)
        {
            let hint = "two words with a dot between, for example order.changed";
            found.add("action", action, "which is no action", hint);
        }
        let schema = raw.parse.schema.as_deref().and_then(|name| match Schema::find(name) {
            Ok(schema) => Some(Arc::new(schema)),
            Err(refusal) => {
                let hint = "a schema that ships with the program, or a path with a slash";
                found.add("parse.schema", name, refusal, hint);
                None
            }
        });
        // A schema is configuration: what its rules say may choose a stream, as `also` does.
        if let (Some(schema), Some(datasets)) = (&schema, &mut datasets) {
            schema.actions().filter_map(Dataset::of_action).for_each(|other| datasets.add(other));
        }
        let noise = raw.noise.check(&mut found);
        let own = Own::check(raw.format, &raw.parse, &mut found);
        if let Some(key) = &raw.key {
            let paths = [("key.id", Some(&key.id)), ("key.modified", key.modified.as_ref())];
            for (name, path) in paths {
                if path.is_some_and(|path| path.trim().is_empty()) {
                    found.add(name, "empty", "which names nothing in a row", "a dotted path");
                }
            }
        }
        if faults.len() > before {
            return None;
        }
        Some(Self {
            format: raw.format,
            datasets: datasets?,
            provider: raw.provider.clone(),
            action: raw.action.clone(),
            key: raw.key.clone(),
            service: raw.service.clone(),
            // The input's own word counts, then that of its platform, then the shop's.
            zone: zone.or_else(|| schema.as_ref().and_then(|schema| schema.zone.clone())),
            dates: raw.parse.dates,
            epoch: raw.parse.epoch,
            schema,
            own,
            mapping: raw.mapping.clone(),
            routes,
            trusted_proxies,
            noise,
            keep_original: raw.keep_original,
        })
    }
}

#[cfg(test)]
mod tests;

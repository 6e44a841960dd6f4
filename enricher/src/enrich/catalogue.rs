//! The shop's catalogue: what a product is, by its SKU, for events that do not say.
//!
//! A file of the shop's own, as CSV with the columns `sku`, `category`, `brand`, `seller_id` in any order, or as one JSON object a
//! line with these keys. A category is a path: `Shoes/Running`, or a list in JSON. The file is read again when it has changed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use event::{Document, Field};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::watched::{Watched, is_longer};
use crate::parse::own::cells::Cells;

/// The largest file that is read: some two million products.
const MOST_BYTES: u64 = 256 << 20;

/// What is known of a product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Product {
    category: Vec<Box<str>>,
    brand: Box<str>,
    seller: Box<str>,
}

/// The products of a shop; all pipelines share them.
#[derive(Debug)]
pub(crate) struct Catalogue(Watched<Products, CatalogueError>);

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// It is too long.
    #[error("it is longer than {} MiB", MOST_BYTES >> 20)]
    TooLong,
    /// It has no column of SKUs.
    #[error("its first line names no column `sku`")]
    NoSku,
    /// A line is no product.
    #[error("line {0} is no product")]
    NotAProduct(usize),
}

/// A line of a catalogue in JSON.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    sku: Text<'a>,
    #[serde(borrow, default)]
    category: Option<PathText<'a>>,
    #[serde(borrow, default)]
    brand: Option<Text<'a>>,
    #[serde(borrow, default)]
    seller_id: Option<Text<'a>>,
}

/// Text, or a number as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text<'a> {
    Written(Cow<'a, str>),
    Number(serde_json::Number),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PathText<'a> {
    Parts(Vec<Cow<'a, str>>),
    Whole(Text<'a>),
}

impl Text<'_> {
    fn into_box(self) -> Box<str> {
        match self {
            Self::Written(text) => text.trim_ascii().into(),
            Self::Number(number) => number.to_string().into(),
            Self::Other(IgnoredAny) => Box::default(),
        }
    }
}

impl Catalogue {
    /// Reads a catalogue.
    pub(crate) fn open(path: &Path) -> Result<Self, CatalogueError> {
        Watched::open("catalogue", path, read).map(Self)
    }

    /// Says what an event does not say of its product.
    pub(super) fn complete(&self, document: &mut Document, now: Timestamp) {
        let Some(sku) = document.text(Field::StoreProductSku) else { return };
        let products = self.0.at(now);
        let Some(product) = products.get(sku) else { return };
        if !product.category.is_empty() && !document.has(Field::StoreProductCategory) {
            let parts: Vec<&str> = product.category.iter().map(AsRef::as_ref).collect();
            match *parts {
                [one] => document.set_text(Field::StoreProductCategory, one),
                _ => document.set_list(Field::StoreProductCategory, &parts),
            }
        }
        for (field, text) in [
            (Field::StoreProductBrand, &product.brand),
            (Field::StoreProductSellerId, &product.seller),
        ] {
            if !text.is_empty() && !document.has(field) {
                document.set_text(field, text);
            }
        }
    }
}

type Products = HashMap<Box<str>, Product>;

fn read(path: &Path) -> Result<Products, CatalogueError> {
    if is_longer(path, MOST_BYTES)? {
        return Err(CatalogueError::TooLong);
    }
    let text = fs::read_to_string(path)?;
    let text = text.trim_start_matches('\u{feff}');
    let is_json = text.trim_ascii_start().starts_with('{');
    if is_json { of_json(text) } else { of_columns(text) }
}

fn of_json(text: &str) -> Result<Products, CatalogueError> {
    let mut products = Products::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let row: Row<'_> =
            serde_json::from_str(line).map_err(|_| CatalogueError::NotAProduct(at + 1))?;
        let category = match row.category {
            Some(PathText::Parts(parts)) => {
                parts.iter().map(|part| part.trim_ascii().into()).collect()
            }
            Some(PathText::Whole(text)) => parts(&text.into_box()),
            None => Vec::new(),
        };
        let brand = row.brand.map(Text::into_box).unwrap_or_default();
        let seller = row.seller_id.map(Text::into_box).unwrap_or_default();
        products.insert(row.sku.into_box(), Product { category, brand, seller });
    }
    Ok(products)
}

fn of_columns(text: &str) -> Result<Products, CatalogueError> {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let delimiter = [";", "\t"].into_iter().find(|other| header.contains(other)).unwrap_or(",");
    let names: Vec<String> =
        Cells::new(header, delimiter, Some('"')).map(|name| name.to_ascii_lowercase()).collect();
    let place = |name: &str| names.iter().position(|known| known == name);
    let sku = place("sku").ok_or(CatalogueError::NoSku)?;
    let (category, brand, seller) = (place("category"), place("brand"), place("seller_id"));
    let mut products = Products::new();
    for (at, line) in lines.enumerate().filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let cells: Vec<_> = Cells::new(line, delimiter, Some('"')).collect();
        let cell =
            |place: Option<usize>| place.and_then(|place| cells.get(place)).map(AsRef::as_ref);
        let name = cell(Some(sku)).filter(|sku| !sku.is_empty());
        let name = name.ok_or(CatalogueError::NotAProduct(at + 2))?;
        let product = Product {
            category: parts(cell(category).unwrap_or_default()),
            brand: cell(brand).unwrap_or_default().into(),
            seller: cell(seller).unwrap_or_default().into(),
        };
        products.insert(name.into(), product);
    }
    Ok(products)
}

/// Divides `Shoes/Running` and `Shoes > Running`.
fn parts(path: &str) -> Vec<Box<str>> {
    let parts = path.split(['/', '>']).map(str::trim_ascii);
    parts.filter(|part| !part.is_empty()).map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn document(catalogue: &Catalogue, sku: &str, seconds: i64) -> String {
        let mut document = Document::new();
        document.set_text(Field::StoreProductSku, sku);
        catalogue.complete(&mut document, Timestamp::from_second(seconds).unwrap());
        document.remove(Field::StoreProductSku);
        document.to_json()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_product_is_known_from_columns_and_from_json() {
        let want = r#"{"store":{"product":{"brand":"Fleet","category":["Shoes","Running"],"seller_id":"7"}}}"#;
        for text in [
            "sku,brand,category,seller_id\nA-1,Fleet,Shoes/Running,7\n",
            "\u{feff}Category;SKU;seller_id;Brand\n\"Shoes > Running\";A-1;7;Fleet\n",
            "{\"sku\":\"A-1\",\"category\":[\"Shoes\",\"Running\"],\"brand\":\"Fleet\",\"seller_id\":7,\"price\":[1]}\n\n",
        ] {
            let file = file(text);
            let catalogue = Catalogue::open(file.path()).unwrap();
            assert_eq!(document(&catalogue, "A-1", 0), want, "{text}");
            assert_eq!(document(&catalogue, "A-2", 0), "{}");
        }
    }

    #[test]
    fn what_an_event_says_itself_stays() {
        let file = file("sku,brand,category\nA-1,Fleet,Shoes\n");
        let catalogue = Catalogue::open(file.path()).unwrap();
        let mut document = Document::new();
        document.set_text(Field::StoreProductSku, "A-1");
        document.set_text(Field::StoreProductBrand, "Other");
        catalogue.complete(&mut document, Timestamp::UNIX_EPOCH);
        assert_eq!(document.text(Field::StoreProductBrand), Some("Other"));
        assert_eq!(document.text(Field::StoreProductCategory), Some("Shoes"));
    }

    #[test]
    fn a_file_that_changed_is_read_again_and_a_broken_one_changes_nothing() {
        let mut file = file("sku,brand\nA-1,Old\n");
        let catalogue = Catalogue::open(file.path()).unwrap();
        let brand = |name: &str| format!("{{\"store\":{{\"product\":{{\"brand\":\"{name}\"}}}}}}");
        assert_eq!(document(&catalogue, "A-1", 0), brand("Old"));
        file.write_all(b"A-1,Newer\n").unwrap();
        assert_eq!(document(&catalogue, "A-1", 9), brand("Old"), "looked at a moment ago");
        assert_eq!(document(&catalogue, "A-1", 10), brand("Newer"));
        file.write_all(b",no sku\n").unwrap();
        assert_eq!(document(&catalogue, "A-1", 60), brand("Newer"));
    }

    #[test]
    fn what_is_wrong_with_a_catalogue_is_told() {
        let refusal = |text: &str| Catalogue::open(file(text).path()).unwrap_err().to_string();
        assert_eq!(refusal("name,brand\nA-1,x\n"), "its first line names no column `sku`");
        assert_eq!(refusal("sku\nA-1\n\"\"\n"), "line 3 is no product");
        assert_eq!(refusal("{\"sku\":\"A\"}\n{\"brand\":\"x\"}\n"), "line 2 is no product");
        assert!(Catalogue::open(Path::new("/nowhere/at/all")).is_err());
    }
}

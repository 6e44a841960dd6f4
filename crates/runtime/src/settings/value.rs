//! Single values from their text.

use std::str::FromStr;

use serde::de::Visitor;

use super::fault::Fault;

/// Reads a whole number; `_` may part its digits.
pub(super) fn whole<T: FromStr + Bounds>(text: &str) -> Result<T, Fault> {
    let digits = text.replace('_', "");
    if let Ok(value) = digits.parse() {
        return Ok(value);
    }
    // Too large, too small, or no whole number at all: the person needs to know which.
    match digits.parse::<i128>() {
        Ok(_) => Err(Fault::wrong(format!("which is not between {} and {}", T::LEAST, T::MOST))),
        Err(_) => Err(Fault::wrong("which is not a whole number")),
    }
}

/// The range of a type, for the finding.
pub(super) trait Bounds {
    const LEAST: i128;
    const MOST: i128;
}

macro_rules! bounds {
    ($($type:ty)*) => {
        $(
            impl Bounds for $type {
                const LEAST: i128 = <$type>::MIN as i128;
                const MOST: i128 = <$type>::MAX as i128;
            }
        )*
    };
}

bounds! { i8 i16 i32 i64 u8 u16 u32 u64 }

/// Reads a number.
pub(super) fn number(text: &str) -> Result<f64, Fault> {
    match text.replace('_', "").parse::<f64>() {
        // "inf" and "nan" parse too, and no setting means them.
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) | Err(_) => Err(Fault::wrong("which is not a number")),
    }
}

/// Reads `true` or `false`, and nothing that only looks like them.
pub(super) fn truth(text: &str) -> Result<bool, Fault> {
    match text {
        "true" | "True" | "TRUE" => Ok(true),
        "false" | "False" | "FALSE" => Ok(false),
        _ => Err(Fault::wrong("which is not true or false")),
    }
}

/// Gives a value to somebody who takes any type, as YAML would understand it.
pub(super) fn guess<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Fault> {
    if let Ok(value) = truth(text) {
        return visitor.visit_bool(value);
    }
    if let Ok(value) = text.parse() {
        return visitor.visit_u64(value);
    }
    if let Ok(value) = text.parse() {
        return visitor.visit_i64(value);
    }
    let numeric = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    match number(text) {
        Ok(value) if numeric => visitor.visit_f64(value),
        Ok(_) | Err(_) => visitor.visit_str(text),
    }
}

//! What a rule may say of its model.

use expect_test::{Expect, expect};

use super::series::{CONFIGS, config};
use crate::model::{ModelConfig, RawModelConfig};

fn check(text: &str, wanted: &Expect) {
    let raw: Result<RawModelConfig, _> = serde_json::from_str(text);
    let said = match raw {
        Err(error) => error.to_string(),
        Ok(raw) => match ModelConfig::try_from(raw) {
            Ok(config) => serde_json::to_string(&config).unwrap(),
            Err(error) => error.to_string(),
        },
    };
    wanted.assert_eq(&said);
}

#[test]
fn defaults_are_filled_in() {
    check(
        r#"{"moving": {}}"#,
        &expect![[
            r#"{"moving":{"threshold":4.0,"sides":"both","floors":{"high":{"absolute":0.0,"relative":0.0,"value":null},"low":{"absolute":0.0,"relative":0.0,"value":null}},"window":60,"limit":"history"}}"#
        ]],
    );
    check(
        r#"{"variation": {"guard": 2}}"#,
        &expect![[r#"{"variation":{"threshold":4.0,"window":30,"limit":0.5,"guard":2.0}}"#]],
    );
    check(
        r#"{"seasonal_count": {"sides": "low"}}"#,
        &expect![[
            r#"{"seasonal_count":{"threshold":5.0,"sides":"low","floors":{"high":{"absolute":0.0,"relative":0.0,"value":null},"low":{"absolute":0.0,"relative":0.0,"value":null}},"guard":5.0,"warm_up_days":14}}"#
        ]],
    );
    check(
        r#"{"ratio": {"floors": {"high": {"relative": 1}}}}"#,
        &expect![[
            r#"{"ratio":{"threshold":4.0,"sides":"both","floors":{"high":{"absolute":0.0,"relative":1.0,"value":null},"low":{"absolute":0.0,"relative":0.0,"value":null}},"guard":0.0}}"#
        ]],
    );
    check(
        r#"{"threshold": {"upper": 3}}"#,
        &expect![[r#"{"threshold":{"upper":3.0,"lower":null}}"#]],
    );
}

#[test]
fn what_is_out_of_range_is_named_with_its_range() {
    check(
        r#"{"moving": {"threshold": 0.1}}"#,
        &expect!["moving.threshold is 0.1, which is not between 0.5 and 30"],
    );
    check(
        r#"{"moving": {"window": 29}}"#,
        &expect!["moving.window is 29, which is not between 30 and 10000"],
    );
    check(
        r#"{"moving": {"limit": -3}}"#,
        &expect!["moving.limit is -3, which is not between 0.001 and 1000000"],
    );
    check(
        r#"{"variation": {"guard": -1}}"#,
        &expect!["variation.guard is -1, which is not between 0 and 1000000000000000"],
    );
    check(
        r#"{"seasonal_count": {"warm_up_days": 6}}"#,
        &expect!["seasonal_count.warm_up_days is 6, which is not between 7 and 56"],
    );
    check(
        r#"{"ratio": {"floors": {"low": {"absolute": -0.1}}}}"#,
        &expect!["ratio.floors.low.absolute is -0.1, which is not between 0 and 1000000000000000"],
    );
}

#[test]
fn a_threshold_needs_a_bound_and_its_bounds_an_order() {
    check(
        r#"{"threshold": {}}"#,
        &expect!["threshold is without bounds, which is not enough: set `upper`, `lower` or both"],
    );
    check(
        r#"{"invariant": {"upper": 1, "lower": 1}}"#,
        &expect!["invariant.upper is 1, which is not above `lower`, 1"],
    );
}

#[test]
fn unknown_keys_and_models_are_refused() {
    check(
        r#"{"moving": {"windows": 60}}"#,
        &expect![
            "unknown field `windows`, expected one of `threshold`, `sides`, `floors`, `window`, `limit` at line 1 column 21"
        ],
    );
    check(
        r#"{"arima": {}}"#,
        &expect![
            "unknown variant `arima`, expected one of `threshold`, `invariant`, `moving`, `variation`, `seasonal_count`, `ratio` at line 1 column 8"
        ],
    );
    check(
        r#"{"moving": {"limit": "never"}}"#,
        &expect!["expected a number or `history` at line 1 column 29"],
    );
}

#[test]
fn numbers_that_are_none_lie_in_no_range() {
    let raw = crate::model::config::RawRatio { threshold: f64::NAN, ..Default::default() };
    let error = ModelConfig::try_from(RawModelConfig::Ratio(raw)).unwrap_err();
    assert_eq!(error.to_string(), "ratio.threshold is NaN, which is not between 0.5 and 30");
}

#[test]
fn every_configuration_survives_being_written() {
    for text in CONFIGS {
        let config = config(text);
        let again: ModelConfig =
            serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config, "{text}");
    }
}

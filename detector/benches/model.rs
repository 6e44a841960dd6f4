//! Microseconds a bucket: each model judges and learns a day of buckets of a series that it knows for three weeks.

use std::hint::black_box;
use std::time::Duration;

use detector::model::chance::SplitMix64;
use detector::model::{Bucket, Model, ModelConfig, Reading, SlotCount, Start, build};
use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::{Timestamp, tz::TimeZone};

const FIVE_MINUTES: Duration = Duration::from_mins(5);
const A_DAY: usize = 288;
const TAUGHT: usize = 21 * A_DAY;

fn main() {
    divan::main();
}

/// Buckets of a shop: the hour of the day, and noise of about the square root.
fn shop(mean: f64, reading: impl Fn(f64, &mut SplitMix64) -> Reading) -> Vec<Bucket> {
    let slots = SlotCount::of_span(FIVE_MINUTES);
    let mut chance = SplitMix64::new(1);
    let mut start: Timestamp = "2026-03-01T00:00:00Z".parse().expect("a time that is written here");
    let mut buckets = Vec::new();
    for place in 0..TAUGHT + A_DAY {
        let hour = (place % A_DAY) as f64 / A_DAY as f64;
        let due = mean * (1.0 + 0.8 * (std::f64::consts::TAU * hour - 1.5).sin());
        let noise = (0..12).map(|_| chance.uniform()).sum::<f64>() - 6.0;
        let count = (due + due.sqrt() * noise).round().max(0.0);
        let place = slots.at(start, &TimeZone::UTC);
        buckets.push(Bucket { start, slots: place, reading: reading(count, &mut chance) });
        start += FIVE_MINUTES;
    }
    buckets
}

/// Measures the last day of the shop on copies of the model that knows the rest.
fn judge(bencher: Bencher<'_, '_>, config: &str, buckets: &[Bucket]) {
    let config: ModelConfig = serde_json::from_str(config).expect("a model that is written here");
    let slots = SlotCount::of_span(FIVE_MINUTES);
    let mut taught = build(&config, slots, 1, Start::Cold).expect("a cold start restores nothing");
    let (before, day) = buckets.split_at(TAUGHT);
    for bucket in before {
        taught.step(bucket);
    }
    bencher.counter(ItemsCount::new(A_DAY)).with_inputs(|| taught.fork()).bench_local_values(
        |mut model: Box<dyn Model>| {
            for bucket in day {
                black_box(model.step(black_box(bucket)));
            }
            model
        },
    );
}

fn count(count: f64, _: &mut SplitMix64) -> Reading {
    Reading::Value { value: count, n: count }
}

fn share(count: f64, chance: &mut SplitMix64) -> Reading {
    Reading::Share { part: (count * 0.03 * 2.0 * chance.uniform()).round(), whole: count }
}

#[divan::bench(args = [5.0, 25.0, 500.0, 50_000.0])]
fn seasonal_count(bencher: Bencher<'_, '_>, mean: f64) {
    judge(bencher, r#"{"seasonal_count": {}}"#, &shop(mean, count));
}

/// Half of all events are missing, so every window computes its tail.
#[divan::bench(args = [25.0, 500.0])]
fn seasonal_count_in_trouble(bencher: Bencher<'_, '_>, mean: f64) {
    let mut buckets = shop(mean, count);
    for bucket in &mut buckets[TAUGHT..] {
        if let Reading::Value { value, n: _ } = &mut bucket.reading {
            *value = (*value * 0.5).round();
        }
    }
    judge(bencher, r#"{"seasonal_count": {}}"#, &buckets);
}

#[divan::bench(args = [30.0, 1_000.0, 100_000.0])]
fn ratio(bencher: Bencher<'_, '_>, whole: f64) {
    judge(bencher, r#"{"ratio": {}}"#, &shop(whole, share));
}

#[divan::bench]
fn moving(bencher: Bencher<'_, '_>) {
    judge(bencher, r#"{"moving": {}}"#, &shop(500.0, count));
}

#[divan::bench]
fn variation(bencher: Bencher<'_, '_>) {
    judge(bencher, r#"{"variation": {}}"#, &shop(500.0, count));
}

/// What a young bucket costs before it is judged.
#[divan::bench(args = [r#"{"seasonal_count": {}}"#, r#"{"moving": {}}"#, r#"{"ratio": {}}"#])]
fn fork(bencher: Bencher<'_, '_>, config: &str) {
    let config: ModelConfig = serde_json::from_str(config).expect("a model that is written here");
    let slots = SlotCount::of_span(FIVE_MINUTES);
    let model = build(&config, slots, 1, Start::Cold).expect("a cold start restores nothing");
    bencher.bench_local(|| model.fork());
}

//! Building a bulk request, gzip included: what each event pays on its way out.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use elastic::BulkBuilder;

const DOCUMENTS: usize = 2_000;

fn main() {
    divan::main();
}

/// Returns documents as long and as alike as those of an access log.
fn documents() -> Vec<(String, String)> {
    (0..DOCUMENTS)
        .map(|n| {
            let document = serde_json::json!({
                "@timestamp": format!("2026-03-01T10:{:02}:{:02}.{:03}Z", n / 60 % 60, n % 60, n % 1_000),
                "event": { "dataset": "store.traffic", "action": "request", "outcome": "success", "id": format!("{n:022}") },
                "http": { "request": { "method": "GET" }, "response": { "status_code": 200, "bytes": n * 7_919 % 50_000 } },
                "url": { "path": format!("/product/{}", n * 31 % 997), "query": format!("ref=mail&page={}", n % 9) },
                "client": { "ip": format!("203.0.113.{}", n % 256) },
                "user_agent": { "original": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36" },
                "event_original": format!("203.0.113.{} - - [01/Mar/2026:10:00:00 +0000] \"GET /product/{} HTTP/1.1\" 200 {}", n % 256, n * 31 % 997, n),
            });
            (format!("{n:022}"), document.to_string())
        })
        .collect()
}

#[divan::bench]
fn build_and_pack(bencher: Bencher<'_, '_>) {
    let documents = documents();
    let mut builder = BulkBuilder::new();
    let bytes: usize = documents.iter().map(|(_, json)| json.len()).sum();
    bencher.counter(ItemsCount::new(DOCUMENTS)).counter(BytesCount::new(bytes)).bench_local(|| {
        for (id, json) in &documents {
            builder.push(id, json.as_bytes());
        }
        builder.finish()
    });
}

//! Which gzip level: time and size for a bulk body of access documents, level by level.
//!
//! The size of each body is printed before the times, since both decide: what is saved here is paid for on the wire and
//! again by the cluster, which unpacks it.
#![allow(missing_docs, reason = "a bench")]
#![allow(clippy::print_stdout, reason = "a bench tells what it measures")]

use std::fmt::Write;
use std::hint::black_box;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use flate2::{Compress, Compression, FlushCompress, Status};

/// As many documents as the shipper puts into a request at most.
const DOCUMENTS: usize = 2_000;
/// As the builder of requests hands them over.
const CHUNK: usize = 64 << 10;
const LEVELS: [u32; 4] = [0, 1, 2, 3];

fn main() {
    let body = body();
    for level in LEVELS {
        let packed = pack(&mut encoder(level), &body, Vec::new()).len();
        let share = body.len() as f64 / packed as f64;
        println!(
            "level {level}: {packed} bytes of {}, {share:.2} : 1, {} bytes a document",
            body.len(),
            packed / DOCUMENTS
        );
    }
    divan::main();
}

/// What sending without gzip costs: a copy.
#[divan::bench]
fn none(bencher: Bencher<'_, '_>) {
    let body = body();
    bencher
        .counter(ItemsCount::new(DOCUMENTS))
        .counter(BytesCount::new(body.len()))
        .bench_local(|| black_box(body.clone()));
}

#[divan::bench(args = LEVELS)]
fn level(bencher: Bencher<'_, '_>, level: u32) {
    let body = body();
    let mut encoder = encoder(level);
    bencher
        .counter(ItemsCount::new(DOCUMENTS))
        .counter(BytesCount::new(body.len()))
        .bench_local(|| pack(&mut encoder, &body, Vec::with_capacity(body.len() / 4)));
}

fn encoder(level: u32) -> Compress {
    Compress::new_gzip(Compression::new(level), 15)
}

fn pack(encoder: &mut Compress, body: &[u8], mut packed: Vec<u8>) -> Vec<u8> {
    encoder.reset();
    for chunk in body.chunks(CHUNK) {
        let before = encoder.total_in();
        while encoder.total_in() - before < chunk.len() as u64 {
            let taken = usize::try_from(encoder.total_in() - before).unwrap_or(chunk.len());
            packed.reserve(16 << 10);
            let rest = chunk.get(taken..).unwrap_or_default();
            if encoder.compress_vec(rest, &mut packed, FlushCompress::None).is_err() {
                return packed;
            }
        }
    }
    loop {
        packed.reserve(16 << 10);
        match encoder.compress_vec(&[], &mut packed, FlushCompress::Finish) {
            Ok(Status::Ok | Status::BufError) => {}
            Ok(Status::StreamEnd) | Err(_) => return packed,
        }
    }
}

/// Returns a body as the shipper writes it for access lines: the same members, and what varies varies.
fn body() -> Vec<u8> {
    let mut text = String::with_capacity(DOCUMENTS * 1_500);
    for n in 0..DOCUMENTS {
        // Numbers that are spread, and the same in each run.
        let spread = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let offset = n * 234;
        let id = format!("Dfpng3uX5lA{:0>8}AAA", base(n as u64 * 977));
        let product = spread % 997;
        let agent = AGENTS.get(n % AGENTS.len()).copied().unwrap_or_default();
        let (second, millis) = (n / 40 % 60, n * 25 % 1_000);
        // Writing to a string does not fail.
        write!(
            text,
            r#"{{"create":{{"_id":"{id}"}}}}
{{"@timestamp":"2026-11-25T22:00:{second:02}.000Z","agent":{{"id":"nBzZmfx8l9k9ttK2t42G-g","type":"shipper","version":"0.1.0"}},"data_stream":{{"dataset":"store.traffic","namespace":"default","type":"logs"}},"ecs":{{"version":"8.11.0"}},"event":{{"action":"http.request","category":"web","created":"2026-11-25T22:00:{second:02}.{millis:03}Z","dataset":"store.traffic","duration":{}000000,"id":"{id}","kind":"event","module":"store","outcome":"success","provider":"nginx","type":"access"}},"host":{{"name":"shop-web-1"}},"http":{{"request":{{"method":"GET","referrer":"https://shop.example/"}},"response":{{"body":{{"bytes":{}}},"status_code":200}},"version":"1.1"}},"log":{{"file":{{"path":"/var/log/nginx/access.log"}}}},"message":"GET /product/{product} 200","source":{{"address":"203.0.{}.0","ip":"203.0.{}.0"}},"store":{{"client":{{"class":"human"}},"extra":{{"upstream_ms":{}}},"id":"my-shop","origin":{{"end":{},"file_id":"Dfpng3uX5lCOAIesTnF73w","offset":{offset}}},"pipeline":{{"key_kind":"origin","late_ms":{},"parse_status":"ok","parser":"combined"}},"route":"/product/{{id}}"}},"url":{{"original":"/product/{product}?page={}","path":"/product/{product}","query":"page={}"}},"user_agent":{{"name":"Chrome","original":"{agent}","os":{{"name":"Linux"}},"version":"126.0.0.0"}}}}
"#,
            10 + spread % 400,
            1_000 + spread % 60_000,
            spread % 200,
            spread % 200,
            9 + spread % 400,
            offset + 234,
            spread % 900,
            spread % 9,
            spread % 9,
        )
        .ok();
    }
    text.into_bytes()
}

const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
];

/// Returns a number in letters, as ids ascend.
fn base(mut number: u64) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut letters = Vec::new();
    while number > 0 {
        let place = usize::try_from(number % 64).unwrap_or_default();
        letters.push(alphabet.get(place).copied().map_or('A', char::from));
        number /= 64;
    }
    letters.iter().rev().collect()
}

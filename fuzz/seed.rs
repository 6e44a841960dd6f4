//! Writes small inputs of our own making for each target.

use std::fs;
use std::io;
use std::path::Path;

/// `printf 'one\ntwo\n' | gzip -n`, and half of it.
const GZIP: [u8; 28] = [0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xFF, 0xCB, 0xCF, 0x4B, 0xE5, 0x2A, 0x29, 0xCF, 0xE7, 0x02, 0x00, 0xE6, 0x0B, 0xBA, 0x12, 0x08, 0x00, 0x00, 0x00];

fn main() -> io::Result<()> {
    let texts: [&[u8]; 6] = [
        b"one\r\ntwo\n\n\0\0three\n",
        b"ERROR failed\njava.lang.Error: x\n\tat A.b(A.java:1)\nnext\n",
        b"Traceback (most recent call last):\n  File \"a.py\"\nKeyError: 'x'\nnext\n",
        b"2026-01-02T03:04:05Z stdout P one\n2026-01-02T03:04:05Z stderr F two\n2026-01-02T03:04:05Z stdout F three\n",
        b"{\"log\":\"one\",\"stream\":\"stdout\"}\n{\"log\":\"two\\n\",\"stream\":\"stdout\"}\n",
        b"\xb6\xa9\xb5\xa5\ncaf\xe9\n",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        for choice in 0..16_u8 {
            for target in ["framing", "multiline"] {
                write(target, &format!("{number}-{choice}"), &[&[choice * 16 + choice, 5], text].concat())?;
            }
        }
    }
    write("gzip", "whole", &[&[3, 3], &GZIP[..]].concat())?;
    write("gzip", "cut", &[&[3, 3], &GZIP[..15]].concat())?;
    write("gzip", "two", &[&[3, 3], &GZIP[..], &GZIP[..]].concat())
}

fn write(target: &str, name: &str, input: &[u8]) -> io::Result<()> {
    let folder = Path::new("corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), input)
}

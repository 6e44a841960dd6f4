//! Decompresses any bytes, in one block and in small ones.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shipper::lines::gzip::{Fault, Inflater, Step};

fn text(file: &[u8], block: usize, room: usize) -> (Vec<u8>, Option<Fault>, Option<Fault>) {
    let mut inflater = Inflater::new();
    let (mut text, mut space) = (Vec::new(), vec![0; room]);
    for block in file.chunks(block) {
        let mut rest = block;
        // A small input may hold a large text.
        while text.len() < 1 << 20 {
            let step = inflater.step(rest, &mut space);
            text.extend_from_slice(space.get(..step.given).unwrap_or_default());
            rest = rest.get(step.taken..).unwrap_or_default();
            if step == Step::default() {
                break;
            }
        }
    }
    (text, inflater.cut(), inflater.take_fault())
}

fuzz_target!(|input: &[u8]| {
    let [block, room, file @ ..] = input else { return };
    let whole = text(file, file.len().max(1), 4_096);
    let parts = text(file, usize::from(*block).max(1), usize::from(*room).max(1));
    if whole.0.len() < 1 << 20 {
        assert_eq!(whole, parts);
    }
});

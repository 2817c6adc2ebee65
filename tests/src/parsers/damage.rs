//! What is done to a file: a few places changed at random, repeatably.

use rand_core::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Numbers at which sizes, counts and offsets go wrong.
const NUMBERS: [u64; 10] = [0, 1, 2, 0x7f, 0xff, 0xffff, 0x7fff_ffff, u64::MAX, 1 << 40, 1 << 63];
/// Texts at which numbers, tables and nested values go wrong.
const TEXTS: [&[u8]; 14] = [
    b"NaN",
    b"inf",
    b"-inf",
    b"1e999",
    b"-1",
    b"4294967296",
    b"[[[[",
    b"null",
    b"{\"a\":",
    b"\t\t\t",
    b"|||",
    b"\"\"\"",
    b"\r\n\n",
    "é\u{130}ß".as_bytes(),
];
/// Characters that separate, quote and end.
const MARKS: &[u8; 23] = b"\t\n\r\",#_-+.eE0 \xff\0{}[]:|=";

/// A number below `bound`.
pub fn below(random: &mut Xoshiro256PlusPlus, bound: usize) -> usize {
    (random.next_u64() % bound.max(1) as u64) as usize
}

/// Changes one to eight places: a bit, a byte, a telling number or text, a piece copied, taken out or put in twice, the
/// length.
pub fn damage(bytes: &mut Vec<u8>, text: bool, random: &mut Xoshiro256PlusPlus) {
    for _ in 0..=below(random, 8) {
        if bytes.is_empty() {
            return;
        }
        // Structure lies at the front: it is damaged more often.
        let reach = if below(random, 3) == 0 { 4096.min(bytes.len()) } else { bytes.len() };
        let at = below(random, reach);
        match below(random, 8) {
            0 => bytes[at] ^= 1 << below(random, 8),
            1 => bytes[at] = below(random, 256) as u8,
            2 if text => bytes[at] = MARKS[below(random, MARKS.len())],
            3 if text => {
                bytes.splice(at..at, TEXTS[below(random, TEXTS.len())].iter().copied());
            }
            2 | 3 => {
                let number = NUMBERS[below(random, NUMBERS.len())].to_le_bytes();
                let width = [1, 2, 4, 8][below(random, 4)];
                bytes[at..].iter_mut().zip(number).take(width).for_each(|(byte, new)| *byte = new);
            }
            4 => {
                let (from, length) = (below(random, bytes.len()), below(random, 64));
                let piece: Vec<u8> = bytes[from..].iter().take(length).copied().collect();
                bytes[at..].iter_mut().zip(piece).for_each(|(byte, new)| *byte = new);
            }
            5 => {
                let from = below(random, bytes.len());
                let piece: Vec<u8> = bytes[from..].iter().take(below(random, 200)).copied().collect();
                bytes.splice(at..at, piece);
            }
            6 => {
                let length = below(random, 40).min(bytes.len() - at);
                bytes.drain(at..at + length);
            }
            _ if below(random, 8) == 0 => bytes.truncate(at.max(1)),
            _ => bytes[at] = bytes[at].wrapping_add(1 + below(random, 3) as u8),
        }
    }
}

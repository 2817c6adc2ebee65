//! Deflate (RFC 1950, 1951) for numbers of four bytes that HDF5 shuffles: all first bytes, all second ones, and so on. Each
//! such plane has a block of its own, as counts and their columns need it: bytes alike are a run of the byte before, the
//! others have Huffman codes, and what has none to gain is stored. Nothing is searched for, so that packing costs a tenth
//! of what a general encoder's does, for the same size.

mod bits;
mod huffman;

use bits::Bits;
use huffman::{Code, codes};

/// Symbols of literals and lengths: bytes, the end, lengths.
const SYMBOLS: usize = 286;
/// The end of a block.
const END: usize = 256;
/// Shorter runs are cheaper as literals.
const LEAST_RUN: usize = 10;
/// Longest run of one symbol.
const MOST_RUN: usize = 258;
/// Shortest length of the symbols from 257, and how many further bits they have.
const LENGTHS: [(usize, u32); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
/// The order in which lengths of the codes for code lengths are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// A zlib stream of the shuffled bytes of these words.
pub(crate) fn shuffled(words: &[u32]) -> Vec<u8> {
    let mut bits = Bits::after(vec![0x78, 0x01]);
    let mut adler = simd_adler32::Adler32::new();
    let mut plane = vec![0; words.len()];
    for byte in 0..4 {
        plane.iter_mut().zip(words).for_each(|(to, word)| *to = (word >> (8 * byte)) as u8);
        adler.write(&plane);
        // A stored block holds no more; planes of a chunk are shorter.
        let mut blocks = plane.chunks(65_535).peekable();
        while let Some(bytes) = blocks.next() {
            block(&mut bits, bytes, byte == 3 && blocks.peek().is_none());
        }
    }
    if words.is_empty() {
        block(&mut bits, &[], true);
    }
    bits.bytes(&adler.finish().to_be_bytes());
    bits.finish()
}

fn block(bits: &mut Bits, bytes: &[u8], last: bool) {
    let runs = has_runs(bytes);
    let mut often = [0u32; SYMBOLS];
    if runs {
        for_each(bytes, |piece| match piece {
            Piece::Byte(byte) => often[usize::from(byte)] += 1,
            Piece::Run(length) => often[symbol(length).0] += 1,
        });
    } else {
        count(bytes, &mut often);
    }
    often[END] = 1;
    let codes = if bytes.is_empty() { vec![Code::default(); SYMBOLS] } else { codes(&often, 15) };
    let used: u64 = codes.iter().zip(&often).map(|(code, &n)| u64::from(code.count) * u64::from(n)).sum();
    if bytes.is_empty() || used + used / 64 >= 8 * bytes.len() as u64 {
        bits.push(u32::from(last), 3);
        let length = bytes.len() as u16;
        bits.align();
        bits.bytes(&length.to_le_bytes());
        bits.bytes(&(!length).to_le_bytes());
        bits.bytes(bytes);
        return;
    }
    bits.push(u32::from(last) | 2 << 1, 3);
    head(bits, &codes);
    if runs {
        for_each(bytes, |piece| match piece {
            Piece::Byte(byte) => push(bits, codes[usize::from(byte)]),
            Piece::Run(length) => {
                let (symbol, rest, more) = symbol(length);
                push(bits, codes[symbol]);
                bits.push(rest, more);
                // The distance: one byte back.
                bits.push(0, 1);
            }
        });
    } else {
        bytes.iter().for_each(|&byte| push(bits, codes[usize::from(byte)]));
    }
    push(bits, codes[END]);
}

#[inline(always)]
fn push(bits: &mut Bits, code: Code) {
    bits.push(code.bits.into(), code.count.into());
}

/// A byte as it is, or a run of the byte before.
enum Piece {
    Byte(u8),
    Run(usize),
}

fn for_each(bytes: &[u8], mut each: impl FnMut(Piece)) {
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let run = bytes[at..].iter().position(|&other| other != byte).unwrap_or(bytes.len() - at);
        at += run;
        each(Piece::Byte(byte));
        let mut left = run - 1;
        while left >= LEAST_RUN {
            let length = left.min(MOST_RUN);
            each(Piece::Run(length));
            left -= length;
        }
        (0..left).for_each(|_| each(Piece::Byte(byte)));
    }
}

/// The symbol of a length, with what its further bits say.
fn symbol(length: usize) -> (usize, u32, u32) {
    let place = LENGTHS.partition_point(|&(least, _)| least <= length) - 1;
    let (least, more) = LENGTHS[place];
    (257 + place, (length - least) as u32, more)
}

/// Whether an eighth of the bytes stand in eights that are all alike: then runs are worth their symbols.
fn has_runs(bytes: &[u8]) -> bool {
    let eights = bytes.chunks_exact(8);
    let alike = |eight: &&[u8]| eight.iter().all(|&byte| byte == eight[0]);
    let all = eights.len();
    eights.filter(alike).count() * 8 > all
}

fn count(bytes: &[u8], often: &mut [u32; SYMBOLS]) {
    // Equal bytes one after another would wait for each other.
    let mut tables = [[0u32; 256]; 4];
    let fours = bytes.chunks_exact(4);
    fours.remainder().iter().for_each(|&byte| often[usize::from(byte)] += 1);
    for four in fours {
        tables.iter_mut().zip(four).for_each(|(table, &byte)| table[usize::from(byte)] += 1);
    }
    for table in &tables {
        often.iter_mut().zip(table).for_each(|(sum, count)| *sum += count);
    }
}

/// The lengths of the codes; those of distances are two of one bit.
fn head(bits: &mut Bits, codes: &[Code]) {
    let literals = codes.iter().rposition(|code| code.count > 0).map_or(257, |last| (last + 1).max(257));
    let mut lengths: Vec<u8> = codes[..literals].iter().map(|code| code.count).collect();
    lengths.extend([1, 1]);
    // Zeros in a row are one symbol: (symbol, what its further bits say, how many these are).
    let mut symbols: Vec<(usize, u32, u32)> = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let mut left = run.len();
        while run[0] == 0 && left >= 3 {
            let zeros = left.min(138);
            symbols.push(if zeros < 11 { (17, zeros as u32 - 3, 3) } else { (18, zeros as u32 - 11, 7) });
            left -= zeros;
        }
        symbols.extend(std::iter::repeat_n((run[0].into(), 0, 0), left));
    }
    let mut often = [0u32; 19];
    symbols.iter().for_each(|&(symbol, ..)| often[symbol] += 1);
    let codes = huffman::codes(&often, 7);
    let written =
        ORDER.iter().rposition(|&symbol| codes[symbol].count > 0).map_or(4, |last| (last + 1).max(4));
    bits.push(literals as u32 - 257, 5);
    bits.push(1, 5);
    bits.push(written as u32 - 4, 4);
    ORDER[..written].iter().for_each(|&symbol| bits.push(codes[symbol].count.into(), 3));
    for (symbol, rest, more) in symbols {
        push(bits, codes[symbol]);
        bits.push(rest, more);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn unpacked(bytes: &[u8]) -> Vec<u8> {
        let mut found = Vec::new();
        flate2::read::ZlibDecoder::new(bytes).read_to_end(&mut found).unwrap();
        found
    }

    fn planes(words: &[u32]) -> Vec<u8> {
        (0..4).flat_map(|byte| words.iter().map(move |word| word.to_le_bytes()[byte])).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn another_decoder_reads_the_same(seed: u32, length in 0usize..3000, kinds in 1u32..2000, runs in 1u32..400, wide: bool) {
            let mut state = seed | 1;
            let mut next = || { state ^= state << 13; state ^= state >> 17; state ^= state << 5; state };
            let mut words = Vec::new();
            while words.len() < length {
                let word = next() % kinds * if wide { 1_000_003 } else { 1 };
                let run = 1 + next() % runs;
                words.extend((0..run).map(|_| word));
            }
            words.truncate(length);
            prop_assert_eq!(unpacked(&shuffled(&words)), planes(&words));
        }
    }

    #[test]
    fn every_length_of_a_run_and_every_byte_is_read_again() {
        let mut words = Vec::new();
        for run in 1..600u32 {
            words.extend((0..run).map(|_| run.wrapping_mul(0x0101_0101)));
        }
        words.extend((0..256u32).map(|byte| byte * 0x0101_0101));
        assert_eq!(unpacked(&shuffled(&words)), planes(&words));
    }

    #[test]
    fn counts_and_their_columns_become_as_small_as_by_a_search() {
        // Xorshift (Marsaglia 2003).
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut one_in = |bound: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) % bound == 0
        };
        // Most counts are 1, and a quarter of 8,000 genes has one.
        let counts: Vec<u32> = (0..32_768)
            .map(|_| (1 + (0..).take_while(|_| one_in(3)).count()) as f32)
            .map(f32::to_bits)
            .collect();
        let mut column = 0;
        let mut next = || {
            column = (column + 1 + (0..).take_while(|_| !one_in(4)).count() as u32) % 8000;
            column
        };
        let columns: Vec<u32> = (0..32_768).map(|_| next()).collect();
        let (mut own, mut general) = (0, 0);
        for words in [counts, columns] {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(4));
            std::io::Write::write_all(&mut encoder, &planes(&words)).unwrap();
            general += encoder.finish().unwrap().len();
            own += shuffled(&words).len();
        }
        assert!(own <= general + general / 10, "{own} bytes, {general} by a general encoder");
    }
}

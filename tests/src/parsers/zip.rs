//! Checksums of an archive, mended: damage of its content is refused by them, and what lies behind them is to be tried
//! too.

/// The archive with the CRC-32 of every entry as its bytes have it, as far as its directory can be followed.
pub(super) fn mended(content: &[u8]) -> Vec<u8> {
    let mut whole = content.to_vec();
    let number = |at: usize, bytes: usize| {
        let found = content.get(at..at.checked_add(bytes)?)?;
        Some(found.iter().rev().fold(0usize, |number, &byte| number << 8 | usize::from(byte)))
    };
    for at in 0..content.len().saturating_sub(46) {
        if !content[at..].starts_with(b"PK\x01\x02") {
            continue;
        }
        let data = || {
            let (size, local) = (number(at + 20, 4)?, number(at + 42, 4)?);
            let start = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
            content.get(start..start.checked_add(size)?)
        };
        if let Some(data) = data() {
            whole[at + 16..at + 20].copy_from_slice(&crc32fast::hash(data).to_le_bytes());
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_gets_past_the_checksum() {
        let whole = include_bytes!("../../../onnx/tests/fixtures/tiny_scvi.pt");
        assert_eq!(mended(whole), whole, "its checksums are right");
        let mut damaged = whole.to_vec();
        damaged[200] ^= 1;
        assert!(!super::super::weights::pickle(&damaged));
        assert_ne!(mended(&damaged), damaged);
    }
}

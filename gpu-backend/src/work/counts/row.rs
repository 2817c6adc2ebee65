//! One cell as bytes: a kind, the number of its genes, then each gene as its distance from the one before, with its count. Whole
//! numbers take seven bits a byte, the last byte of each without its highest bit: most genes are near the one before and most
//! counts small, so that a count takes two bytes.

/// Counts are whole numbers.
const WHOLE: u8 = 0;
/// Counts are 32-bit numbers as they are.
const EXACT: u8 = 1;

/// Appends a cell.
pub fn write(out: &mut Vec<u8>, (genes, counts): (&[u32], &[f32])) {
    let whole = counts.iter().all(|&count| count as u32 as f32 == count);
    out.push(if whole { WHOLE } else { EXACT });
    number(out, genes.len() as u32);
    let mut last = 0;
    for (&gene, &count) in genes.iter().zip(counts) {
        number(out, gene - last);
        last = gene;
        if whole { number(out, count as u32) } else { out.extend(count.to_le_bytes()) }
    }
}

/// Reads a cell's genes, which must rise and stay below `most`, and its counts; nothing where the bytes are no such cell.
pub fn read(bytes: &[u8], most: usize, genes: &mut Vec<u32>, counts: &mut Vec<f32>) -> Option<()> {
    let (&kind, mut rest) = bytes.split_first()?;
    let rest = &mut rest;
    let n = take(rest)?;
    let mut next = 0;
    for place in 0..n {
        let distance = take(rest)?;
        if place > 0 && distance == 0 {
            return None;
        }
        let gene = distance.checked_add(next)?;
        let count = match kind {
            WHOLE => take(rest)? as f32,
            EXACT => {
                let (count, after) = rest.split_first_chunk::<4>()?;
                *rest = after;
                f32::from_le_bytes(*count)
            }
            _ => return None,
        };
        if gene as usize >= most {
            return None;
        }
        genes.push(gene);
        counts.push(count);
        next = gene;
    }
    rest.is_empty().then_some(())
}

fn number(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let (mut value, mut shift) = (0u32, 0);
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if shift == 28 && byte > 0x0f {
            return None;
        }
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cell_comes_back(
            genes in proptest::collection::btree_set(0u32..100_000, 0..200),
            whole in any::<bool>(),
            seed in any::<u32>(),
        ) {
            let genes: Vec<u32> = genes.into_iter().collect();
            let count = |&gene: &u32| {
                let number = gene.wrapping_mul(2_654_435_761).wrapping_add(seed);
                if whole { (number >> (number % 32)).max(1) as f32 } else { f32::from_bits(number % 0x7f00_0000 + 1) }
            };
            let counts: Vec<f32> = genes.iter().map(count).collect();
            let mut bytes = Vec::new();
            write(&mut bytes, (&genes, &counts));
            let (mut found, mut values) = (Vec::new(), Vec::new());
            prop_assert!(read(&bytes, 100_000, &mut found, &mut values).is_some());
            prop_assert_eq!((found, values), (genes, counts));
        }

        #[test]
        fn other_bytes_are_no_cell_or_a_valid_one(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let (mut genes, mut counts) = (Vec::new(), Vec::new());
            if read(&bytes, 50, &mut genes, &mut counts).is_some() {
                prop_assert!(genes.is_sorted_by(|a, b| a < b) && genes.iter().all(|&gene| gene < 50));
            }
        }
    }
}

//! Huffman codes (Huffman 1952), their lengths limited as deflate asks (RFC 1951, 3.2.2).

/// The code of a symbol: its bits, the first one lowest, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Code {
    pub(super) bits: u16,
    pub(super) count: u8,
}

/// Codes for symbols that occur so often, none longer than `most` bits; at least two symbols must occur.
pub(super) fn codes(often: &[u32], most: usize) -> Vec<Code> {
    let mut order: Vec<usize> = (0..often.len()).filter(|&symbol| often[symbol] > 0).collect();
    order.sort_by_key(|&symbol| (often[symbol], symbol));
    let weights: Vec<u32> = order.iter().map(|&symbol| often[symbol]).collect();
    let mut number = limited(&depths(&weights), most);
    let mut counts = vec![0u8; often.len()];
    let mut length = most;
    // The rarest have the longest codes.
    for &symbol in &order {
        while number[length] == 0 {
            length -= 1;
        }
        number[length] -= 1;
        counts[symbol] = length as u8;
    }
    canonical(&counts)
}

/// Depth of each leaf of the tree over these weights, which rise.
fn depths(weights: &[u32]) -> Vec<usize> {
    let leaves = weights.len();
    let (mut parents, mut sums) = (vec![0; 2 * leaves - 1], Vec::with_capacity(leaves));
    let (mut leaf, mut inner) = (0, 0);
    for node in leaves..2 * leaves - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            // Of leaves and inner nodes, both by rising weight, the lighter one.
            if leaf < leaves && (inner >= sums.len() || weights[leaf] <= sums[inner]) {
                sum += weights[leaf];
                parents[leaf] = node;
                leaf += 1;
            } else {
                sum += sums[inner];
                parents[leaves + inner] = node;
                inner += 1;
            }
        }
        sums.push(sum);
    }
    let mut depths = vec![0; 2 * leaves - 1];
    for node in (0..2 * leaves - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(leaves);
    depths
}

/// How many codes have each length: deeper leaves are brought up, and others down until the codes are complete.
fn limited(depths: &[usize], most: usize) -> Vec<usize> {
    let mut number = vec![0usize; most + 1];
    depths.iter().for_each(|&depth| number[depth.min(most)] += 1);
    let whole = 1usize << most;
    let mut taken: usize = (1..=most).map(|length| number[length] << (most - length)).sum();
    while taken > whole {
        number[most] -= 1;
        if let Some(length) = (1..most).rev().find(|&length| number[length] > 0) {
            number[length] -= 1;
            number[length + 1] += 2;
        }
        taken -= 1;
    }
    number
}

/// The codes that deflate gives to these lengths.
fn canonical(counts: &[u8]) -> Vec<Code> {
    let mut next = [0u16; 17];
    for length in 1..16 {
        let number = counts.iter().filter(|&&count| usize::from(count) == length).count() as u16;
        next[length + 1] = (next[length] + number) << 1;
    }
    let code = |&count: &u8| {
        if count == 0 {
            return Code::default();
        }
        let code = next[usize::from(count)];
        next[usize::from(count)] += 1;
        Code { bits: code.reverse_bits() >> (16 - u32::from(count)), count }
    };
    counts.iter().map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_format_s_example() {
        // RFC 1951, 3.2.2: lengths 3 3 3 3 3 2 4 4.
        let codes = canonical(&[3, 3, 3, 3, 3, 2, 4, 4]);
        let bits: Vec<String> = codes
            .iter()
            .map(|code| {
                (0..code.count).map(|bit| if code.bits >> bit & 1 == 1 { '1' } else { '0' }).collect()
            })
            .collect();
        assert_eq!(bits, ["010", "011", "100", "101", "110", "00", "1110", "1111"]);
    }

    #[test]
    fn lengths_are_limited_and_complete() {
        let mut often = vec![0u32; 40];
        let (mut a, mut b) = (1, 1);
        for frequency in &mut often[..30] {
            *frequency = a;
            (a, b) = (b, a + b);
        }
        for most in [6, 7, 15] {
            let codes = codes(&often, most);
            assert!(codes[30..].iter().all(|code| code.count == 0));
            let used = &codes[..30];
            assert!(used.iter().all(|code| (1..=most).contains(&usize::from(code.count))));
            let sum: f64 = used.iter().map(|code| 0.5f64.powi(code.count.into())).sum();
            assert_eq!(sum, 1.0);
            assert!(used.windows(2).all(|pair| pair[0].count >= pair[1].count), "the rarer, the longer");
        }
    }
}

//! The checksum of HDF5's metadata: lookup3 (Jenkins 2006), of bytes one after another.

/// Of these bytes, from the initial value 0.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    let mut blocks = bytes.chunks(12).peekable();
    while let Some(block) = blocks.next() {
        let mut whole = [0; 12];
        whole[..block.len()].copy_from_slice(block);
        let word = |at: usize| u32::from_le_bytes([whole[at], whole[at + 1], whole[at + 2], whole[at + 3]]);
        a = a.wrapping_add(word(0));
        b = b.wrapping_add(word(4));
        c = c.wrapping_add(word(8));
        if blocks.peek().is_some() {
            (a, b, c) = mixed(a, b, c);
        } else {
            c = last(a, b, c);
        }
    }
    c
}

fn mixed(mut a: u32, mut b: u32, mut c: u32) -> (u32, u32, u32) {
    let step = |x: u32, y: u32, turn: u32| x.wrapping_sub(y) ^ y.rotate_left(turn);
    for (first, second, third) in [(4, 6, 8), (16, 19, 4)] {
        a = step(a, c, first);
        c = c.wrapping_add(b);
        b = step(b, a, second);
        a = a.wrapping_add(c);
        c = step(c, b, third);
        b = b.wrapping_add(a);
    }
    (a, b, c)
}

fn last(mut a: u32, mut b: u32, mut c: u32) -> u32 {
    let step = |x: u32, y: u32, turn: u32| (x ^ y).wrapping_sub(y.rotate_left(turn));
    c = step(c, b, 14);
    a = step(a, c, 11);
    b = step(b, a, 25);
    c = step(c, b, 16);
    a = step(a, c, 4);
    b = step(b, a, 14);
    step(c, b, 24)
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn known_values() {
        // From the comments of lookup3.c.
        assert_eq!(checksum(b""), 0xdead_beef);
        assert_eq!(checksum(b"Four score and seven years ago"), 0x1777_0551);
    }
}

//! The version of the C library that a compiled program asks for.

/// How symbols name it: `GLIBC_2.34`.
const NAME: &[u8] = b"GLIBC_2.";

/// The minor version of the newest `GLIBC_2.N` that a program names; nothing where it names none.
pub(super) fn needed(program: &[u8]) -> Option<u32> {
    let starts = program.windows(NAME.len()).enumerate().filter(|(_, name)| *name == NAME);
    starts.filter_map(|(at, _)| number(&program[at + NAME.len()..])).max()
}

/// The digits up to a dot or the end of the name.
fn number(rest: &[u8]) -> Option<u32> {
    let length = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let ends = matches!(rest[length], 0 | b'.');
    ends.then(|| std::str::from_utf8(&rest[..length]).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_name_counts() {
        let program =
            b"\0GLIBC_2.2.5\0memcpy\0GLIBC_2.34\0GLIBC_2.17\0GLIBC_2.99 in a sentence\0GLIBC_PRIVATE\0";
        assert_eq!(needed(program), Some(34));
        assert_eq!(needed(b"nothing"), None);
        assert_eq!(needed(b"GLIBC_2."), None);
    }
}

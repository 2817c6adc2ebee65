//! Deflated bytes, for hosts that compress nothing.

use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

/// Largest content that is unpacked.
const MOST: u64 = 256 << 20;

/// A gzip file without name and time, so that the same content always gives the same bytes.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// The content, where it is whole and no larger than 256 MB.
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let read = GzDecoder::new(bytes).take(MOST + 1).read_to_end(&mut content);
    read.map_err(|e| format!("it cannot be unpacked: {e}"))?;
    if content.len() as u64 > MOST {
        return Err(format!("it unpacks to more than {} MB", MOST >> 20));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_a_cut_file_is_an_error() {
        let text = b"concepts ".repeat(1000);
        let packed = pack(&text);
        assert!(packed.len() < 200 && pack(&text) == packed);
        assert_eq!(unpack(&packed).unwrap(), text);
        assert!(unpack(&packed[..packed.len() - 9]).is_err());
    }
}

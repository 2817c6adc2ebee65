//! Files packed once for every visitor: beside `NAME` its content as `NAME.gz` and `NAME.br`, for hosts that look for them
//! (`cellprism serve`, nginx with `gzip_static`, Netlify, and others). A host that does not, sends `NAME`.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

/// Endings of packed files.
pub const ENDINGS: [&str; 2] = [".gz", ".br"];
/// Files that hold text, programs or numbers.
const WORTH: [&str; 10] =
    ["html", "js", "css", "wasm", "json", "svg", "safetensors", "csv", "txt", "webmanifest"];
/// Smaller files fit one packet of the network anyway.
const LEAST: usize = 1400;

/// How hard to pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// The app: few files that every visitor loads.
    Most,
    /// Files of bundles: there may be thousands.
    Quick,
}

/// Packed contents with their endings, where they save at least a tenth.
pub fn packed(name: &str, content: &[u8], effort: Effort) -> Vec<(&'static str, Vec<u8>)> {
    let ending = name.rsplit('.').next().unwrap_or_default();
    if content.len() < LEAST || !WORTH.contains(&ending) {
        return Vec::new();
    }
    let both = [(ENDINGS[0], gzip(content, effort)), (ENDINGS[1], brotli(content, effort))];
    both.into_iter()
        .filter_map(|(ending, packed)| Some((ending, packed?)))
        .filter(|(_, packed)| packed.len() * 10 <= content.len() * 9)
        .collect()
}

/// Whether a file is another one's content, packed.
pub fn is_packed_of(name: &str, mut known: impl FnMut(&str) -> bool) -> bool {
    ENDINGS.iter().any(|ending| name.strip_suffix(ending).is_some_and(&mut known))
}

fn gzip(content: &[u8], effort: Effort) -> Option<Vec<u8>> {
    let level = if effort == Effort::Most { Compression::best() } else { Compression::default() };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(content).ok()?;
    encoder.finish().ok()
}

fn brotli(content: &[u8], effort: Effort) -> Option<Vec<u8>> {
    let quality = if effort == Effort::Most { 11 } else { 5 };
    let params = brotli::enc::BrotliEncoderParams { quality, lgwin: 22, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut packed, &params).ok()?;
    Some(packed)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn text_is_packed_both_ways_and_comes_back() {
        let text = b"{\"concepts\": [1, 2, 3]}".repeat(200);
        let found = packed("a/index.json", &text, Effort::Quick);
        assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), [".gz", ".br"]);
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&found[0].1[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, text);
        back.clear();
        brotli::Decompressor::new(&found[1].1[..], 4096).read_to_end(&mut back).unwrap();
        assert_eq!(back, text);
    }

    #[test]
    fn small_files_pictures_and_what_is_packed_already_are_left_alone() {
        let long = vec![b'a'; 5000];
        for (name, content) in [("a.json", &long[..100]), ("a.png", &long), ("first.json.gz", &long)] {
            assert!(packed(name, content, Effort::Most).is_empty(), "{name}");
        }
        assert!(is_packed_of("a.json.br", |name| name == "a.json") && !is_packed_of("a.json", |_| true));
    }
}

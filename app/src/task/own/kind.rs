//! What a file of the reader's is, by its name and its first bytes.

use serde::{Deserialize, Serialize};

/// Bytes that are looked at.
pub const HEAD: usize = 64 << 10;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Cells with counts: `.h5ad`.
    Cells,
    /// Embeddings: tensor `embeddings` of a safetensors file.
    Safetensors,
    /// Embeddings: an array of numpy.
    Npy,
    /// Embeddings: a row of text a cell, its name first.
    Table,
    /// Genes with scores.
    Ranking,
    /// Gene sets.
    GeneSets,
}

/// What a file is.
///
/// # Errors
/// In words: what it is instead, and what to do.
pub fn kind_of(name: &str, head: &[u8]) -> Result<Kind, String> {
    let lower = name.to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    if head.is_empty() {
        return Err(format!("{name} is empty: choose another file, or copy it again"));
    }
    if ends(&[".gmt", ".gmt.gz"]) {
        return Ok(Kind::GeneSets);
    }
    if head.starts_with(b"\x89HDF\r\n\x1a\n") || ends(&[".h5ad", ".h5", ".hdf5"]) {
        return Ok(Kind::Cells);
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        return Err(format!(
            "{name} is packed with gzip: unpack it first (gunzip), then drop what is inside"
        ));
    }
    if head.starts_with(b"PK\x03\x04") {
        return Err(format!(
            "{name} is a zip archive: unpack it first, then drop the .h5ad, the embeddings or the ranking inside"
        ));
    }
    if head.starts_with(b"\x93NUMPY") {
        return Ok(Kind::Npy);
    }
    if ends(&[".safetensors"]) {
        return Ok(Kind::Safetensors);
    }
    if ends(&[".rnk"]) {
        return Ok(Kind::Ranking);
    }
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A letter may be cut at the end of what is looked at.
        Err(error) if error.error_len().is_none() && head.len() == HEAD => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return Err(unknown(name)),
    };
    if text.contains('\0') {
        return Err(unknown(name));
    }
    let line = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).nth(1);
    let line = line
        .ok_or_else(|| format!("{name} has no second line: a table has a header and a row a cell or gene"))?;
    let separator = if line.contains('\t') { '\t' } else { ',' };
    let numbers = line.split(separator).skip(1).filter(|field| number(field).is_some()).count();
    match line.split(separator).count() {
        0 | 1 => Err(unknown(name)),
        // A gene, a score, and perhaps words between the two.
        _ if numbers == 1 => Ok(Kind::Ranking),
        2 => Ok(Kind::Ranking),
        _ => Ok(Kind::Table),
    }
}

fn unknown(name: &str) -> String {
    format!(
        "{name} is none of the files that are read here: cells (.h5ad), embeddings (.safetensors, .npy, or .csv with a \
         cell's name and its numbers in each row), or a ranking of genes (.rnk, .tsv or .csv with a gene and a score in \
         each row)"
    )
}

/// A number in a field of a table, quoted or not.
pub fn number(field: &str) -> Option<f64> {
    field.trim().trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_what_is_in_them() {
        let kind = |name: &str, head: &str| kind_of(name, head.as_bytes());
        assert_eq!(kind("a.h5ad", "nonsense"), Ok(Kind::Cells), "the reader says what is wrong with it");
        assert_eq!(kind_of("a.bin", b"\x89HDF\r\n\x1a\n..."), Ok(Kind::Cells));
        assert_eq!(kind_of("x", b"\x93NUMPY\x01\x00"), Ok(Kind::Npy));
        assert_eq!(kind("r.csv", "gene,score\nCD79A,2.5\n"), Ok(Kind::Ranking));
        assert_eq!(kind("r.tsv", "gene\tnote\tscore\nCD79A\tgood\t2.5\n"), Ok(Kind::Ranking));
        assert_eq!(kind("e.csv", "cell,d0,d1\nAAAC-1,0.5,1\n"), Ok(Kind::Table));
        assert_eq!(kind("e.csv", "AAAC-1,0.5,1\nAAAG-1,,1\n"), Ok(Kind::Ranking), "one number: a score");
        assert_eq!(kind("s.gmt", "T\t\tA"), Ok(Kind::GeneSets));
        assert!(kind_of("a.h5ad.gz", &[0x1f, 0x8b, 8]).unwrap_err().contains("gunzip"));
        assert!(kind_of("a.zip", b"PK\x03\x04..").unwrap_err().contains("unpack it first"));
        assert!(kind("a.txt", "one line").unwrap_err().contains("no second line"));
        assert!(kind_of("a.png", &[0x89, b'P', 0xff, 0]).unwrap_err().contains("none of the files"));
        assert!(kind("a.h5ad", "").unwrap_err().contains("empty"));
    }
}

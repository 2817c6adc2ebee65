//! The zip archive that `torch.save` writes: stored entries, nothing compressed. Every length and offset is
//! checked against the file before use, and entries may not overlap, so an archive cannot stand for more bytes
//! than it has.

use std::collections::BTreeMap;

use super::CheckpointError;

const END: &[u8; 4] = b"PK\x05\x06";
const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR_64: &[u8; 4] = b"PK\x06\x07";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";
/// Most entries that are accepted.
const MOST_ENTRIES: u64 = 1_000_000;
/// In 32-bit fields: the value is in the 64-bit extra field.
const SEE_EXTRA: u64 = 0xffff_ffff;

/// A checked archive in memory.
#[derive(Debug)]
pub struct Archive<'a> {
    entries: BTreeMap<String, &'a [u8]>,
}

impl<'a> Archive<'a> {
    /// Reads the directory and checks every entry.
    ///
    /// # Errors
    /// If the file is no archive of stored, disjoint entries.
    pub fn read(file: &'a [u8]) -> Result<Self, CheckpointError> {
        if file.starts_with(b"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") {
            return Err(damaged(
                "it has the layout before torch 1.6: load it with torch.load and save it again",
            ));
        }
        let directory = Directory::find(file)?;
        let mut entries = BTreeMap::new();
        let mut spans = Vec::new();
        let mut at = directory.start;
        for _ in 0..directory.count {
            let (entry, next) = Entry::read(file, at)?;
            let data = entry.data(file, directory.start)?;
            spans.push((entry.local, data.end));
            if entries.insert(entry.name.clone(), (&file[data], entry.crc)).is_some() {
                return Err(damaged(format!("two entries are called {:?}", entry.name)));
            }
            at = next;
        }
        spans.sort_unstable();
        if spans.windows(2).any(|pair| pair[1].0 < pair[0].1) {
            return Err(damaged("entries overlap"));
        }
        // After that, so that no byte is summed twice.
        for (name, &(data, crc)) in &entries {
            let found = crc32fast::hash(data);
            if found != crc {
                return Err(damaged(format!(
                    "entry {name:?} has the CRC-32 {found:08x}, its directory says {crc:08x}: download or copy it again \
                     (a file saved with torch.serialization.set_crc32_options(False) has none: save it with it)"
                )));
            }
        }
        Ok(Self { entries: entries.into_iter().map(|(name, (data, _))| (name, data)).collect() })
    }

    /// The bytes of an entry.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.entries.get(name).copied()
    }

    /// Names of all entries, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}

struct Directory {
    start: usize,
    count: u64,
}

impl Directory {
    fn find(file: &[u8]) -> Result<Self, CheckpointError> {
        let earliest = file.len().saturating_sub(22 + 0xffff);
        let end = (earliest..file.len().saturating_sub(21))
            .rev()
            .find(|&at| file[at..].starts_with(END))
            .ok_or_else(|| damaged("no zip directory at its end; it may be cut short"))?;
        let mut count = u64::from(u16_at(file, end + 10)?);
        let mut start = u64::from(u32_at(file, end + 16)?);
        if let Some(locator) = end.checked_sub(20).filter(|&at| file[at..].starts_with(LOCATOR_64)) {
            let end_64 = position(u64_at(file, locator + 8)?)?;
            if !file.get(end_64..).is_some_and(|rest| rest.starts_with(END_64)) {
                return Err(damaged("its 64-bit directory is not where it says"));
            }
            count = u64_at(file, end_64 + 32)?;
            start = u64_at(file, end_64 + 48)?;
        }
        if count > MOST_ENTRIES {
            return Err(damaged(format!("it claims {count} entries")));
        }
        let start = position(start)?;
        if start > end {
            return Err(damaged("its directory is not where it says"));
        }
        Ok(Self { start, count })
    }
}

struct Entry {
    name: String,
    local: usize,
    size: usize,
    crc: u32,
}

impl Entry {
    /// The directory entry at `at`, and where the next one starts.
    fn read(file: &[u8], at: usize) -> Result<(Self, usize), CheckpointError> {
        if !file.get(at..).is_some_and(|rest| rest.starts_with(CENTRAL)) {
            return Err(damaged("a directory entry is malformed"));
        }
        let flags = u16_at(file, at + 8)?;
        let method = u16_at(file, at + 10)?;
        let name_len = usize::from(u16_at(file, at + 28)?);
        let extra_len = usize::from(u16_at(file, at + 30)?);
        let comment_len = usize::from(u16_at(file, at + 32)?);
        let name_at = at + 46;
        let name = std::str::from_utf8(slice(file, name_at, name_len)?)
            .map_err(|_| damaged("an entry's name is not UTF-8"))?
            .to_owned();
        if method != 0 {
            return Err(damaged(format!(
                "entry {name:?} is compressed (method {method}); torch.save stores its entries"
            )));
        }
        if flags & 1 != 0 {
            return Err(damaged(format!("entry {name:?} is encrypted")));
        }
        let extra = slice(file, name_at + name_len, extra_len)?;
        let fields = [u32_at(file, at + 24)?, u32_at(file, at + 20)?, u32_at(file, at + 42)?];
        let [size, stored, local] = wide(extra, fields.map(u64::from))?;
        if size != stored {
            return Err(damaged(format!("entry {name:?} is stored but has two sizes, {stored} and {size}")));
        }
        let crc = u32_at(file, at + 16)?;
        let entry = Self { name, local: position(local)?, size: position(size)?, crc };
        Ok((entry, name_at + name_len + extra_len + comment_len))
    }

    /// Where the entry's bytes are.
    fn data(&self, file: &[u8], directory: usize) -> Result<std::ops::Range<usize>, CheckpointError> {
        let wrong = |what: &str| damaged(format!("entry {:?} {what}", self.name));
        if !file.get(self.local..).is_some_and(|rest| rest.starts_with(LOCAL)) {
            return Err(wrong("is not where the directory says"));
        }
        let name_len = usize::from(u16_at(file, self.local + 26)?);
        let extra_len = usize::from(u16_at(file, self.local + 28)?);
        if slice(file, self.local + 30, name_len)? != self.name.as_bytes() {
            return Err(wrong("has another name in front of its data"));
        }
        let start = self.local + 30 + name_len + extra_len;
        match start.checked_add(self.size) {
            Some(end) if end <= directory => Ok(start..end),
            _ => Err(wrong("reaches beyond the data of the archive")),
        }
    }
}

/// Sizes and offset with those that are marked replaced by the 64-bit extra field, in its fixed order.
fn wide(extra: &[u8], mut fields: [u64; 3]) -> Result<[u64; 3], CheckpointError> {
    let mut at = 0;
    while at + 4 <= extra.len() {
        let (id, len) = (u16_at(extra, at)?, usize::from(u16_at(extra, at + 2)?));
        if id == 1 {
            let content = slice(extra, at + 4, len)?;
            let mut next = 0;
            for field in fields.iter_mut().filter(|field| **field == SEE_EXTRA) {
                *field = u64_at(content, next)?;
                next += 8;
            }
            return Ok(fields);
        }
        at += 4 + len;
    }
    Ok(fields)
}

fn damaged(what: impl Into<String>) -> CheckpointError {
    CheckpointError::Zip(what.into())
}

fn position(value: u64) -> Result<usize, CheckpointError> {
    usize::try_from(value).map_err(|_| damaged("an offset is larger than memory"))
}

fn slice(bytes: &[u8], at: usize, len: usize) -> Result<&[u8], CheckpointError> {
    at.checked_add(len).and_then(|end| bytes.get(at..end)).ok_or_else(|| damaged("it is cut short"))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], CheckpointError> {
    slice(bytes, at, N)?.try_into().map_err(|_| damaged("it is cut short"))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, CheckpointError> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, CheckpointError> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, CheckpointError> {
    array(bytes, at).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_noticed() {
        let whole = include_bytes!("../../tests/fixtures/tiny_scvi.pt");
        let archive = Archive::read(whole).unwrap();
        let name = archive.names().find(|name| name.contains("/data/")).unwrap();
        let at = archive.get(name).unwrap().as_ptr() as usize - whole.as_ptr() as usize;
        let mut damaged = whole.to_vec();
        damaged[at] ^= 4;
        let said = Archive::read(&damaged).unwrap_err().to_string();
        assert!(said.contains(name) && said.contains("CRC-32"), "{said}");
    }
}

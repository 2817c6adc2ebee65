//! A bundle in a zip file of this computer: its directory is read first, then only the files that are asked for.

use std::io::Read;

use flate2::{Crc, read::DeflateDecoder};
use wasm_bindgen_futures::JsFuture;

/// Bytes at the end in which the directory's own place stands: 22, and a comment.
const TAIL: f64 = 66_000.0;
/// Largest directory that is read: some hundred thousand files.
const MOST_DIRECTORY: u64 = 64 << 20;
/// Bytes before a file's content, without its names.
const LOCAL: usize = 30;

const END: [u8; 4] = *b"PK\x05\x06";
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const FILE: [u8; 4] = *b"PK\x03\x04";

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path in the archive.
    pub name: String,
    /// 0: as it is; 8: deflated.
    method: u16,
    crc: u32,
    packed: u64,
    /// Bytes once unpacked.
    pub size: u64,
    at: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Where the directory lies, from the end of an archive: first byte, and length.
///
/// # Errors
/// In words, if this is no end of a zip file, or one of the kind for more than 4 GB.
fn place_of_directory(tail: &[u8]) -> Result<(u64, u64), String> {
    let end = (0..tail.len().saturating_sub(21)).rev().find(|&at| tail[at..].starts_with(&END));
    let end = end.ok_or("it is no zip file, or its end is missing: copy or download it again")?;
    let (length, start) = (u32_at(tail, end + 12).zip(u32_at(tail, end + 16))).ok_or("its end is damaged")?;
    if start == u32::MAX || length == u32::MAX {
        return Err("it is larger than 4 GB: unpack it, and choose the folder".into());
    }
    if u64::from(length) > MOST_DIRECTORY {
        return Err("it lists more files than a bundle has".into());
    }
    Ok((u64::from(start), u64::from(length)))
}

/// The files of a directory.
///
/// # Errors
/// In words, if it is damaged.
fn entries(directory: &[u8]) -> Result<Vec<Entry>, String> {
    let (mut found, mut at) = (Vec::new(), 0);
    while directory.get(at..).is_some_and(|rest| rest.starts_with(&ENTRY)) {
        let one = || {
            let length = usize::from(u16_at(directory, at + 28)?);
            let rest = usize::from(u16_at(directory, at + 30)?) + usize::from(u16_at(directory, at + 32)?);
            let name = directory.get(at + 46..at + 46 + length)?;
            let entry = Entry {
                name: String::from_utf8_lossy(name).replace('\\', "/"),
                method: u16_at(directory, at + 10)?,
                crc: u32_at(directory, at + 16)?,
                packed: u64::from(u32_at(directory, at + 20)?),
                size: u64::from(u32_at(directory, at + 24)?),
                at: u64::from(u32_at(directory, at + 42)?),
            };
            Some((entry, at + 46 + length + rest))
        };
        let (entry, next) = one().ok_or("its list of files is damaged")?;
        found.push(entry);
        at = next;
    }
    if found.is_empty() { Err("it holds no file".into()) } else { Ok(found) }
}

/// A file's content: no more bytes than the directory promises are ever unpacked.
///
/// # Errors
/// In words, if it is damaged, or packed in another way.
fn unpack(entry: &Entry, packed: &[u8]) -> Result<Vec<u8>, String> {
    let damaged = || format!("{} is damaged in it: copy or download it again", entry.name);
    let mut content = Vec::new();
    match entry.method {
        0 => content.extend_from_slice(packed),
        8 => {
            let mut unpacking = DeflateDecoder::new(packed).take(entry.size + 1);
            unpacking.read_to_end(&mut content).map_err(|_| damaged())?;
        }
        other => {
            return Err(format!(
                "{} is packed by method {other}: unpack the file, and choose the folder",
                entry.name
            ));
        }
    }
    let mut crc = Crc::new();
    crc.update(&content);
    if content.len() as u64 == entry.size && crc.sum() == entry.crc { Ok(content) } else { Err(damaged()) }
}

/// A zip file of the reader's.
pub struct Zip {
    file: web_sys::File,
    /// What it holds.
    pub entries: Vec<Entry>,
}

impl Zip {
    /// Reads its directory.
    ///
    /// # Errors
    /// In words, if it is no zip file that can be read here.
    pub async fn open(file: web_sys::File) -> Result<Self, String> {
        let size = file.size();
        let tail = slice(&file, (size - TAIL).max(0.0), size).await?;
        let (start, length) = place_of_directory(&tail)?;
        let directory = slice(&file, start as f64, (start + length) as f64).await?;
        Ok(Self { entries: entries(&directory)?, file })
    }

    /// A file's content.
    ///
    /// # Errors
    /// In words, if it is damaged.
    pub async fn read(&self, entry: &Entry) -> Result<Vec<u8>, String> {
        let head = slice(&self.file, entry.at as f64, entry.at as f64 + LOCAL as f64).await?;
        let names = (u16_at(&head, 26).zip(u16_at(&head, 28))).filter(|_| head.starts_with(&FILE));
        let (name, extra) =
            names.ok_or_else(|| format!("{} is not where its list of files says", entry.name))?;
        let start = entry.at as f64 + LOCAL as f64 + f64::from(name) + f64::from(extra);
        unpack(entry, &slice(&self.file, start, start + entry.packed as f64).await?)
    }
}

async fn slice(file: &web_sys::File, from: f64, to: f64) -> Result<Vec<u8>, String> {
    let failed = |_| "the browser could not read the file".to_owned();
    let part = file.slice_with_f64_and_f64(from, to).map_err(failed)?;
    let content = JsFuture::from(part.array_buffer()).await.map_err(failed)?;
    Ok(js_sys::Uint8Array::new(&content).to_vec())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::DeflateEncoder};

    use super::*;

    /// An archive of one stored and one deflated file, as `zip` lays it out.
    fn archive() -> (Vec<u8>, [&'static [u8]; 2]) {
        let contents: [&[u8]; 2] = [b"one", b"two two two two two two two"];
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (i, content) in contents.iter().enumerate() {
            let mut crc = Crc::new();
            crc.update(content);
            let packed = if i == 0 {
                content.to_vec()
            } else {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
                encoder.write_all(content).unwrap();
                encoder.finish().unwrap()
            };
            let (name, at) = (format!("b/{i}.json"), bytes.len() as u32);
            let method = [0u16, 8][i];
            let middle: Vec<u8> = [crc.sum(), packed.len() as u32, content.len() as u32]
                .iter()
                .flat_map(|n| n.to_le_bytes())
                .collect();
            let length = (name.len() as u16).to_le_bytes();
            bytes.extend(
                [
                    &FILE[..],
                    &[20, 0, 0, 0],
                    &method.to_le_bytes(),
                    &[0; 4],
                    &middle,
                    &length,
                    &[0, 0],
                    name.as_bytes(),
                    &packed,
                ]
                .concat(),
            );
            directory.extend(
                [
                    &ENTRY[..],
                    &[20, 0, 20, 0, 0, 0],
                    &method.to_le_bytes(),
                    &[0; 4],
                    &middle,
                    &length,
                    &[0; 12],
                    &at.to_le_bytes(),
                    name.as_bytes(),
                ]
                .concat(),
            );
        }
        let (start, length) = (bytes.len() as u32, directory.len() as u32);
        bytes.extend(directory);
        bytes.extend(
            [
                &END[..],
                &[0, 0, 0, 0, 2, 0, 2, 0],
                &length.to_le_bytes(),
                &start.to_le_bytes(),
                &[3, 0],
                b"end",
            ]
            .concat(),
        );
        (bytes, contents)
    }

    fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let (start, length) = place_of_directory(bytes)?;
        let directory = bytes.get(start as usize..(start + length) as usize).ok_or("cut")?;
        let content = |entry: &Entry| {
            let at = entry.at as usize;
            let name = u16_at(bytes, at + 26).ok_or("cut")?;
            let start = at + LOCAL + usize::from(name);
            unpack(entry, bytes.get(start..start + entry.packed as usize).ok_or("cut")?)
        };
        entries(directory)?.iter().map(content).collect()
    }

    #[test]
    fn files_are_found_and_unpacked_and_damage_is_told() {
        let (bytes, contents) = archive();
        assert_eq!(read(&bytes).unwrap(), contents);
        for cut in 0..bytes.len() - 3 {
            assert!(read(&bytes[..cut]).is_err(), "{cut} bytes");
        }
        for at in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 0x55;
            // a name, a date or a comment may be another one; content never is
            if let Ok(found) = read(&wrong) {
                assert!(found.iter().all(|content| contents.contains(&content.as_slice())), "byte {at}");
            }
        }
        assert!(place_of_directory(b"not a zip").unwrap_err().contains("no zip file"));
    }
}

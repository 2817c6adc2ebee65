//! Texts of any length: collections of a global heap, and what points there.

use std::{
    collections::BTreeMap,
    io::{self, Seek, Write},
};

use super::{Address, Hdf5, too_long};

/// Bytes of texts in a collection, roughly.
const MOST: usize = 1 << 16;
/// Least bytes of a collection: a reader asks for so many at first.
pub(super) const LEAST: usize = 4096;

/// A collection being filled.
struct Collection {
    bytes: Vec<u8>,
    texts: u16,
}

impl Collection {
    fn new() -> Self {
        Self { bytes: [b"GCOL\x01\0\0\0".as_slice(), &[0; 8]].concat(), texts: 0 }
    }

    /// How large it is with a text of so many bytes, and its end.
    fn with(&self, text: usize) -> usize {
        self.bytes.len() + 16 + text.next_multiple_of(8) + 16
    }

    /// Adds a text; returns the place that points to it.
    fn push(&mut self, address: Address, text: &str) -> io::Result<[u8; 16]> {
        let mut place = [0; 16];
        if text.is_empty() {
            return Ok(place);
        }
        let length = u32::try_from(text.len()).map_err(|_| too_long("a text"))?;
        self.texts += 1;
        self.bytes.extend(self.texts.to_le_bytes());
        self.bytes.extend([0; 6]);
        self.bytes.extend(u64::from(length).to_le_bytes());
        self.bytes.extend(text.as_bytes());
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        place[..4].copy_from_slice(&length.to_le_bytes());
        place[4..12].copy_from_slice(&address.to_le_bytes());
        place[12..].copy_from_slice(&u32::from(self.texts).to_le_bytes());
        Ok(place)
    }

    /// As it stands in a file: what is free is an object of number 0.
    fn finish(mut self) -> Vec<u8> {
        let free = LEAST.saturating_sub(self.bytes.len()).max(16);
        let whole = self.bytes.len() + free;
        self.bytes.extend([0; 8]);
        self.bytes.extend((free as u64).to_le_bytes());
        self.bytes.resize(whole, 0);
        self.bytes[8..16].copy_from_slice(&(whole as u64).to_le_bytes());
        self.bytes
    }
}

/// The collection of short texts that come again and again, each once; it has a place at the front of the file, and goes
/// there at last.
pub(super) struct Shared {
    collection: Collection,
    address: Address,
    places: BTreeMap<String, [u8; 16]>,
}

impl Shared {
    pub(super) fn at(address: Address) -> Self {
        Self { collection: Collection::new(), address, places: BTreeMap::new() }
    }

    /// Where a text is, if there is room for it.
    fn place(&mut self, text: &str) -> io::Result<Option<[u8; 16]>> {
        if let Some(place) = self.places.get(text) {
            return Ok(Some(*place));
        }
        if self.collection.with(text.len()) > LEAST {
            return Ok(None);
        }
        let place = self.collection.push(self.address, text)?;
        self.places.insert(text.to_owned(), place);
        Ok(Some(place))
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.collection.finish()
    }
}

/// Writes texts; returns where each is, 16 bytes one after another.
pub(super) fn write<W: Write + Seek>(file: &mut Hdf5<W>, texts: &[&str]) -> io::Result<Vec<u8>> {
    let mut places = Vec::new();
    // Many texts are seldom the same.
    if texts.len() <= 32 {
        for text in texts {
            let Some(place) = file.shared.place(text)? else { break };
            places.extend(place);
        }
        if places.len() == 16 * texts.len() {
            return Ok(places);
        }
        places.clear();
    }
    let mut rest = texts;
    while !rest.is_empty() {
        let address = file.end();
        let mut collection = Collection::new();
        while let [text, others @ ..] = rest {
            if collection.texts > 0 && collection.with(text.len()) > MOST {
                break;
            }
            places.extend(collection.push(address, text)?);
            rest = others;
        }
        if collection.texts > 0 {
            file.append(&collection.finish())?;
        }
    }
    Ok(places)
}

//! HDF5 files written from front to back, so that arrays need not be held: objects go to the file when they are whole, the
//! superblock at last. Every structure is of HDF5 1.8 (File Format Specification 3.0), which all readers know.
//!
//! | file | what |
//! |---|---|
//! | `message` | headers of arrays and groups |
//! | `packed` | vectors in packed chunks, any length |
//! | `index` | where the chunks are |
//! | `heap` | texts |
//! | `checksum` | of headers |

mod checksum;
mod heap;
mod index;
mod message;
mod packed;

use std::io::{self, Seek, SeekFrom, Write};

use checksum::checksum;
use message::{Header, Layout};

pub(crate) use message::Kind;
pub(crate) use packed::Packed;

/// Where an object is.
pub(crate) type Address = u64;
/// The address of nothing.
const NOWHERE: u64 = u64::MAX;
/// Bytes of the superblock.
const SUPERBLOCK: usize = 48;

/// A file being written.
pub(crate) struct Hdf5<W> {
    to: W,
    written: u64,
    shared: heap::Shared,
}

impl<W: Write + Seek> Hdf5<W> {
    /// Starts a file at the front of `to`.
    pub(crate) fn create(mut to: W) -> io::Result<Self> {
        to.seek(SeekFrom::Start(0))?;
        let front = [0; SUPERBLOCK + heap::LEAST];
        to.write_all(&front)?;
        Ok(Self { to, written: front.len() as u64, shared: heap::Shared::at(SUPERBLOCK as u64) })
    }

    /// Where the next object will be: addresses are multiples of eight.
    fn end(&self) -> u64 {
        self.written.next_multiple_of(8)
    }

    /// Appends bytes; returns where they are.
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let padding = (self.end() - self.written) as usize;
        self.to.write_all(&[0; 8][..padding])?;
        self.to.write_all(bytes)?;
        let address = self.end();
        self.written = address + bytes.len() as u64;
        Ok(address)
    }

    fn object(&mut self, mut header: Header, attributes: &[(&str, &str)]) -> io::Result<Address> {
        for (name, value) in attributes {
            let place = heap::write(self, &[value])?;
            header.attribute(name, Kind::Text, &[], &place)?;
        }
        self.append(&header.bytes())
    }

    /// An array, its elements little-endian, with texts as attributes.
    pub(crate) fn array(
        &mut self,
        kind: Kind,
        shape: &[u64],
        elements: &[u8],
        attributes: &[(&str, &str)],
    ) -> io::Result<Address> {
        let bytes = elements.len() as u64;
        debug_assert_eq!(bytes, shape.iter().product::<u64>() * kind.size() as u64);
        let address = if elements.is_empty() { NOWHERE } else { self.append(elements)? };
        let header = Header::of_array(kind, shape, &Layout::Contiguous { address, bytes })?;
        self.object(header, attributes)
    }

    /// An array of texts; a shape of no extents is one text.
    pub(crate) fn texts(
        &mut self,
        shape: &[u64],
        texts: &[&str],
        attributes: &[(&str, &str)],
    ) -> io::Result<Address> {
        let places = heap::write(self, texts)?;
        self.array(Kind::Text, shape, &places, attributes)
    }

    /// A group of objects that are written already.
    pub(crate) fn group(&mut self, group: &Group<'_>) -> io::Result<Address> {
        let mut names: Vec<&str> = group.links.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        let wrong = names.iter().find(|name| name.is_empty() || **name == "." || name.contains(['/', '\0']));
        if let Some(name) = twice.or(wrong.copied()) {
            let problem =
                format!("{name:?} is no name that an HDF5 file can give to something, or is there twice");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let mut header = Header::of_group(&group.links)?;
        if let Some((name, numbers)) = group.numbers {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            header.attribute(name, Kind::I64, &[numbers.len() as u64], &bytes)?;
        }
        if let Some((name, flag)) = group.flag {
            header.attribute(name, Kind::U8, &[], &[flag.into()])?;
        }
        if let Some((name, texts)) = &group.texts {
            let places = heap::write(self, texts)?;
            header.attribute(name, Kind::Text, &[texts.len() as u64], &places)?;
        }
        self.object(header, &group.attributes)
    }

    /// The superblock: the file is whole, with this group as its root.
    pub(crate) fn finish(mut self, root: Address) -> io::Result<W> {
        let mut bytes = b"\x89HDF\r\n\x1a\n\x02\x08\x08\x00".to_vec();
        for address in [0, NOWHERE, self.written, root] {
            bytes.extend(address.to_le_bytes());
        }
        bytes.extend(checksum(&bytes).to_le_bytes());
        debug_assert_eq!(bytes.len(), SUPERBLOCK);
        self.to.seek(SeekFrom::Start(0))?;
        self.to.write_all(&bytes)?;
        self.to.write_all(&self.shared.finish())?;
        self.to.flush()?;
        Ok(self.to)
    }
}

/// What a group has.
#[derive(Default)]
pub(crate) struct Group<'a> {
    /// Names of objects.
    pub(crate) links: Vec<(String, Address)>,
    /// Attributes that are one text.
    pub(crate) attributes: Vec<(&'a str, &'a str)>,
    /// An attribute of whole numbers.
    pub(crate) numbers: Option<(&'a str, &'a [i64])>,
    /// An attribute of several texts.
    pub(crate) texts: Option<(&'a str, Vec<&'a str>)>,
    /// An attribute that is true or false.
    pub(crate) flag: Option<(&'a str, bool)>,
}

fn too_long(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what} is too long for an HDF5 file"))
}

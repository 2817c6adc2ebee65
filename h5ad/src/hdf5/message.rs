//! Messages of object headers: what an array or a group is (HDF5 File Format Specification 3.0, IV.A).

use std::io;

use super::{NOWHERE, checksum::checksum, too_long};

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    F32,
    I32,
    I64,
    U8,
    /// Text of any length, UTF-8.
    Text,
}

impl Kind {
    /// Bytes of an element.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F32 | Self::I32 => 4,
            Self::I64 => 8,
            Self::Text => 16,
        }
    }

    fn datatype(self) -> Vec<u8> {
        let head = |class: u8, bits: [u8; 3], size: usize| {
            let mut bytes = vec![0x10 | class, bits[0], bits[1], bits[2]];
            bytes.extend((size as u32).to_le_bytes());
            bytes
        };
        let integer = |signed: bool, size: usize| {
            let mut bytes = head(0, [if signed { 8 } else { 0 }, 0, 0], size);
            bytes.extend([0, 0]);
            bytes.extend((8 * size as u16).to_le_bytes());
            bytes
        };
        match self {
            Self::I32 | Self::I64 => integer(true, self.size()),
            Self::U8 => integer(false, 1),
            Self::F32 => {
                // Leading bit implied, sign at 31; exponent of 8 bits from 23, bias 127; mantissa of 23 bits from 0.
                let mut bytes = head(1, [0x20, 31, 0], 4);
                bytes.extend([0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0]);
                bytes
            }
            Self::Text => {
                let mut bytes = head(9, [1, 1, 0], self.size());
                bytes.extend(integer(false, 1));
                bytes
            }
        }
    }
}

/// Extents; none is a single value.
fn dataspace(shape: &[u64]) -> Vec<u8> {
    let mut bytes = vec![2, shape.len() as u8, 0, u8::from(!shape.is_empty())];
    shape.iter().for_each(|extent| bytes.extend(extent.to_le_bytes()));
    bytes
}

/// Where the elements are.
pub(super) enum Layout {
    /// One after another.
    Contiguous { address: u64, bytes: u64 },
    /// In chunks of so many elements, shuffled and deflated, found by a B-tree.
    Chunked { address: u64, elements: u32 },
}

/// The messages of one object.
pub(super) struct Header(Vec<u8>);

impl Header {
    pub(super) fn of_array(kind: Kind, shape: &[u64], layout: &Layout) -> io::Result<Self> {
        let mut header = Self(Vec::new());
        header.push(0x1, &dataspace(shape))?;
        header.push(0x3, &kind.datatype())?;
        // Version 3; space is allocated late or bit by bit, and filled where a value is set: none is.
        header.push(0x5, &[3, if matches!(layout, Layout::Chunked { .. }) { 0x0b } else { 0x0a }])?;
        let mut bytes = vec![3];
        match layout {
            Layout::Contiguous { address, bytes: length } => {
                bytes.push(1);
                bytes.extend(address.to_le_bytes());
                bytes.extend(length.to_le_bytes());
            }
            Layout::Chunked { address, elements } => {
                bytes.extend([2, 2]);
                bytes.extend(address.to_le_bytes());
                bytes.extend(elements.to_le_bytes());
                bytes.extend((kind.size() as u32).to_le_bytes());
                // Shuffle with the element's size, then deflate; both could be left out.
                let mut filters = vec![2, 2];
                for (filter, value) in [(2u16, kind.size() as u32), (1, 4)] {
                    filters.extend(filter.to_le_bytes());
                    filters.extend([1, 0, 1, 0]);
                    filters.extend(value.to_le_bytes());
                }
                header.push(0xb, &filters)?;
            }
        }
        header.push(0x8, &bytes)?;
        Ok(header)
    }

    pub(super) fn of_group(links: &[(String, u64)]) -> io::Result<Self> {
        let mut header = Self(Vec::new());
        let mut info = vec![0, 0];
        info.extend([NOWHERE.to_le_bytes(), NOWHERE.to_le_bytes()].concat());
        header.push(0x2, &info)?;
        header.push(0xa, &[0, 0])?;
        for (name, address) in links {
            let length = u16::try_from(name.len()).map_err(|_| too_long(name))?;
            // Version 1; the character set is given (UTF-8), and the name's length in two bytes.
            let mut link = vec![1, 0x11, 1];
            link.extend(length.to_le_bytes());
            link.extend(name.as_bytes());
            link.extend(address.to_le_bytes());
            header.push(0x6, &link)?;
        }
        Ok(header)
    }

    /// Adds an attribute.
    pub(super) fn attribute(
        &mut self,
        name: &str,
        kind: Kind,
        shape: &[u64],
        values: &[u8],
    ) -> io::Result<()> {
        let (datatype, dataspace) = (kind.datatype(), dataspace(shape));
        let mut bytes = vec![3, 0];
        for length in [name.len() + 1, datatype.len(), dataspace.len()] {
            bytes.extend((length as u16).to_le_bytes());
        }
        bytes.push(1);
        bytes.extend(name.as_bytes());
        bytes.push(0);
        bytes.extend(datatype);
        bytes.extend(dataspace);
        bytes.extend(values);
        self.push(0xc, &bytes)
    }

    fn push(&mut self, kind: u8, bytes: &[u8]) -> io::Result<()> {
        let length = u16::try_from(bytes.len()).map_err(|_| too_long("what stands in one attribute"))?;
        self.0.push(kind);
        self.0.extend(length.to_le_bytes());
        self.0.push(0);
        self.0.extend(bytes);
        Ok(())
    }

    /// The header as it stands in a file.
    pub(super) fn bytes(self) -> Vec<u8> {
        let mut bytes = b"OHDR\x02\x02".to_vec();
        bytes.extend((self.0.len() as u32).to_le_bytes());
        bytes.extend(self.0);
        bytes.extend(checksum(&bytes).to_le_bytes());
        bytes
    }
}

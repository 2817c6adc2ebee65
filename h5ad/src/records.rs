//! Tables of records: how anndata before 0.7 wrote `obs`, `var` and `obsm`.

use hdf5_pure::{CompoundMember, Datatype, DatatypeByteOrder};

use super::{
    array::{Array, is_bool},
    container::Container,
    error::H5adError,
    values::Values,
};

/// A table in memory.
pub(super) struct Records {
    bytes: Vec<u8>,
    record: usize,
    members: Vec<CompoundMember>,
}

impl Records {
    pub(super) fn new(container: &Container, array: &Array) -> Result<Self, H5adError> {
        let Datatype::Compound { size, members } = &array.datatype else {
            return Err(container.damaged(&array.name, "neither a group of columns nor a table"));
        };
        let record = *size as usize;
        for member in members {
            let end = member.byte_offset.checked_add(u64::from(member.datatype.type_size()));
            if end.is_none_or(|end| end > record as u64) {
                return Err(
                    container.damaged(&array.name, format!("column {} exceeds its record", member.name))
                );
            }
        }
        if record == 0 || array.shape.len() != 1 {
            return Err(container.damaged(&array.name, "not a table of one dimension"));
        }
        Ok(Self { bytes: array.all_bytes(container)?, record, members: members.clone() })
    }

    /// Names of the rows: the column `index`, or else the first column of text.
    pub(super) fn index(&self) -> Option<Vec<String>> {
        Some(self.decode(self.index_member()?).into_texts())
    }

    fn index_member(&self) -> Option<&CompoundMember> {
        let text = |member: &&CompoundMember| matches!(member.datatype, Datatype::String { .. });
        self.members.iter().find(|m| m.name == "index").or_else(|| self.members.iter().find(text))
    }

    /// Column names without the index.
    pub(super) fn columns(&self) -> Vec<String> {
        let index = self.index_member().map(|member| member.name.as_str());
        self.members.iter().map(|m| m.name.clone()).filter(|name| Some(name.as_str()) != index).collect()
    }

    /// A column; whole numbers with labels under `uns/NAME_categories` are codes.
    pub(super) fn values(&self, container: &Container, name: &str) -> Result<Option<Values>, H5adError> {
        let Some(member) = self.members.iter().find(|member| member.name == name) else { return Ok(None) };
        let values = self.decode(member);
        if let Values::Integers(codes) = &values
            && let Some(labels) = container.find_array(&format!("uns/{name}_categories"))?
        {
            let labels = Values::plain(container, &labels)?.into_texts();
            let codes = codes.iter().map(|code| code.unwrap_or(-1)).collect();
            return Values::coded(container, &format!("obs/{name}"), labels, codes).map(Some);
        }
        Ok(Some(values))
    }

    /// The first two entries of a column of arrays, for instance a map.
    pub(super) fn pairs(&self, name: &str) -> Option<Vec<[f32; 2]>> {
        let member = self.members.iter().find(|member| member.name == name)?;
        let Datatype::Array { base_type, dimensions } = &member.datatype else { return None };
        let width = base_type.type_size() as usize;
        if dimensions.len() != 1 || dimensions[0] < 2 {
            return None;
        }
        self.cells(member)
            .map(|bytes| {
                let entry =
                    |at: usize| Some(real(base_type, bytes.get(at * width..(at + 1) * width)?)? as f32);
                Some([entry(0)?, entry(1)?])
            })
            .collect()
    }

    fn cells<'a>(&'a self, member: &CompoundMember) -> impl Iterator<Item = &'a [u8]> {
        let start = member.byte_offset as usize;
        let end = start + member.datatype.type_size() as usize;
        self.bytes.chunks_exact(self.record).map(move |record| &record[start..end])
    }

    fn decode(&self, member: &CompoundMember) -> Values {
        let datatype = &member.datatype;
        match datatype {
            Datatype::String { .. } => Values::Texts(self.cells(member).map(text).collect()),
            Datatype::FixedPoint { .. } => {
                Values::Integers(self.cells(member).map(|bytes| integer(datatype, bytes)).collect())
            }
            Datatype::Enumeration { base_type, members, .. }
                if is_bool(members.iter().map(|m| m.name.as_str())) =>
            {
                Values::Bools(
                    self.cells(member).map(|bytes| integer(base_type, bytes).map(|v| v != 0)).collect(),
                )
            }
            Datatype::FloatingPoint { .. } => Values::Numbers(
                self.cells(member).map(|bytes| real(datatype, bytes).unwrap_or(f64::NAN)).collect(),
            ),
            _ => Values::Other,
        }
    }
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim_end().to_owned()
}

/// Bytes in little-endian order, at most eight.
fn little(order: DatatypeByteOrder, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    if order == DatatypeByteOrder::BigEndian {
        bytes.reverse();
    }
    (1..=8).contains(&bytes.len()).then_some(bytes)
}

fn integer(datatype: &Datatype, bytes: &[u8]) -> Option<i64> {
    let Datatype::FixedPoint { byte_order, layout, .. } = datatype else { return None };
    let bytes = little(*byte_order, bytes)?;
    let negative = layout.signed && bytes.last().is_some_and(|&byte| byte >= 0x80);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    wide[..bytes.len()].copy_from_slice(&bytes);
    Some(i64::from_le_bytes(wide))
}

fn real(datatype: &Datatype, bytes: &[u8]) -> Option<f64> {
    let Datatype::FloatingPoint { byte_order, .. } = datatype else { return None };
    let bytes = little(*byte_order, bytes)?;
    match bytes.len() {
        4 => Some(f64::from(f32::from_le_bytes(bytes.try_into().ok()?))),
        8 => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

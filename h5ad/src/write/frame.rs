//! Tables of an `.h5ad` file: metadata of cells, names of genes.

use std::io::{self, Seek, Write};

use cellprism_core::cells::{Column, Roster};

use super::{encoding, wrong};
use crate::hdf5::{Address, Group, Hdf5, Kind, Packed};

type Links = Vec<(String, Address)>;

fn strings<W: Write + Seek, S: AsRef<str>>(file: &mut Hdf5<W>, values: &[S]) -> io::Result<Address> {
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    file.texts(&[values.len() as u64], &values, &encoding("string-array", "0.2.0"))
}

fn frame<W: Write + Seek>(file: &mut Hdf5<W>, index: &[String], columns: Links) -> io::Result<Address> {
    let index = ("_index".to_owned(), strings(file, index)?);
    let mut attributes = encoding("dataframe", "0.2.0").to_vec();
    attributes.push(("_index", "_index"));
    let names = columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    file.group(&Group {
        links: [index].into_iter().chain(columns).collect(),
        attributes,
        texts: Some(("column-order", names.iter().map(String::as_str).collect())),
        ..Group::default()
    })
}

pub(super) fn obs<W: Write + Seek>(
    file: &mut Hdf5<W>,
    roster: &Roster,
    numbers: &[(String, Vec<f32>)],
) -> io::Result<Address> {
    let mut columns = Links::new();
    for column in &roster.columns {
        columns.push((column.name.clone(), categorical(file, column)?));
    }
    for (name, values) in numbers {
        if values.len() != roster.names.len() {
            return Err(wrong(format!(
                "{name} has {} values for {} cells",
                values.len(),
                roster.names.len()
            )));
        }
        let mut packed = Packed::new(Kind::F32);
        packed.push(file, values.iter().map(|value| value.to_bits()))?;
        columns.push((name.clone(), packed.finish(file, &encoding("array", "0.2.0"))?));
    }
    frame(file, &roster.names, columns)
}

fn categorical<W: Write + Seek>(file: &mut Hdf5<W>, column: &Column) -> io::Result<Address> {
    let categories = strings(file, &column.labels)?;
    // No label is −1 in anndata and the largest code here.
    let code =
        |&code: &u16| if column.labels.len() > usize::from(code) { u32::from(code) } else { -1i32 as u32 };
    let mut codes = Packed::new(Kind::I32);
    codes.push(file, column.codes.iter().map(code))?;
    let codes = codes.finish(file, &encoding("array", "0.2.0"))?;
    file.group(&Group {
        links: vec![("categories".into(), categories), ("codes".into(), codes)],
        attributes: encoding("categorical", "0.2.0").to_vec(),
        flag: Some(("ordered", false)),
        ..Group::default()
    })
}

pub(super) fn var<W: Write + Seek>(file: &mut Hdf5<W>, roster: &Roster) -> io::Result<Address> {
    let genes = &roster.genes;
    let mut columns = Links::new();
    if genes.symbols != genes.index {
        columns.push(("feature_name".into(), strings(file, &genes.symbols)?));
    }
    if genes.ensembl.iter().any(|id| !id.is_empty()) {
        columns.push(("gene_ids".into(), strings(file, &genes.ensembl)?));
    }
    frame(file, &genes.index, columns)
}

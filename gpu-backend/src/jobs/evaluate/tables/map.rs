//! Cells in the plane, by label (Figures 6 and 7).

use cellprism_core::bundle::{CellMap, CellMetadata, File as _, path, verify::Folder as _};

use crate::jobs::evaluate::{Evaluation, Evidence, Table};

/// Most cells of a map: every so many of a larger number.
const MOST_CELLS: usize = 4000;

/// The table: `x` and `y` from 0 to 1; `place` is the label's among those of its column, after all of them where there is none.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let columns = ["bundle", "cell", "x", "y", "column", "label", "place"];
    let mut table = Table::new("map", "Cells in the plane", "Figures 6 and 7", &columns);
    for evidence in &evaluation.bundles {
        if let Err(reason) = cells(evidence, &mut table)? {
            table.nothing([(&evidence.name).into()], reason);
        }
    }
    Ok(vec![table])
}

fn cells(evidence: &Evidence, table: &mut Table) -> anyhow::Result<Result<(), &'static str>> {
    let Some(column) = evidence.columns.first() else { return Ok(Err("the cells have no metadata")) };
    let read = |file| {
        let failed = |e| anyhow::anyhow!("{}/{file} {e}", evidence.given.folder.root().display());
        evidence.given.folder.read(file).map_err(failed)
    };
    let metadata = CellMetadata::from_bytes(path::CELL_METADATA, &read(path::CELL_METADATA)?)?;
    if metadata.umap.is_none() {
        return Ok(Err("the bundle has no map of its cells"));
    }
    let map = CellMap::from_bytes(path::UMAP, &read(path::UMAP)?)?;
    let step = evidence.names.len().div_ceil(MOST_CELLS).max(1);
    for cell in (0..evidence.names.len().min(map.xy.len())).step_by(step) {
        let at = |place: u16| f64::from(place) / f64::from(u16::MAX);
        let [x, y] = map.xy[cell];
        let label = column.label(cell).unwrap_or("no label");
        let name = evidence.names[cell].as_str();
        table.row(
            [
                evidence.name.as_str().into(),
                name.into(),
                at(x).into(),
                at(y).into(),
                column.name.as_str().into(),
                label.into(),
                usize::from(column.codes[cell]).min(column.labels.len()).into(),
            ],
            None,
        );
    }
    Ok(Ok(()))
}

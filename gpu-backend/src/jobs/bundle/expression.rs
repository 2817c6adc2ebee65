//! Counts of the model's genes, gene by gene: the counts of all cells are read as often as their genes fit into memory.

use cellprism_core::{
    bundle::{Expression, ExpressionFiles, File as _, Maybe, path},
    cells::GeneMap,
};

use super::{context::Context, work::Work};
use crate::work::{counts::CountStore, shards::Rows};

/// Counts that are in memory at the same time: 64 MB.
const HELD: u64 = 8_000_000;
/// Cells that are read at once.
const READ: usize = 4096;

/// Writes the files, where there are not too many counts; says how genes are divided among them, or why there are none.
///
/// # Errors
/// If counts cannot be read any more, or a file cannot be written.
pub fn write(context: &Context, work: &Work) -> anyhow::Result<Maybe<ExpressionFiles>> {
    let detected = detected(context.counts, context.map);
    let files = match ExpressionFiles::of(&detected) {
        Maybe::Value(files) => files,
        missing @ Maybe::Missing { .. } => return Ok(missing),
    };
    let mut file = 0;
    while file < files.files {
        let end = pass_end(&files, &detected, file);
        let genes = files.genes(file, detected.len()).start..files.genes(end - 1, detected.len()).end;
        let found = of_genes(context.counts, context.map, genes.clone())?;
        for number in file..end {
            let mut one = Expression::default();
            for gene in files.genes(number, detected.len()) {
                let (cells, counts) = &found[gene - genes.start];
                one.push(cells, counts);
            }
            work.put(&path::expression(number), &one.to_bytes()?)?;
        }
        file = end;
    }
    Ok(Maybe::Value(files))
}

/// In how many cells each of the model's genes is counted; 0 for one that the data do not have.
fn detected(counts: &CountStore, map: &GeneMap) -> Vec<u32> {
    let of = |column: &Option<u32>| column.map_or(0, |column| counts.detected()[column as usize]);
    map.column_of.iter().map(of).collect()
}

/// The file after the last one whose counts are held together with those from `file` on.
fn pass_end(files: &ExpressionFiles, detected: &[u32], file: u32) -> u32 {
    let of = |file: u32| files.genes(file, detected.len()).map(|gene| u64::from(detected[gene])).sum::<u64>();
    let (mut end, mut held) = (file + 1, of(file));
    while end < files.files && held + of(end) <= HELD {
        held += of(end);
        end += 1;
    }
    end
}

/// Cells and counts of some of the model's genes.
fn of_genes(
    mut counts: &CountStore,
    map: &GeneMap,
    genes: std::ops::Range<usize>,
) -> anyhow::Result<Vec<(Vec<u32>, Vec<f32>)>> {
    let mut found = vec![(Vec::new(), Vec::new()); genes.len()];
    let mut place_of = vec![u32::MAX; counts.genes()];
    for gene in genes.clone() {
        if let Some(column) = map.column_of[gene] {
            place_of[column as usize] = (gene - genes.start) as u32;
        }
    }
    for start in (0..counts.cells()).step_by(READ) {
        let rows = READ.min(counts.cells() - start);
        let read = counts.read(start, rows)?;
        for row in 0..rows {
            let (columns, values) = read.row(row);
            for (&column, &value) in columns.iter().zip(values) {
                let place = place_of[column as usize];
                if place != u32::MAX && value != 0.0 {
                    let (cells, counts) = &mut found[place as usize];
                    cells.push((start + row) as u32);
                    counts.push(value);
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_made_together_while_their_counts_fit() {
        let detected = [3_000_000, 3_000_000, 3_000_000, 9_000_000, 1];
        let files = ExpressionFiles { genes_per_file: 1, files: 5, counts: 0 };
        let mut ends = vec![0];
        while *ends.last().unwrap() < 5 {
            ends.push(pass_end(&files, &detected, *ends.last().unwrap()));
        }
        assert_eq!(ends, [0, 2, 3, 4, 5]);
    }
}

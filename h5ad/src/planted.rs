//! What `cellprism simulate` planted in a file: programs, their genes and the cells in which they are active.

use super::{H5ad, H5adError, container::Container, gave_up, guard};

/// The truth about simulated cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Planted {
    /// Names and parameters, JSON.
    pub about: String,
    /// Programs.
    pub programs: usize,
    /// Activity, `[cells, programs]`.
    pub activity: Vec<f32>,
    /// Effect on each gene of the file, as a natural logarithm, `[genes, programs]`.
    pub effect: Vec<f32>,
}

impl H5ad {
    /// The truth, where the file says that it was simulated.
    ///
    /// # Errors
    /// If the arrays are damaged or do not fit the cells and genes.
    pub fn planted(&self) -> Result<Option<Planted>, H5adError> {
        guard::contain(|| self.planted_uncontained())
            .unwrap_or_else(|message| Err(gave_up(&self.container.path, &message)))
    }

    fn planted_uncontained(&self) -> Result<Option<Planted>, H5adError> {
        let Some(about) = self.container.find_array("uns/simulation")? else { return Ok(None) };
        let about = about.all_texts(&self.container)?.concat();
        let (activity, programs) = matrix(&self.container, "obsm/program_activity", self.len(), None)?;
        let (effect, _) = matrix(&self.container, "varm/program_effect", self.genes().len(), Some(programs))?;
        Ok(Some(Planted { about, programs, activity, effect }))
    }
}

/// A matrix with so many rows, and its columns.
fn matrix(
    container: &Container,
    name: &str,
    rows: usize,
    columns: Option<usize>,
) -> Result<(Vec<f32>, usize), H5adError> {
    let array = container.array(name)?;
    let found = match *array.shape.as_slice() {
        [r, c] if r == rows as u64 && columns.is_none_or(|columns| c == columns as u64) => c as usize,
        _ => {
            return Err(
                container.damaged(name, format!("its shape {:?} does not fit {rows} rows", array.shape))
            );
        }
    };
    let values = array.all_numbers(container)?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(container.damaged(name, "a number is not finite"));
    }
    Ok((values.into_iter().map(|value| value as f32).collect(), found))
}

//! Coordinates of cells on a map.

use super::{array::Kind, container::Container, error::H5adError, lookup::Node, records::Records};

/// `obsm/X_umap`, if it is there, has a row for each cell and finite numbers.
pub(super) fn umap(container: &Container, cells: usize) -> Result<Option<Vec<[f32; 2]>>, H5adError> {
    let map = match container.find("obsm")? {
        Some(Node::Array(array)) if array.kind == Kind::Record => {
            array.expect_rows(container, Some(cells as u64))?;
            Records::new(container, &array)?.pairs("X_umap")
        }
        Some(Node::Group(_)) => match container.find_array("obsm/X_umap")? {
            Some(array) if array.shape.len() == 2 && array.shape[1] >= 2 => {
                array.expect_rows(container, Some(cells as u64))?;
                let width = array.shape[1] as usize;
                let numbers = array.all_numbers(container)?;
                Some(numbers.chunks_exact(width).map(|row| [row[0] as f32, row[1] as f32]).collect())
            }
            _ => None,
        },
        _ => None,
    };
    let Some(map) = map else { return Ok(None) };
    if map.len() != cells {
        return Err(container.damaged("obsm/X_umap", format!("{} rows for {cells} cells", map.len())));
    }
    if map.iter().flatten().any(|coordinate| !coordinate.is_finite()) {
        tracing::warn!(
            "{}: obsm/X_umap has entries that are not finite; it is left out",
            container.path.display()
        );
        return Ok(None);
    }
    Ok(Some(map))
}

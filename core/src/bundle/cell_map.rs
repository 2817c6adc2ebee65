//! `cells/umap.safetensors`: where each cell lies on the map, quantised.

use super::{
    CellMetadata, File, MapScale, ReadError, Tensors, WriteError,
    cell_metadata::CELL_METADATA,
    checking::{Arrays, Bundle, Report},
    file::opened,
    read_u16,
};

/// Quantised coordinates of the cells.
pub const UMAP: &str = "cells/umap.safetensors";

/// Places `[cells]` on the map; their scale is [`CellMetadata::umap`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellMap {
    /// x and y between 0 and 65535.
    pub xy: Vec<[u16; 2]>,
    /// "UMAP as supplied with the cells" or how it was computed.
    pub source: String,
}

impl CellMap {
    /// Coordinates rounded to the nearest of 65,536 steps between the smallest and the largest; what is no number
    /// goes to the smallest.
    pub fn quantise(map: &[[f32; 2]], source: String) -> (MapScale, Self) {
        let (mut min, mut max) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for point in map.iter().filter(|p| p.iter().all(|v| v.is_finite())) {
            for axis in 0..2 {
                min[axis] = min[axis].min(point[axis]);
                max[axis] = max[axis].max(point[axis]);
            }
        }
        let code = |value: f32, axis: usize| {
            let width = max[axis] - min[axis];
            if width > 0.0 && value.is_finite() {
                ((value - min[axis]) / width * 65535.0).round() as u16
            } else {
                0
            }
        };
        let xy = map.iter().map(|point| [code(point[0], 0), code(point[1], 1)]).collect();
        (MapScale { min, max, source: source.clone() }, Self { xy, source })
    }
}

impl File for CellMap {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut file = Tensors::default();
        file.u16("xy", &[self.xy.len(), 2], self.xy.iter().flatten().copied());
        file.metadata("source", self.source.clone());
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        let xy = opened(path, bytes, |file| read_u16(file, "xy"))?.1;
        let source = safetensors::SafeTensors::read_metadata(bytes)
            .ok()
            .and_then(|(_, header)| header.metadata().as_ref()?.get("source").cloned());
        Ok(Self { xy: xy.as_chunks::<2>().0.to_vec(), source: source.unwrap_or_default() })
    }
}

/// As many places as cells, and a scale for them.
pub(super) fn check(bundle: &Bundle<'_>, metadata: &CellMetadata, report: &mut Report) {
    let cells = bundle.manifest.counts.cells as usize;
    let listed = bundle.manifest.files.contains_key(UMAP);
    let Some(scale) = &metadata.umap else {
        report.expect(!listed, UMAP, || format!("{CELL_METADATA} gives no scale for it"));
        return;
    };
    report.expect(listed, UMAP, || "cells/metadata.json describes it, but it is not listed".into());
    let ordered = (0..2).all(|axis| {
        scale.min[axis].is_finite() && scale.max[axis].is_finite() && scale.min[axis] <= scale.max[axis]
    });
    report.expect(ordered, CELL_METADATA, || format!("umap from {:?} to {:?}", scale.min, scale.max));
    let Some(bytes) = bundle.content(UMAP, report) else { return };
    if let Some(arrays) = Arrays::open(UMAP, &bytes, report) {
        arrays.u16("xy", &[Some(cells), Some(2)], report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_map_are_the_ends_of_the_codes() {
        let (scale, map) = CellMap::quantise(&[[0.0, 1.0], [2.0, 1.0]], "by hand".into());
        assert_eq!((scale.max, &map.xy), ([2.0, 1.0], &vec![[0, 0], [65535, 0]]));
        assert_eq!(CellMap::from_bytes(UMAP, &map.to_bytes().unwrap()).unwrap(), map);
    }
}

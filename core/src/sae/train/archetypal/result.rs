//! What a dictionary is mixed of, beside the weights.

use std::collections::HashMap;

use ndarray::{Array1, Array2};
use safetensors::{Dtype, tensor::TensorView};

use super::{Archetypal, Mixture, anchors::Hull};

/// The file that [`Archetypes::to_safetensors`] is saved as, in the folder of the weights.
pub const FILE: &str = "archetypes.safetensors";

/// Anchors and mixtures: W_dec = `mixture` · (`points` − `centre`) + `offset`, to float rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Archetypes {
    /// As asked for.
    pub options: Archetypal,
    /// Rows of the embeddings.
    pub anchors: Vec<u32>,
    /// [anchors, d]: the embeddings of these rows.
    pub points: Array2<f32>,
    /// `[d]`: the mean training cell, or 0 without decoder bias.
    pub centre: Array1<f32>,
    /// W [c, anchors]: rows at least 0 that sum to 1.
    pub mixture: Array2<f32>,
    /// Λ [c, d]: rows no longer than the relaxation.
    pub offset: Array2<f32>,
}

impl Archetypes {
    pub(crate) fn new(
        options: Archetypal,
        hull: &Hull,
        data: ndarray::ArrayView2<'_, f32>,
        mixture: &Mixture,
    ) -> Self {
        let (d, n) = (data.ncols(), hull.len());
        let rows: Vec<usize> = hull.rows.iter().map(|&row| row as usize).collect();
        let c = mixture.weights.mixture.len() / n;
        Self {
            options,
            anchors: hull.rows.clone(),
            points: data.select(ndarray::Axis(0), &rows),
            centre: Array1::from_vec(hull.centre.clone()),
            mixture: Array2::from_shape_fn((c, n), |(j, a)| mixture.weights.mixture[j * n + a]),
            offset: Array2::from_shape_fn((c, d), |(j, i)| mixture.weights.offset[j * d + i] * mixture.scale),
        }
    }

    /// As a file: `anchors` I64, the others F32; the options in its metadata.
    ///
    /// # Errors
    /// If the tensors cannot be laid out.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, safetensors::SafeTensorError> {
        let (n, c, d) = (self.anchors.len(), self.mixture.nrows(), self.points.ncols());
        let anchors: Vec<u8> = self.anchors.iter().flat_map(|&row| i64::from(row).to_le_bytes()).collect();
        let numbers = [
            ("points", vec![n, d], bytes(self.points.iter())),
            ("centre", vec![d], bytes(self.centre.iter())),
            ("mixture", vec![c, n], bytes(self.mixture.iter())),
            ("offset", vec![c, d], bytes(self.offset.iter())),
        ];
        let mut views = vec![("anchors", TensorView::new(Dtype::I64, vec![n], &anchors)?)];
        for (name, shape, data) in &numbers {
            views.push((*name, TensorView::new(Dtype::F32, shape.clone(), data)?));
        }
        let Archetypal { relaxation, anchor_seed, .. } = self.options;
        // One entry: the order of several in the file would differ from run to run.
        let metadata = serde_json::json!({ "relaxation": relaxation, "anchor_seed": anchor_seed });
        safetensors::serialize(views, Some(HashMap::from([("archetypal".to_owned(), metadata.to_string())])))
    }
}

fn bytes<'a>(values: impl Iterator<Item = &'a f32>) -> Vec<u8> {
    values.flat_map(|v| v.to_le_bytes()).collect()
}

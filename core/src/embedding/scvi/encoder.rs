//! The scVI encoder: counts to the mean of q(z|x). scvi-tools' own f32 results are within 1e-5. SCimilarity's is of the
//! same build: its card says what differs.

use ndarray::Array2;

use super::{
    super::{
        card::{ModelCard, Normalize},
        dense,
    },
    layers::{EncoderError, HiddenLayer, Linear, WeightsFile, check_covariates},
};
use crate::{cells::CountMatrix, parallel};

/// Cells that one piece of work encodes: rows of weights of the later layers are read once for all of them.
const CELLS: usize = 128;
/// Counts below this have their logarithm in a table.
const TABLE: usize = 1024;

/// Shorter vectors are not stretched to length 1 (as PyTorch's `normalize`).
const SHORTEST: f64 = 1e-12;

/// Encoder of an imported scVI or SCimilarity model.
#[derive(Clone, Debug)]
pub struct ScviEncoder {
    card: ModelCard,
    hidden: Vec<HiddenLayer>,
    mean: Linear,
    /// ln(1 + i) as the first layer reads it.
    logarithms: Box<[f32; TABLE]>,
}

/// One-hot columns that are active in one cell, one a covariate; empty where the encoder has none.
pub type ActiveCovariates = [u32];

impl ScviEncoder {
    /// Reads `encoder.safetensors` of a model folder or a bundle: `layers.I.{weight [out, in], bias, scale,
    /// shift}` and for another activation than ReLU `layers.I.slope [1]`, `mean.{weight, bias}`, and the card as JSON under the metadata key `card`.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape or type, or the card does not fit.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, EncoderError> {
        let file = WeightsFile::read(bytes)?;
        let hidden = file.hidden(file.card.genes.len(), file.card.encoder_covariate_width())?;
        let inputs = hidden.last().map_or(0, HiddenLayer::outputs);
        let mean = file.linear("mean", inputs, file.card.latent as usize)?;
        let logarithms = Box::new(std::array::from_fn(|count| libm::log1p(count as f64) as f32));
        Ok(Self { card: file.card, hidden, mean, logarithms })
    }

    /// The model's card.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Names of the genes, in the order of the columns.
    pub fn genes(&self) -> &[String] {
        &self.card.genes
    }

    /// Embedding size.
    pub fn latent(&self) -> usize {
        self.mean.outputs()
    }

    /// Whether a cell's counts are scaled by their sum, so that changing one gene changes all inputs.
    pub fn scales_by_sum(&self) -> bool {
        self.card.normalize != Normalize::None
    }

    /// What a count becomes before the first layer, given the sum of the cell's counts.
    pub fn input(&self, count: f32, total: f64) -> f32 {
        let scaled = self.card.scaled(count, total);
        if !self.card.log1p {
            return scaled;
        }
        let whole = scaled as u32;
        match self.logarithms.get(whole as usize) {
            Some(&logarithm) if whole as f32 == scaled => logarithm,
            _ => libm::log1p(f64::from(scaled)) as f32,
        }
    }

    /// Embeddings `[cells, latent]` of counts in the model's gene order.
    ///
    /// `one_hot` gives the active covariate columns of each cell; pass an empty slice where the encoder has
    /// no covariates.
    ///
    /// ```
    /// use cellprism_core::{bundle::Tensors, cells::CountMatrix, embedding::scvi::ScviEncoder};
    ///
    /// // two genes, one hidden layer of two, one dimension
    /// let mut file = Tensors::default();
    /// file.f32("layers.0.weight", &[2, 2], [1.0, 0.0, 0.0, 1.0]);
    /// file.f32("layers.0.bias", &[2], [0.0, 0.0]);
    /// file.f32("layers.0.scale", &[2], [1.0, 1.0]);
    /// file.f32("layers.0.shift", &[2], [0.0, 0.0]);
    /// file.f32("mean.weight", &[1, 2], [1.0, -1.0]);
    /// file.f32("mean.bias", &[1], [0.0]);
    /// file.metadata("card", r#"{"format": 1, "kind": "scvi", "name": "tiny", "genes": ["CD79A", "LYZ"],
    ///     "latent": 1, "preprocessing": "log1p", "log1p": true, "precision": "float32"}"#);
    /// let encoder = ScviEncoder::from_safetensors(&file.to_bytes()?)?;
    /// let cells = CountMatrix::from_dense(2, 2, &[3.0, 0.0, 0.0, 3.0])?;
    /// let embedded = encoder.encode(&cells, &[])?;
    /// assert!((embedded[[0, 0]] - 4f32.ln()).abs() < 1e-6);
    /// assert_eq!(embedded[[0, 0]], -embedded[[1, 0]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the number of genes differs from the model's, or covariates are missing.
    pub fn encode(&self, counts: &CountMatrix, one_hot: &[Vec<u32>]) -> Result<Array2<f32>, EncoderError> {
        if counts.cols != self.genes().len() {
            return Err(EncoderError::Genes { found: counts.cols, expected: self.genes().len() });
        }
        check_covariates(one_hot, counts.rows, self.card.encoder_covariate_width())?;
        let active = |cell: usize| one_hot.get(cell).map_or(&[][..], Vec::as_slice);
        // Only where covariates enter later layers, too, does each cell need a pass of its own there.
        let each = self.hidden[1..].iter().any(|layer| layer.covariates > 0);
        let step = if each { 1 } else { CELLS };
        let rows = parallel::map(counts.rows.div_ceil(step), |block| {
            let cells = block * step..((block + 1) * step).min(counts.rows);
            let first = cells.start;
            let sums = self.first_layers(cells.map(|cell| (counts.row(cell), active(cell))));
            self.finish(&sums, if each { active(first) } else { &[] })
        });
        let shape = (counts.rows, self.latent());
        Ok(Array2::from_shape_vec(shape, rows.concat()).expect("one embedding a cell"))
    }

    /// [`Self::first_layer`] of some cells, `[cells, first_width]`.
    fn first_layers<'a>(
        &self,
        cells: impl Iterator<Item = ((&'a [u32], &'a [f32]), &'a ActiveCovariates)>,
    ) -> Vec<f32> {
        let (mut sums, mut rows) = (Vec::new(), Vec::new());
        for ((genes, counts), active) in cells {
            sums.extend(self.hidden[0].start(active));
            rows.push((genes, self.inputs(counts)));
        }
        dense::add_rows_of_many(&mut sums, &rows, &self.hidden[0].weights);
        sums
    }

    /// [`Self::input`] of a cell's counts.
    fn inputs(&self, counts: &[f32]) -> Vec<f32> {
        if self.card.log1p && self.card.normalize == Normalize::None {
            // Nearly all counts are small whole numbers: all are looked up first, and asked about afterwards.
            let place = |count: f32| count as i32 as usize & (TABLE - 1);
            let found: Vec<f32> = counts.iter().map(|&count| self.logarithms[place(count)]).collect();
            if counts.iter().fold(true, |all, &count| all & (place(count) as f32 == count)) {
                return found;
            }
        }
        let total = if self.scales_by_sum() { counts.iter().map(|&x| f64::from(x)).sum() } else { 0.0 };
        counts.iter().map(|&count| self.input(count, total)).collect()
    }

    /// Pre-activation of the first layer: the part that changing one gene changes by one row of weights.
    pub fn first_layer(&self, (genes, counts): (&[u32], &[f32]), active: &ActiveCovariates) -> Vec<f32> {
        let mut sums = self.hidden[0].start(active);
        dense::add_rows(&mut sums, genes, &self.inputs(counts), &self.hidden[0].weights);
        sums
    }

    /// The first layer's weights of one gene.
    pub fn gene_weights(&self, gene: usize) -> &[f32] {
        self.hidden[0].row(gene)
    }

    /// Width of the first layer.
    pub fn first_width(&self) -> usize {
        self.hidden[0].outputs()
    }

    /// Embeddings `[rows, latent]` of first-layer pre-activations `[rows, first_width]`, all of cells with the
    /// same active covariates.
    pub fn finish(&self, first: &[f32], active: &ActiveCovariates) -> Vec<f32> {
        let mut values = first.to_vec();
        self.hidden[0].activate(&mut values);
        for layer in &self.hidden[1..] {
            values = layer.forward(&values, active);
        }
        let mut embeddings = self.mean.forward(&values);
        if self.card.unit_length {
            embeddings.chunks_mut(self.latent()).for_each(to_unit_length);
        }
        embeddings
    }
}

fn to_unit_length(row: &mut [f32]) {
    let length = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt().max(SHORTEST);
    row.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use safetensors::{Dtype, tensor::TensorView};

    use super::*;

    /// Weights of a small random encoder as they are on disk; of SCimilarity's build where counts are scaled.
    pub(crate) fn random_encoder(
        genes: usize,
        hidden: &[usize],
        latent: usize,
        normalize: Normalize,
        seed: u64,
    ) -> Vec<u8> {
        use rand_core::{Rng, SeedableRng};
        let mut rng = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
        let leaky = normalize != Normalize::None;
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        let mut add = |name: String, shape: Vec<usize>, centre: f32, width: f32| {
            let n: usize = shape.iter().product();
            let data = (0..n)
                .flat_map(|_| {
                    (centre + width * ((rng.next_u32() >> 8) as f32 / 8_388_608.0 - 1.0)).to_le_bytes()
                })
                .collect();
            tensors.push((name, shape, data));
        };
        let mut inputs = genes;
        for (i, &outputs) in hidden.iter().enumerate() {
            add(format!("layers.{i}.weight"), vec![outputs, inputs], 0.0, 0.5);
            add(format!("layers.{i}.bias"), vec![outputs], 0.1, 0.3);
            add(format!("layers.{i}.scale"), vec![outputs], 1.0, 0.5);
            add(format!("layers.{i}.shift"), vec![outputs], 0.0, 0.3);
            if leaky {
                add(format!("layers.{i}.slope"), vec![1], 0.3, 0.2);
            }
            inputs = outputs;
        }
        add("mean.weight".into(), vec![latent, inputs], 0.0, 0.5);
        add("mean.bias".into(), vec![latent], 0.0, 0.2);
        let names: Vec<String> = (0..genes).map(|g| format!("G{g}")).collect();
        let card = serde_json::json!({"format": 1, "kind": "scvi", "name": "random", "genes": names, "latent": latent,
            "preprocessing": "log1p", "log1p": true, "precision": "float32", "normalize": normalize, "unit_length": leaky});
        let metadata = HashMap::from([("card".to_owned(), card.to_string())]);
        let views: Vec<_> = tensors
            .iter()
            .map(|(name, shape, data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()))
            .collect();
        safetensors::serialize(views, Some(metadata)).unwrap()
    }

    #[test]
    fn a_row_of_zeros_gives_the_bias_path() {
        let encoder =
            ScviEncoder::from_safetensors(&random_encoder(5, &[4, 3], 2, Normalize::None, 1)).unwrap();
        let none = CountMatrix::new(1, 5, vec![0, 0], vec![], vec![]).unwrap();
        let some = CountMatrix::new(1, 5, vec![0, 1], vec![2], vec![3.0]).unwrap();
        let a = encoder.encode(&none, &[]).unwrap();
        let b = encoder.encode(&some, &[]).unwrap();
        assert_eq!(a.dim(), (1, 2));
        assert_ne!(a, b);
    }

    #[test]
    fn leaky_layers_and_unit_length() {
        let layer = HiddenLayer {
            weights: vec![1.0, 1.0],
            inputs: 1,
            covariates: 0,
            bias: vec![0.0; 2],
            scale: vec![1.0, -2.0],
            shift: vec![0.5, 0.0],
            slope: 0.25,
        };
        assert_eq!(layer.forward(&[3.0, -1.0], &[]), [3.5, -1.5, -0.125, 2.0]);
        let (mut row, mut zero) = ([3.0, -4.0], [0.0, 0.0]);
        to_unit_length(&mut row);
        to_unit_length(&mut zero);
        assert_eq!((row, zero), ([0.6, -0.8], [0.0, 0.0]));
    }

    #[test]
    fn wrong_sizes_are_named() {
        let bytes = random_encoder(5, &[4], 2, Normalize::None, 1);
        let encoder = ScviEncoder::from_safetensors(&bytes).unwrap();
        let counts = CountMatrix::new(1, 6, vec![0, 0], vec![], vec![]).unwrap();
        assert!(encoder.encode(&counts, &[]).unwrap_err().to_string().contains("6 genes"));
        assert!(ScviEncoder::from_safetensors(&bytes[..bytes.len() - 4]).is_err());
    }
}

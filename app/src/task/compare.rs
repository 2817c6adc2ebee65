//! Two dictionaries of one model: concepts paired one to one, what unrelated dictionaries reach, and how well each rebuilds
//! the other's cells.

use cellprism_core::sae::{
    SaeWeights,
    matching::{Null, Pair, correlations, match_dictionaries, null},
    metrics::evaluate,
};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{files::Files, train::read_embeddings};

/// Files of the left dictionary: configuration, weights, and its cells where they are sent.
pub const LEFT: [&str; 3] = ["left/cfg.json", "left/sae_weights.safetensors", "left/embeddings.safetensors"];
/// Those of the right one.
pub const RIGHT: [&str; 3] =
    ["right/cfg.json", "right/sae_weights.safetensors", "right/embeddings.safetensors"];

/// Compare [`LEFT`] and [`RIGHT`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The right one is the left one's neurons: both sides of every dimension; no file of it is read.
    pub neurons: bool,
    /// Seed of the random dictionaries.
    pub seed: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Pairs, in order of the left concept.
    pub pairs: Vec<Pair>,
    /// Correlation of each pair's activations over the left's cells, then over the right's; empty without cells.
    pub correlations: [Vec<Option<f64>>; 2],
    /// What random dictionaries reach.
    pub null: Option<Null>,
    /// R² by dictionary (left, right) and cells (left, right).
    pub r2: [[Option<f64>; 2]; 2],
    /// Concepts that count: left, right.
    pub alive: [usize; 2],
}

/// Compares.
///
/// # Errors
/// In words: a file that is damaged, dictionaries of other sizes or of other models.
pub fn run(request: &Request, files: &Files) -> Result<Answer, String> {
    let left = dictionary(files, LEFT, "the left dictionary")?;
    let right = match request.neurons {
        true => SaeWeights::neurons(left.config.d_in).map_err(|e| e.to_string())?,
        false => dictionary(files, RIGHT, "the right dictionary")?,
    };
    let cells = |names: [&str; 3]| files.find(names[2]).map(read_embeddings).transpose();
    let cells = [cells(LEFT)?, cells(RIGHT)?];
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let pairs = match_dictionaries(&left, &right).map_err(|e| words(&e))?;
    let d = left.config.d_in;
    let of_size = |x: &&Array2<f32>| x.ncols() == d && x.nrows() > 1;
    let seen = cells.each_ref().map(|x| x.as_ref().filter(of_size));
    let drawn = seen[0].or(seen[1]);
    let null = null(&left, &right, drawn.map(|x| x.view()), request.seed).map_err(|e| words(&e))?;
    let r2 = [&left, &right].map(|sae| {
        seen.map(|x| {
            // Neurons are no autoencoder: they rebuild nothing.
            let rebuilt = x.filter(|_| !request.neurons || std::ptr::eq(sae, &left))?;
            Some(evaluate(sae, rebuilt.view()).r2).filter(|r2| r2.is_finite())
        })
    });
    let alive = |sae: &SaeWeights| sae.alive().map(|alive| alive.len()).map_err(|e| words(&e));
    Ok(Answer {
        correlations: seen
            .map(|x| x.map_or_else(Vec::new, |x| correlations(&left, &right, &pairs, x.view()))),
        alive: [alive(&left)?, alive(&right)?],
        pairs,
        null,
        r2,
    })
}

fn dictionary(files: &Files, names: [&str; 3], which: &str) -> Result<SaeWeights, String> {
    SaeWeights::from_safetensors(files.get(names[0])?, files.get(names[1])?)
        .map_err(|e| format!("{which}: {e}"))
}

#[cfg(test)]
mod tests {
    use cellprism_core::{ids::ConceptId, sae::SaeConfig};
    use ndarray::{Array1, Axis};

    use super::*;

    fn files(rows: Array2<f32>, names: [&str; 3]) -> Files {
        let (c, d) = rows.dim();
        let sae = SaeWeights {
            config: SaeConfig::new(d, c, 1).unwrap(),
            w_enc: rows.t().to_owned(),
            b_enc: Array1::zeros(c),
            w_dec: rows,
            b_dec: Array1::zeros(d),
        };
        let (config, tensors) = sae.to_safetensors().unwrap();
        [(names[0].to_owned(), config.into_bytes()), (names[1].to_owned(), tensors)].into_iter().collect()
    }

    #[test]
    fn a_dictionary_is_its_own_counterpart_turned_round() {
        let rows = Array2::from_shape_fn((6, 4), |(i, j)| (((i * 37 + j * 101) % 53) as f32 - 26.0) / 10.0);
        let turned = rows.select(Axis(0), &[5, 4, 3, 2, 1, 0]);
        let mut all = files(rows, LEFT);
        for (name, bytes) in files(turned, RIGHT).iter() {
            all.insert(name, bytes.to_vec());
        }
        let found = run(&Request { neurons: false, seed: 1 }, &all).unwrap();
        assert!(found.pairs.iter().all(|pair| pair.left.0 + pair.right.0 == 5 && pair.cosine > 0.999));
        assert_eq!((found.alive, found.r2), ([6, 6], [[None; 2]; 2]));
        assert!(found.null.unwrap().directions.p95 < 1.0);
    }

    #[test]
    fn a_concept_along_a_dimension_is_that_neuron() {
        let mut rows = Array2::<f32>::zeros((2, 3));
        (rows[[0, 2]], rows[[1, 0]]) = (2.0, -1.0);
        let found = run(&Request { neurons: true, seed: 1 }, &files(rows, LEFT)).unwrap();
        let pairs: Vec<_> = found.pairs.iter().map(|pair| (pair.left, pair.right, pair.cosine)).collect();
        assert_eq!(pairs, [(ConceptId(0), ConceptId(2), 1.0), (ConceptId(1), ConceptId(3), 1.0)]);
        assert!(
            run(&Request { neurons: false, seed: 1 }, &Files::default())
                .unwrap_err()
                .contains("left/cfg.json")
        );
    }
}

//! A concept's prototypes with the concept set to another value: what scVI then expects of every gene.

use cellprism_core::{
    attribution::ConceptReader,
    embedding::{
        card::ModelCard,
        scvi::{ScviDecoder, ScviEncoder},
    },
    ids::ConceptId,
    sae::SaeWeights,
    steering::{SteeredCells, SteeredConcept, Target, steer_concept},
};
use serde::{Deserialize, Serialize};

use super::recompute::Samples;

/// Set a concept to another value in its prototypes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The concept.
    pub concept: ConceptId,
    /// What it is set to.
    pub target: Target,
    /// The bundle's columns, for a decoder that reads the batch.
    pub columns: Vec<Column>,
}

/// A metadata column of the prototypes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Label of each prototype, the most active first.
    pub labels: Vec<Option<String>>,
}

/// Files that the work reads, as the bundle has them.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// `model/encoder.safetensors`.
    pub encoder: &'a [u8],
    /// `model/decoder.safetensors`.
    pub decoder: &'a [u8],
    /// `sae/cfg.json`.
    pub config: &'a [u8],
    /// `sae/sae_weights.safetensors`.
    pub weights: &'a [u8],
    /// `samples/NNNN.safetensors`.
    pub samples: &'a [u8],
}

impl<'a> Files<'a> {
    /// The five files in the order of the fields.
    ///
    /// # Errors
    /// If they are not five.
    pub fn of(files: &'a [Vec<u8>]) -> Result<Self, String> {
        match files {
            [encoder, decoder, config, weights, samples] => {
                Ok(Self { encoder, decoder, config, weights, samples })
            }
            _ => Err(format!("{} files instead of 5", files.len())),
        }
    }
}

/// Embeds the prototypes and steers them, with the functions that `cellprism steer` calls.
///
/// # Errors
/// In words for the page: a file that is not what it should be or does not fit the others, or a covariate that the
/// bundle does not tell.
pub fn run(request: &Request, files: Files<'_>) -> Result<SteeredConcept, String> {
    let encoder = ScviEncoder::from_safetensors(files.encoder).map_err(|e| e.to_string())?;
    let decoder = ScviDecoder::from_safetensors(files.decoder).map_err(|e| e.to_string())?;
    let sae = SaeWeights::from_safetensors(files.config, files.weights).map_err(|e| e.to_string())?;
    let concept = request.concept;
    if encoder.genes() != decoder.genes() || encoder.latent() != sae.config.d_in {
        return Err("the encoder, the decoder and the dictionary are not of one model".into());
    }
    if concept.index() >= sae.config.d_sae {
        return Err(format!("the dictionary has no concept {}", concept.0));
    }
    let samples = Samples::read(files.samples, encoder.genes().len())?;
    let rows: Vec<usize> = samples.prototypes.iter().map(|&place| place as usize).collect();
    let counts = samples.counts.select_rows(&rows);
    let latent = encoder.encode(&counts, &[]).map_err(|e| e.to_string())?;
    let one_hot = one_hot(decoder.card(), &request.columns, rows.len())?;
    let values: Vec<f32> = latent.iter().copied().collect();
    let activations = ConceptReader::of(&sae).read_rows(&values, concept);
    let cells = SteeredCells {
        latent: latent.view(),
        totals: &counts.row_sums(),
        one_hot: &one_hot,
        activations: &activations,
    };
    steer_concept(&decoder, &sae, concept, cells, request.target).map_err(|e| e.to_string())
}

/// Active covariate columns of each cell; empty where the decoder reads none.
fn one_hot(card: &ModelCard, columns: &[Column], cells: usize) -> Result<Vec<Vec<u32>>, String> {
    if card.covariate_width() == 0 {
        return Ok(Vec::new());
    }
    let mut one_hot = vec![Vec::new(); cells];
    let mut start = 0;
    for covariate in card.covariates.iter().filter(|covariate| covariate.width() > 0) {
        let name = covariate.column.as_deref().unwrap_or("batch");
        let column = columns
            .iter()
            .find(|column| column.name == name)
            .ok_or_else(|| format!("the model's decoder reads {name:?}, which this bundle does not tell"))?;
        for (cell, active) in one_hot.iter_mut().enumerate() {
            let label = column.labels.get(cell).and_then(Option::as_ref);
            let place = label.and_then(|label| covariate.categories.iter().position(|c| c == label));
            let place = place.ok_or_else(|| format!("{name} {label:?} of a cell is unknown to the model"))?;
            active.push((start + place) as u32);
        }
        start += covariate.width();
    }
    Ok(one_hot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(covariates: &str) -> ModelCard {
        let json = format!(
            r#"{{"format": 1, "kind": "scvi", "name": "m", "genes": ["A", "B"], "latent": 2, "preprocessing": "log1p",
                "log1p": true, "precision": "float32", "covariates": {covariates}}}"#
        );
        ModelCard::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn covariates_are_found_by_name_and_label() {
        let two = card(
            r#"[{"column": "batch", "categories": ["a", "b"]}, {"column": "donor", "categories": ["x", "y", "z"]}]"#,
        );
        let column = |name: &str, labels: [&str; 2]| Column {
            name: name.into(),
            labels: labels.map(|label| Some(label.to_owned())).into(),
        };
        let known = [column("donor", ["z", "x"]), column("batch", ["a", "b"])];
        assert_eq!(one_hot(&two, &known, 2), Ok(vec![vec![0, 4], vec![1, 2]]));
        assert!(one_hot(&two, &known[..1], 2).unwrap_err().contains("\"batch\""));
        let other = [column("donor", ["z", "x"]), column("batch", ["a", "c"])];
        assert!(one_hot(&two, &other, 2).unwrap_err().contains("\"c\""));
        assert!(one_hot(&two, &known, 3).is_err(), "a cell without a label");
        assert_eq!(one_hot(&card("[]"), &[], 2), Ok(Vec::new()));
    }

    #[test]
    fn damaged_files_are_told() {
        let request = Request { concept: ConceptId(0), target: Target::Scale(2.0), columns: Vec::new() };
        assert!(Files::of(&[]).is_err());
        let files = [const { Vec::new() }; 5];
        assert!(run(&request, Files::of(&files).unwrap()).is_err());
    }
}

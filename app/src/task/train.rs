//! A small dictionary, trained by the native trainer of the command line: with its portable arithmetic the weights are
//! the same, bit for bit, in the browser and in a program.

use cellprism_core::{
    bundle::{Tensors, path, read_f32},
    ids::ConceptId,
    sae::{
        Codes, SaeWeights,
        matching::{Pair, match_dictionaries},
        metrics::{Metrics, evaluate, evaluate_codes},
        train::{Native, Plan, Session, TrainOptions},
    },
};
use ndarray::{Array2, ArrayView2};
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::{Said, by_percent, files::Files};

/// Most cells that are trained on in a page.
pub const MOST_CELLS: usize = 50_000;
/// Most concepts that are trained in a page.
pub const MOST_CONCEPTS: usize = 2_000;
/// Most bytes that a training may need in a page, whose memory ends at 4 GB and is shared with the page's own.
const MOST_MEMORY: u64 = 1 << 30;

/// Train a dictionary.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Options.
    pub options: TrainOptions,
}

/// Files of an answer: the new dictionary in SAELens layout, and the cells' activations as `sae encode` writes them.
pub const SAID: [&str; 3] = ["cfg.json", "sae_weights.safetensors", ACTIVATIONS];
/// The last of them.
pub const ACTIVATIONS: &str = "activations.safetensors";

/// What came out, beside its files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// How well the new dictionary rebuilds the embeddings.
    pub metrics: Metrics,
    /// Cells in which each of its concepts is active.
    pub active_cells: Vec<u32>,
    /// The dictionary compared with, where there is one of the same d: its metrics on the same embeddings.
    pub published: Option<Metrics>,
    /// Its concepts (left) paired with the new ones (right).
    pub pairs: Vec<Pair>,
}

/// Tensor `embeddings` f32 [n, d] of a safetensors file.
///
/// # Errors
/// In words, if it is not there, or not of two dimensions.
pub fn read_embeddings(file: &[u8]) -> Result<Array2<f32>, String> {
    let words = |what: &dyn std::fmt::Display| format!("the embeddings: {what}");
    let tensors = SafeTensors::deserialize(file)
        .map_err(|e| words(&format!("not a whole safetensors file ({e}); `cellprism embed` writes one")))?;
    let (shape, values) = read_f32(&tensors, "embeddings").map_err(|e| words(&e))?;
    let [n, d] = shape[..] else {
        return Err(words(&format!(
            "tensor \"embeddings\" has shape {shape:?}, expected [cells, dimensions]"
        )));
    };
    Array2::from_shape_vec((n, d), values).map_err(|e| words(&e))
}

/// Trains on [`path::EMBEDDINGS`], and compares with the published dictionary where its two files were sent. `say` hears of
/// every epoch. The answer's files are [`SAID`].
///
/// # Errors
/// In words for the page: options or embeddings that make no sense, too many cells for a page, or a training that
/// diverged.
pub fn run(request: &Request, files: &Files, say: &mut dyn FnMut(Said)) -> Result<(Answer, Files), String> {
    let embeddings = read_embeddings(files.get(path::EMBEDDINGS)?)?;
    let published = match (files.find(path::SAE_CONFIG), files.find(path::SAE_WEIGHTS)) {
        (Some(config), Some(weights)) => {
            Some(SaeWeights::from_safetensors(config, weights).map_err(|e| e.to_string())?)
        }
        _ => None,
    };
    let mut weights = train(embeddings.view(), &request.options, say)?;
    weights.note_origin(embeddings.view(), None).map_err(|e| e.to_string())?;
    let codes = weights.encoder().encode(embeddings.view());
    let mut active_cells = vec![0u32; weights.config.d_sae];
    for (&concept, _) in codes.indices.iter().zip(&codes.values).filter(|(_, value)| **value > 0.0) {
        active_cells[ConceptId(concept).index()] += 1;
    }
    let comparable = published.filter(|other| other.config.d_in == weights.config.d_in);
    let pairs = match &comparable {
        Some(other) => match_dictionaries(other, &weights).map_err(|e| e.to_string())?,
        None => Vec::new(),
    };
    let answer = Answer {
        metrics: evaluate_codes(&weights, embeddings.view(), &codes),
        active_cells,
        published: comparable.map(|other| evaluate(&other, embeddings.view())),
        pairs,
    };
    let (config, tensors) = weights.to_safetensors().map_err(|e| e.to_string())?;
    let said = [config.into_bytes(), tensors, activations(&codes)?];
    Ok((answer, SAID.map(str::to_owned).into_iter().zip(said).collect()))
}

fn train(
    embeddings: ArrayView2<'_, f32>,
    options: &TrainOptions,
    say: &mut dyn FnMut(Said),
) -> Result<SaeWeights, String> {
    let (n, d) = embeddings.dim();
    let need = options.memory(n as u64, d as u64);
    if n > MOST_CELLS || options.concepts > MOST_CONCEPTS || need > MOST_MEMORY {
        return Err(format!(
            "{n} cells of size {d} with {} concepts are too much for a page ({MOST_CELLS} cells, {MOST_CONCEPTS} \
             concepts and 1 GB of memory at most): use `cellprism sae train`",
            options.concepts
        ));
    }
    let plan = Plan::new(embeddings, options.clone()).map_err(|e| e.to_string())?;
    let engine = Box::new(Native::new(&plan));
    let total = (plan.steps_per_epoch() * u64::from(options.epochs)) as f64;
    let mut session = Session::start(plan, engine).map_err(|e| e.to_string())?;
    let mut steps = 0.0;
    loop {
        let mut progress = by_percent(say);
        let mut on_step = |_: &_| {
            steps += 1.0;
            progress(steps / total);
        };
        let Some(metrics) = session.epoch(&mut on_step).map_err(|e| e.to_string())? else { break };
        drop(progress);
        say(Said::Epoch(Box::new(metrics)));
    }
    session.weights().map_err(|e| e.to_string())
}

fn activations(codes: &Codes) -> Result<Vec<u8>, String> {
    let shape = [codes.rows(), codes.k];
    let mut file = Tensors::default();
    file.u32("indices", &shape, codes.indices.iter().copied());
    file.f32("values", &shape, codes.values.iter().copied());
    file.to_bytes().map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellprism_core::sae::train::{Arithmetic, train as train_sae};
    use std::ops::ControlFlow;

    /// Three directions, one a cell.
    fn directions(n: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, 6), |(cell, i)| {
            let noise = ((cell * 7 + i * 13) % 11) as f32 * 0.01;
            if cell % 3 == i % 3 { 2.0 + noise } else { noise }
        })
    }

    fn file(values: &Array2<f32>) -> Vec<u8> {
        let mut file = Tensors::default();
        file.f32("embeddings", &[values.nrows(), values.ncols()], values.iter().copied());
        file.to_bytes().unwrap()
    }

    fn options() -> TrainOptions {
        let mut options = TrainOptions::new(8, 1, 12);
        options.batch = 16;
        options.learning_rate = 1e-2;
        options.arithmetic = Arithmetic::Portable;
        options
    }

    #[test]
    fn the_weights_are_those_of_the_command_line_and_every_epoch_is_told() {
        let values = directions(60);
        let mut epochs = Vec::new();
        let mut say = |said| match said {
            Said::Epoch(metrics) => epochs.push(metrics.loss),
            Said::Progress(share) => assert!((0.0..=1.0).contains(&share)),
            other => panic!("{other:?}"),
        };
        let mut files = Files::default();
        files.insert(path::EMBEDDINGS, file(&values));
        let (answer, out) = run(&Request { options: options() }, &files, &mut say).unwrap();
        assert_eq!(epochs.len(), 12);
        assert!(epochs[11] < epochs[0] && out.find(ACTIVATIONS).is_some());
        assert_eq!(answer.active_cells.iter().sum::<u32>() as f64, answer.metrics.l0 * 60.0);

        let mut expected = train_sae(values.view(), &options(), &mut |_| ControlFlow::Continue(())).unwrap();
        expected.note_origin(values.view(), None).unwrap();
        let [config, weights] = [SAID[0], SAID[1]].map(|name| out.get(name).unwrap());
        assert_eq!(SaeWeights::from_safetensors(config, weights).unwrap(), expected);

        // Beside itself it is found again, concept by concept.
        files.insert(path::SAE_CONFIG, config.to_vec());
        files.insert(path::SAE_WEIGHTS, weights.to_vec());
        let (again, _) = run(&Request { options: options() }, &files, &mut |_| {}).unwrap();
        assert!(again.pairs.iter().all(|pair| pair.left == pair.right && pair.cosine > 0.9999));
        assert_eq!(again.published.unwrap().r2, again.metrics.r2);
    }

    #[test]
    fn what_a_page_cannot_do_is_said_before_it_starts() {
        let small = file(&directions(9));
        let said = |embeddings: &[u8], change: fn(&mut TrainOptions)| {
            let mut options = options();
            change(&mut options);
            let mut files = Files::default();
            files.insert(path::EMBEDDINGS, embeddings.to_vec());
            run(&Request { options }, &files, &mut |said| panic!("{said:?}")).unwrap_err()
        };
        assert!(said(&small, |o| o.concepts = MOST_CONCEPTS + 1).contains("sae train"));
        assert!(said(&small, |o| o.active = 9).contains("9 active concepts"));
        assert!(said(&file(&Array2::ones((5, 4))), |_| {}).contains("equal"));
        assert!(said(b"nonsense", |_| {}).contains("not a whole safetensors file"));
        let mut other = Tensors::default();
        other.u32("embeddings", &[1], [1]);
        assert!(said(&other.to_bytes().unwrap(), |_| {}).contains("U32"));
    }
}

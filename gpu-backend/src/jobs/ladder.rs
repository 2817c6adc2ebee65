//! How many concepts a dictionary gets where nobody says: sizes tried one after the other. Those that are measured are
//! kept in a file, so that an interrupted job goes on with the next.

use std::path::Path;

use anyhow::Context;
use cellprism_core::{
    bundle::Ladder,
    sae::{
        size::{Rung, climb, effective_rank, rungs, sample},
        train::{TrainOptions, default_epochs},
    },
};
use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::work::{checked, progress::Progress};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Everything besides c and k, and the passes where `epochs` are none.
    pub options: &'a TrainOptions,
    /// k, where it is given.
    pub active: Option<usize>,
    /// Passes, where they are given.
    pub epochs: Option<u32>,
    /// Where measured rungs are kept.
    pub kept: Option<&'a Path>,
}

/// What survives a kill.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    effective_rank: f64,
    rungs: Vec<Rung>,
}

/// Tries the sizes that the embeddings [n, d] suggest, and chooses.
///
/// # Errors
/// If options or embeddings make no sense, training diverges, or the kept rungs cannot be written.
pub fn choose(x: ArrayView2<'_, f32>, wish: &Wish<'_>, progress: &dyn Progress) -> anyhow::Result<Ladder> {
    let cells = sample(x.nrows(), wish.options.seed);
    let chosen;
    let data = if cells.len() == x.nrows() {
        x
    } else {
        chosen = x.select(Axis(0), &cells);
        chosen.view()
    };
    let mut kept = match wish.kept.and_then(read) {
        Some(kept) => kept,
        None => Kept { effective_rank: effective_rank(data), rungs: Vec::new() },
    };
    let sizes = rungs(kept.effective_rank, x.nrows(), wish.active);
    let epochs = wish.epochs.unwrap_or_else(|| default_epochs(cells.len(), wish.options.batch));
    let open = sizes.get(kept.rungs.len()..).unwrap_or_default();
    let steps = progress.begin("size", open.len() as u64 * u64::from(epochs), "epochs");
    for (done, &(concepts, active)) in open.iter().enumerate() {
        steps.message(&format!("{concepts} concepts, size {} of {}", done + 1, open.len()));
        let options = TrainOptions { concepts, active, epochs, aux_k: None, ..wish.options.clone() };
        let rung = climb(data, &options, &mut |_| steps.advance(1))
            .with_context(|| format!("trying {concepts} concepts"))?;
        kept.rungs.push(rung);
        if let Some(path) = wish.kept {
            checked::write(path, &serde_json::to_vec(&kept)?)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    steps.finish();
    let ladder = Ladder::new(kept.effective_rank, cells.len(), &kept.rungs);
    in_words(&ladder).lines().for_each(|line| progress.say(line));
    Ok(ladder)
}

/// Measured rungs, if they are there and whole; others are measured again.
fn read(path: &Path) -> Option<Kept> {
    serde_json::from_slice(&checked::read(path)?).ok()
}

/// The sizes tried, a line each, with a warning where all have too many dead concepts.
fn in_words(ladder: &Ladder) -> String {
    let mut out = format!(
        "dictionary size: effective rank {:.1}, tried on {} cells\n",
        ladder.effective_rank, ladder.cells
    );
    for rung in &ladder.rungs {
        let r2 = rung.held_out_r2.map_or_else(|| "not available".into(), |r2| format!("{r2:.4}"));
        let mark = if rung.chosen { "  chosen" } else { "" };
        out += &format!(
            "  {:>5} concepts, {} active a cell: held-out R² {r2}, {} dead{mark}\n",
            rung.c, rung.k, rung.dead
        );
    }
    if ladder.chosen().is_some_and(|rung| !rung.is_alive()) {
        out += "warning: more than a tenth of the concepts are dead at every size; the smallest was chosen. --concepts sets another\n";
    }
    out
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::work::progress::Silent;

    /// Cells of four directions.
    fn four(n: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, 8), |(cell, i)| {
            let noise = ((cell * 7 + i * 13) % 11) as f32 * 0.02;
            if i / 2 == cell % 4 { 2.0 + noise } else { noise }
        })
    }

    #[test]
    fn an_interrupted_ladder_goes_on_and_ends_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ladder.json");
        let x = four(300);
        let mut options = TrainOptions::new(1, 1, 1);
        options.batch = 32;
        let wish = Wish { options: &options, active: Some(1), epochs: Some(5), kept: None };
        let whole = choose(x.view(), &wish, &Silent).unwrap();
        assert!(whole.rungs.len() >= 3 && whole.chosen().is_some(), "{whole:?}");
        assert!((2.5..4.5).contains(&whole.effective_rank), "four directions, three of them free");

        let wish = Wish { kept: Some(&path), ..wish };
        assert_eq!(choose(x.view(), &wish, &Silent).unwrap(), whole);
        let mut kept = read(&path).unwrap();
        kept.rungs.truncate(1);
        // What was measured is taken as it is.
        kept.rungs[0].held_out_r2 = Some(0.25);
        checked::write(&path, &serde_json::to_vec(&kept).unwrap()).unwrap();
        let again = choose(x.view(), &wish, &Silent).unwrap();
        assert_eq!(again.rungs[0].held_out_r2, Some(0.25));
        assert_eq!(
            again.rungs[1..].iter().map(|r| r.dead).collect::<Vec<_>>(),
            whole.rungs[1..].iter().map(|r| r.dead).collect::<Vec<_>>()
        );
        assert_eq!(read(&path).unwrap().rungs.len(), whole.rungs.len());

        // What is half-written stops nothing.
        let half = std::fs::read(&path).unwrap();
        std::fs::write(&path, &half[..half.len() / 2]).unwrap();
        assert_eq!(choose(x.view(), &wish, &Silent).unwrap(), whole);
    }

    #[test]
    fn it_is_said_where_too_many_are_dead() {
        let rung = |concepts, dead| Rung { concepts, active: 3, held_out_r2: Some(0.9), dead };
        let said = in_words(&Ladder::new(5.0, 100, &[rung(10, 2), rung(20, 9)]));
        assert!(
            said.contains("10 concepts") && said.contains("2 dead  chosen") && said.contains("warning"),
            "{said}"
        );
        assert!(!in_words(&Ladder::new(5.0, 100, &[rung(10, 1)])).contains("warning"));
    }
}

//! A run as tasks, in an order in which they can be done.

use super::{
    estimate::{self, Sizes},
    task::{Stage, Task, name},
};
use crate::{
    jobs::{
        ENCODED,
        bundle::{Job, inputs::Inputs},
    },
    work::{counts::CountStore, share::Share},
};

/// Where results go, from the folder of the plan.
const RESULTS: &str = "results";

/// Tasks of a run whose stages are cut into so many shares, where there is as much to share.
pub fn tasks(job: &Job, inputs: &Inputs, sizes: &Sizes, shares: u32) -> Vec<Task> {
    let cells = inputs.cells.len();
    let at_most = |pieces: usize| shares.min(pieces.max(1) as u32);
    let (reads, codes) = (at_most(CountStore::parts(cells)), at_most(cells.div_ceil(ENCODED)));
    let mut cut = Cut { tag: inputs.key.tag(), job, sizes, tasks: Vec::new() };
    let read = cut.add(Stage::Read, reads, &[]);
    let embedded = cut.add(Stage::Embed, at_most(cells), &[&read]);
    let trained = cut.add(Stage::Train, 1, &[&embedded]);
    let map = match inputs.cells.umap {
        Some(_) => Vec::new(),
        None => cut.add(Stage::Map, 1, &[&trained]),
    };
    let active = cut.add(Stage::Activate, codes, &[&trained]);
    let to_describe = [&read[..], &trained, &active];
    let mut found = vec![cut.add(Stage::Describe, shares, &to_describe)];
    if inputs.parameters.neurons {
        found.push(cut.add(Stage::Neurons, shares, &to_describe));
    }
    let calibrates = inputs.parameters.reading.as_ref().is_some_and(|reading| reading.calibration > 0);
    if calibrates && !inputs.libraries.is_empty() {
        found.push(cut.add(Stage::Calibrate, 1, &to_describe));
    }
    let found = found.concat();
    cut.add(Stage::Merge, 1, &[&read, &trained, &map, &active, &found]);
    cut.tasks
}

/// Tasks as they are found.
struct Cut<'a> {
    tag: String,
    job: &'a Job,
    sizes: &'a Sizes,
    tasks: Vec<Task>,
}

impl Cut<'_> {
    /// All shares of a stage; their names.
    fn add(&mut self, stage: Stage, of: u32, needs: &[&[String]]) -> Vec<String> {
        let needs: Vec<String> = needs.concat();
        let shares = (1..=of).map(|part| Share { part, of });
        let new = shares.map(|share| {
            let id = name(stage, share);
            let result = (stage != Stage::Merge).then(|| format!("{RESULTS}/{id}-{}", self.tag));
            let takes = estimate::of(self.job, self.sizes, stage, of);
            Task { id, stage, share, needs: needs.clone(), result, takes }
        });
        let new: Vec<Task> = new.collect();
        let names = new.iter().map(|task| task.id.clone()).collect();
        self.tasks.extend(new);
        names
    }
}

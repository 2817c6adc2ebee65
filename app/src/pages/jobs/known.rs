//! What the server knows.

use leptos::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::client;

/// A job.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    pub state: String,
    /// The stage that goes on.
    pub stage: String,
    /// Its steps that are done.
    pub done: u64,
    /// Its steps.
    pub total: u64,
    /// When it was submitted.
    pub created: String,
    /// Why it failed.
    pub error: Option<String>,
    /// Name of its bundle.
    pub bundle: Option<String>,
    /// What was asked for.
    pub parameters: Value,
}

/// Something that a job can name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Number of cells, of datasets.
    #[serde(default)]
    pub cells: Option<u64>,
    /// Its kind, of models.
    #[serde(default)]
    pub kind: Option<String>,
}

/// All of it, as of the last look.
#[derive(Clone, Copy)]
pub struct Known {
    /// Jobs, the newest first.
    pub jobs: RwSignal<Vec<Job>>,
    /// Datasets.
    pub datasets: RwSignal<Vec<Named>>,
    /// Models.
    pub models: RwSignal<Vec<Named>>,
    /// Libraries of gene sets.
    pub gene_sets: RwSignal<Vec<Named>>,
    /// What went wrong last.
    pub problem: RwSignal<Option<String>>,
}

impl Known {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            jobs: RwSignal::new(Vec::new()),
            datasets: RwSignal::new(Vec::new()),
            models: RwSignal::new(Vec::new()),
            gene_sets: RwSignal::new(Vec::new()),
            problem: RwSignal::new(None),
        }
    }

    /// Looks at everything that jobs can name.
    pub fn look(self) {
        for (path, to) in
            [("datasets", self.datasets), ("models", self.models), ("gene-sets", self.gene_sets)]
        {
            leptos::task::spawn_local(async move { self.put(client::ask("GET", path, None).await, to) });
        }
    }

    /// Looks at the jobs.
    pub fn look_at_jobs(self) {
        leptos::task::spawn_local(async move { self.put(client::ask("GET", "jobs", None).await, self.jobs) });
    }

    /// Asks for something, and looks at the jobs again.
    pub fn ask(self, method: &'static str, path: String) {
        leptos::task::spawn_local(async move {
            let said = client::ask(method, &path, None).await;
            let _ = self.problem.try_set(said.err());
            self.look_at_jobs();
        });
    }

    /// The page may have been left meanwhile.
    fn put<T: for<'a> Deserialize<'a> + PartialEq + Send + Sync + 'static>(
        self,
        found: Result<Value, String>,
        to: RwSignal<Vec<T>>,
    ) {
        let read = found
            .and_then(|found| serde_json::from_value::<Vec<T>>(found).map_err(|error| error.to_string()));
        match read {
            Ok(all) if to.try_with_untracked(|now| *now != all).unwrap_or(false) => {
                let _ = to.try_set(all);
            }
            Ok(_) => {}
            Err(problem) => {
                let _ = self.problem.try_set(Some(problem));
            }
        }
    }
}

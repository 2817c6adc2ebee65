//! The stages of a run one by one, or a share of one, for tasks of a run that is cut into several: the functions that [`run`]
//! calls, on a work folder that holds what earlier tasks have left.
//!
//! [`run`]: super::run

use anyhow::Context as _;
use cellprism_core::bundle::path;

use super::{
    Job, Report, calibration, codes,
    context::{Context, SPENT},
    dictionary, embedding, every_stage,
    inputs::Inputs,
    map,
    work::Work,
};
use crate::work::{progress::Progress, share::Share};

/// A run and where it is at work.
pub struct Stages<'a> {
    /// What is asked for.
    pub job: &'a Job,
    /// Its inputs.
    pub inputs: &'a Inputs,
    /// What is finished.
    pub work: &'a Work,
    /// Who is told.
    pub progress: &'a dyn Progress,
}

impl Stages<'_> {
    /// Brings the counts of a share of the cells.
    ///
    /// # Errors
    /// If the cells cannot be read.
    pub fn read(&self, share: Share) -> anyhow::Result<()> {
        embedding::counts_share(self.job, self.inputs, self.work, share, self.progress)
    }

    /// Embeds a share of the cells; all counts are there.
    ///
    /// # Errors
    /// If the device is not there or the model fails.
    pub fn embed(&self, share: Share) -> anyhow::Result<()> {
        let counts = embedding::counts(self.job, self.inputs, self.work, self.progress)?;
        embedding::embed_share(self.job, self.inputs, &counts, self.work, share, self.progress)
    }

    /// Puts the embeddings of so many shares together and trains on them.
    ///
    /// # Errors
    /// If a share is missing, or training diverges.
    pub fn train(&self, shares: u32) -> anyhow::Result<()> {
        let embedded = embedding::join(self.inputs, shares, self.work, self.progress)?;
        let values = embedded.values.view();
        dictionary::train(self.job, self.inputs, self.work, values, self.progress)?;
        Ok(())
    }

    /// Places the cells on a map.
    ///
    /// # Errors
    /// If there are no embeddings yet, or the map cannot be kept.
    pub fn place(&self) -> anyhow::Result<()> {
        let embedded = self.embedded()?;
        map::place(self.inputs.cells.umap.as_ref(), embedded.values.view(), self.work, self.progress)?;
        Ok(())
    }

    /// Encodes a share of the cells.
    ///
    /// # Errors
    /// If there is no dictionary yet, or the codes cannot be kept.
    pub fn activate(&self, share: Share) -> anyhow::Result<()> {
        let (embedded, sae) = (self.embedded()?, self.trained()?);
        codes::keep_share(&sae.weights, embedded.values.view(), self.work, share, self.progress)
    }

    /// Describes a share of the concepts, or of the neurons.
    ///
    /// # Errors
    /// If an earlier stage is missing, or the model cannot be run.
    pub fn describe(&self, folder: &str, share: Share) -> anyhow::Result<()> {
        self.with_context(|context| {
            let subject = match folder {
                path::CONCEPTS => &context.concepts,
                _ => context.neurons.as_ref().context("no neurons were asked for")?,
            };
            super::describe(context, subject, self.work, share, self.progress).map(|_| ())
        })
    }

    /// Reads concepts that mean nothing.
    ///
    /// # Errors
    /// As [`Stages::describe`].
    pub fn calibrate(&self) -> anyhow::Result<()> {
        self.with_context(|context| calibration::calibrate(context, self.work, self.progress).map(|_| ()))
    }

    fn with_context(&self, then: impl FnOnce(&Context<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let counts = embedding::counts(self.job, self.inputs, self.work, self.progress)?;
        let (embedded, sae) = (self.embedded()?, self.trained()?);
        then(&Context::new(self.job, self.inputs, &counts, embedded, sae, self.work)?)
    }

    fn embedded(&self) -> anyhow::Result<embedding::Embedding> {
        embedding::kept(self.work).context("the embeddings are missing or damaged")
    }

    fn trained(&self) -> anyhow::Result<dictionary::Dictionary> {
        dictionary::kept(self.work).context("the dictionary is missing or damaged")
    }
}

/// Writes the bundle of a work folder in which every stage is finished; others have spent so many seconds on describing.
///
/// # Errors
/// If a file cannot be written, or an input was changed meanwhile.
pub fn finish(
    job: &Job,
    inputs: &Inputs,
    work: Work,
    spent: f64,
    progress: &dyn Progress,
) -> anyhow::Result<Report> {
    work.keep(SPENT, &spent)?;
    every_stage(job, inputs, work, progress)
}

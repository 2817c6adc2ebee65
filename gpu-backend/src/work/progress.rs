//! How a job tells what it does, without knowing to whom: a terminal, a log, a stream of events, or nobody.

/// Who is told how a job goes.
pub trait Progress: Sync {
    /// A stage of `total` steps begins; `unit` names the steps, for instance "attribute" and "concepts".
    fn begin(&self, stage: &'static str, total: u64, unit: &str) -> Box<dyn Steps>;

    /// A line for people.
    fn say(&self, line: &str);
}

/// The steps of one stage. Safe to use from several threads.
pub trait Steps: Send + Sync {
    /// `n` more are done.
    fn advance(&self, n: u64);

    /// A short text beside the number of steps, for instance a loss.
    fn message(&self, text: &str);

    /// The stage is over.
    fn finish(&self);
}

/// Nobody is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &'static str, _: u64, _: &str) -> Box<dyn Steps> {
        Box::new(Self)
    }

    fn say(&self, _: &str) {}
}

impl Steps for Silent {
    fn advance(&self, _: u64) {}

    fn message(&self, _: &str) {}

    fn finish(&self) {}
}

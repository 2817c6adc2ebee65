//! How genes are scored: all of them swapped, or the gradient asked first.

use cellprism_core::attribution::{ScreenOutcome, Screening};
use clap::Args;

/// Options of commands that score genes.
#[derive(Clone, Debug, Args)]
pub struct ScreeningArgs {
    /// Swap every gene, or only those that the gradient puts first and a random sample of the others, whose scores are
    /// estimates then: for large models of sequences (scGPT)
    #[arg(long, value_enum, default_value_t = Attribution::Exact)]
    attribution: Attribution,
    /// With --attribution screened: genes of each concept that are swapped because their estimates are largest
    #[arg(long, value_name = "N", default_value_t = Screening::default().leading)]
    leading: u32,
    /// … and genes drawn among the others, from which the share of important ones that were missed is bounded (95 %)
    #[arg(long, value_name = "N", default_value_t = Screening::default().sample)]
    sample: u32,
}

/// How genes are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Attribution {
    Exact,
    Screened,
}

impl From<ScreeningArgs> for Option<Screening> {
    fn from(args: ScreeningArgs) -> Self {
        let ScreeningArgs { attribution, leading, sample } = args;
        (attribution == Attribution::Screened).then(|| Screening { leading, sample, ..Screening::default() })
    }
}

/// What a sample says, in words.
pub fn in_words(outcome: &ScreenOutcome, threshold: f64) -> String {
    format!(
        "screened: {} genes swapped because the gradient put them first, {} drawn among the others, of which {} matter by more \
         than {threshold}; of the {} that were not swapped, at most {:.1} % do (95 % confidence)",
        outcome.leading,
        outcome.sampled,
        outcome.missed,
        outcome.rest,
        100.0 * outcome.bound
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_said() {
        let outcome = ScreenOutcome { leading: 50, sampled: 59, rest: 700, missed: 0, bound: 0.0495 };
        let said = in_words(&outcome, 0.05);
        assert!(
            said.contains("59 drawn")
                && said.ends_with("700 that were not swapped, at most 5.0 % do (95 % confidence)"),
            "{said}"
        );
    }
}

//! Options of the convention `canonical`.

use anyhow::bail;
use cellprism_core::gsea::Multilevel;

use super::Args;

/// The options of multilevel splitting, if it is wanted.
pub fn multilevel(args: &Args) -> anyhow::Result<Option<Multilevel>> {
    if !(0.0..1.0).contains(&args.smallest_p) || args.smallest_p != 0.0 && args.smallest_p < 1e-300 {
        bail!("--smallest-p {}: it is 0, or from 1e-300 to below 1", args.smallest_p);
    }
    if args.sample_size < 11 || args.sample_size > 100_001 || args.sample_size.is_multiple_of(2) {
        bail!("--sample-size {}: an odd number from 11 to 100,001", args.sample_size);
    }
    let options =
        Multilevel { smallest: args.smallest_p, sample_size: args.sample_size, ..Multilevel::default() };
    Ok((args.smallest_p > 0.0).then_some(options))
}

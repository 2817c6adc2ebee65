//! What a model's precision is good for: 16-bit floats embed, but single genes move an embedding by less than they round.

use clap::Args as ClapArgs;

/// Whether genes are scored through a model of half precision.
#[derive(Clone, Copy, Debug, Default, ClapArgs)]
pub struct PrecisionArgs {
    /// Score genes through a model of half precision all the same; the result names its precision
    #[arg(long)]
    pub force_precision: bool,
}

//! What a model's precision is good for: 16-bit floats embed, but single genes move an embedding by less than they round.

use anyhow::bail;
use cellprism_core::embedding::card::ModelCard;
use clap::Args as ClapArgs;

/// Whether genes are scored through a model of half precision.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct PrecisionArgs {
    /// Score genes through a model of half precision all the same; the result names its precision
    #[arg(long)]
    force_precision: bool,
}

impl PrecisionArgs {
    /// Refuses models that attribution is not exact through, unless forced.
    ///
    /// # Errors
    /// If the model computes in less than 32-bit floats.
    pub fn check(&self, card: &ModelCard) -> anyhow::Result<()> {
        if card.precision != "float32" && !self.force_precision {
            bail!(
                "{:?} computes in {}, good for `cellprism embed`, but its rounding is as large as what many genes change: \
                 import it with --precision float32, or accept that with --force-precision",
                card.name,
                card.precision
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_has_to_be_forced() {
        let json = r#"{"format": 1, "kind": "onnx", "name": "m", "genes": ["A"], "latent": 2, "preprocessing": "none",
            "precision": "float32"}"#;
        let mut card = ModelCard::from_json(json.as_bytes()).unwrap();
        assert!(PrecisionArgs::default().check(&card).is_ok());
        card.precision = "float16".into();
        let error = PrecisionArgs::default().check(&card).unwrap_err().to_string();
        assert!(error.contains("--force-precision"), "{error}");
        assert!(PrecisionArgs { force_precision: true }.check(&card).is_ok());
    }
}

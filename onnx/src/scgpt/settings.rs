//! `args.json`: how an scGPT model was configured.

use serde_json::Value;

use crate::{folder::ImportError, settings_file::SettingsFile};

const FILE: &str = "args.json";
/// scGPT's own defaults where the file does not say.
const BINS: u64 = 51;
const MAX_LENGTH: u64 = 1200;
const PAD_VALUE: f64 = -2.0;

/// What the weights alone do not say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub width: usize,
    pub heads: usize,
    pub hidden: usize,
    pub layers: usize,
    pub bins: u32,
    pub max_length: u32,
    pub pad_token: String,
    pub pad_value: f32,
}

impl Settings {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// If a size is missing or makes no sense, or the model has a part that is not supported.
    pub(super) fn read(json: &[u8]) -> Result<Self, ImportError> {
        let args = SettingsFile::read(FILE, json)?;
        let settings = Self {
            width: args.size("embsize", None)? as usize,
            heads: args.size("nheads", None)? as usize,
            hidden: args.size("d_hid", None)? as usize,
            layers: args.size("nlayers", None)? as usize,
            bins: args.size("n_bins", Some(BINS))? as u32,
            max_length: args.size("max_seq_len", Some(MAX_LENGTH))? as u32,
            pad_token: args.text("pad_token", "<pad>")?,
            pad_value: args.number("pad_value", PAD_VALUE)? as f32,
        };
        if !settings.width.is_multiple_of(settings.heads) {
            let (width, heads) = (settings.width, settings.heads);
            return Err(args.wrong(format!("\"embsize\" {width} is no multiple of \"nheads\" {heads}")));
        }
        if settings.bins < 3 || settings.bins > u32::from(u16::MAX) {
            return Err(args.wrong(format!("\"n_bins\" is {}", settings.bins)));
        }
        args.only("input_emb_style", "continuous")?;
        args.only("input_style", "binned")?;
        args.only("activation", "relu")?;
        args.only("cell_emb_style", "cls")?;
        for (flag, what) in [
            ("pre_norm", "normalisation before attention"),
            ("domain_spec_batchnorm", "batch normalisation by domain"),
            ("DSBN", "batch normalisation by domain"),
        ] {
            if args.get(flag).is_some_and(|value| *value != Value::Bool(false)) {
                return Err(args.unsupported(format!("{flag:?} ({what})")));
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: &str = r#""embsize": 64, "nheads": 4, "d_hid": 64, "nlayers": 3"#;

    #[test]
    fn defaults_are_scgpts() {
        let read = Settings::read(format!("{{{SIZES}}}").as_bytes()).unwrap();
        assert_eq!(
            (read.bins, read.max_length, read.pad_value, read.pad_token.as_str()),
            (51, 1200, -2.0, "<pad>")
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, says) in [
            ("[1]".to_owned(), "object"),
            ("{}".to_owned(), "embsize"),
            (format!("{{{SIZES}, \"nheads\": 5}}"), "multiple"),
            (format!("{{{SIZES}, \"nlayers\": 1e30}}"), "nlayers"),
            (format!("{{{SIZES}, \"input_emb_style\": \"category\"}}"), "category"),
            (format!("{{{SIZES}, \"pre_norm\": true}}"), "pre_norm"),
        ] {
            let error = Settings::read(json.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}

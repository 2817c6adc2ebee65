//! How an scVI model was configured: its constructor's parameters, and the covariates of its registry.

use cellprism_core::embedding::card::Covariate;

use crate::{
    checkpoint::{CheckpointError, pickle::Node},
    folder::ImportError,
};

/// Column that scvi-tools makes up where no batch column was named.
const NO_BATCH_COLUMN: &str = "_scvi_batch";

/// Most categorical covariates: a model with hundreds would have more of them than batches.
const MOST_COVARIATES: usize = 256;

/// What the weights alone do not say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    /// Hidden layers, where the checkpoint says.
    pub layers: Option<i64>,
    /// Latent dimensions, where the checkpoint says.
    pub latent: Option<i64>,
    pub gene_likelihood: String,
    pub dispersion: String,
    pub log1p: bool,
    pub encode_covariates: bool,
    pub deeply_inject_covariates: bool,
    /// The batch first, then further categorical covariates.
    pub covariates: Vec<Covariate>,
    /// Continuous covariates, which only the decoder may have.
    pub continuous: usize,
    /// The decoder scales by a column of size factors instead of a softmax.
    pub size_factors: bool,
}

impl Settings {
    /// Reads `attr_dict`.
    ///
    /// # Errors
    /// If the registry is missing or a part of the model is not supported.
    pub(super) fn read(attributes: Node<'_>) -> Result<Self, ImportError> {
        let parameters = Parameters::read(attributes);
        let fields = attributes
            .path(&["registry_", "field_registries"])
            .filter(|node| node.is_dict())
            .ok_or_else(|| {
                CheckpointError::Missing("model.pt has no registry_.field_registries in its attr_dict".into())
            })?;
        let settings = Self {
            layers: parameters.int("n_layers"),
            latent: parameters.int("n_latent"),
            gene_likelihood: parameters.one_of(
                "gene_likelihood",
                "zinb",
                &["zinb", "nb", "poisson", "normal"],
            )?,
            dispersion: parameters.one_of(
                "dispersion",
                "gene",
                &["gene", "gene-batch", "gene-label", "gene-cell"],
            )?,
            log1p: parameters.truth("log_variational", true)?,
            encode_covariates: parameters.truth("encode_covariates", false)?,
            deeply_inject_covariates: parameters.truth("deeply_inject_covariates", true)?,
            covariates: covariates(fields)?,
            continuous: continuous(fields)?,
            size_factors: parameters.truth("use_size_factor_key", false)? || has_size_factors(fields),
        };
        parameters.one_of("latent_distribution", "normal", &["normal"])?;
        parameters.one_of("batch_representation", "one-hot", &["one-hot"])?;
        parameters.one_of("use_batch_norm", "both", &["both", "encoder", "decoder", "none"])?;
        parameters.one_of("use_layer_norm", "none", &["none"])?;
        if settings.encode_covariates && settings.continuous > 0 {
            return Err(ImportError::Unsupported(format!(
                "{} continuous covariates enter the encoder; only categorical ones are supported",
                settings.continuous
            )));
        }
        Ok(settings)
    }
}

/// Parameters of the constructor. scvi-tools keeps named ones and further ones apart, the latter nested.
struct Parameters<'p> {
    groups: Vec<Node<'p>>,
}

impl<'p> Parameters<'p> {
    fn read(attributes: Node<'p>) -> Self {
        let mut groups = Vec::new();
        if let Some(all) = attributes.get("init_params_") {
            groups.extend(all.get("non_kwargs"));
            if let Some(further) = all.get("kwargs") {
                groups.push(further);
                groups.extend(
                    further.entries().map(|(_, group)| group).filter(|group| group.is_dict()).take(8),
                );
            }
        }
        Self { groups }
    }

    fn get(&self, name: &str) -> Option<Node<'p>> {
        self.groups.iter().find_map(|group| group.get(name)).filter(|node| !node.is_none())
    }

    fn int(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Node::int)
    }

    fn truth(&self, name: &str, default: bool) -> Result<bool, ImportError> {
        match self.get(name) {
            None => Ok(default),
            Some(node) => node.truth().ok_or_else(|| {
                ImportError::Unsupported(format!("parameter {name} is {}, not a truth value", node.kind()))
            }),
        }
    }

    fn one_of(&self, name: &str, default: &str, known: &[&str]) -> Result<String, ImportError> {
        let value = match self.get(name) {
            None => default.to_owned(),
            Some(node) => node.label().unwrap_or_else(|| node.kind().to_owned()),
        };
        if known.contains(&value.as_str()) {
            return Ok(value);
        }
        Err(ImportError::Unsupported(format!(
            "the model was made with {name} = {value:?}; supported: {}",
            known.join(", ")
        )))
    }
}

/// The batch, then the further categorical covariates.
fn covariates(fields: Node<'_>) -> Result<Vec<Covariate>, ImportError> {
    let mut covariates = Vec::new();
    if let Some(state) = fields.path(&["batch", "state_registry"]) {
        let column = state.get("original_key").and_then(Node::text).filter(|&key| key != NO_BATCH_COLUMN);
        if let Some(mapping) = state.get("categorical_mapping") {
            let categories = categories(mapping, "batch")?;
            covariates.push(Covariate { column: column.map(str::to_owned), categories });
        }
    }
    if let Some(state) = fields.path(&["extra_categorical_covs", "state_registry"])
        && let Some(mappings) = state.get("mappings")
    {
        let keys: Vec<String> = match state.get("field_keys").filter(|keys| keys.elements().is_some()) {
            Some(keys) => keys.labels()?.ok_or_else(|| {
                CheckpointError::Missing("the registry's field_keys hold something other than names".into())
            })?,
            None => mappings
                .entries()
                .filter_map(|(key, _)| key.owned_text().transpose())
                .collect::<Result<_, _>>()?,
        };
        if keys.len() > MOST_COVARIATES {
            let what = format!("{} categorical covariates; at most {MOST_COVARIATES} are read", keys.len());
            return Err(ImportError::Unsupported(what));
        }
        for key in keys {
            let mapping = mappings.get(&key).ok_or_else(|| {
                CheckpointError::Missing(format!("the registry has no categories of covariate {key:?}"))
            })?;
            let categories = categories(mapping, &key)?;
            covariates.push(Covariate { column: Some(key), categories });
        }
    }
    Ok(covariates)
}

fn categories(mapping: Node<'_>, column: &str) -> Result<Vec<String>, ImportError> {
    let missing = || {
        CheckpointError::Missing(format!("the registry's categories of {column:?} are {}", mapping.kind()))
    };
    match mapping.array() {
        Some(array) => Ok(array.labels(column)?),
        None => Ok(mapping.labels()?.ok_or_else(missing)?),
    }
}

fn continuous(fields: Node<'_>) -> Result<usize, ImportError> {
    let Some(columns) = fields.path(&["extra_continuous_covs", "state_registry", "columns"]) else {
        return Ok(0);
    };
    match columns.array() {
        Some(array) => Ok(array.shape().iter().product()),
        None => Ok(columns.elements().map_or(0, |columns| columns.len())),
    }
}

fn has_size_factors(fields: Node<'_>) -> bool {
    let key = fields.path(&["size_factor", "data_registry", "attr_key"]);
    key.is_some_and(|key| !key.is_none())
}

//! JSON Schema of every JSON file of a bundle, kept in `docs/schema`.

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::Value;

use super::{
    BundleList, CellMetadata, CellNames, ConceptDetail, ConceptIndex, EvaluationIndex, Files,
    GeneDescriptions, GeneIndex, GeneSetFile, Manifest, Metrics,
};
use crate::{embedding::card::ModelCard, sae::SaeConfig};

/// The schema of each kind of JSON file, by its name in `docs/schema`. `concepts/first.json.gz` and `genes/first.json.gz` are
/// packed files of the schemas of `concepts/index.json` and `genes/index.json`.
pub fn json_schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("bundles", of::<BundleList>()),
        ("manifest", of::<Manifest>()),
        ("files", of::<Files>()),
        ("cells.ids", of::<CellNames>()),
        ("cells.metadata", of::<CellMetadata>()),
        ("concepts.index", of::<ConceptIndex>()),
        ("concept", of::<ConceptDetail>()),
        ("genes.index", of::<GeneIndex>()),
        ("genes.descriptions", of::<GeneDescriptions>()),
        ("gene_sets", of::<GeneSetFile>()),
        ("sae.cfg", of::<SaeConfig>()),
        ("model", of::<ModelCard>()),
        ("metrics", of::<Metrics>()),
        ("evaluation", of::<EvaluationIndex>()),
    ]
}

fn of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_links));
    settings.into_generator().into_root_schema_for::<T>()
}

/// Rustdoc's links are nothing to a reader of JSON.
fn without_links(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text
            .replace("[`crate::bundle::", "`")
            .replace("[`super::", "`")
            .replace("[`", "`")
            .replace("`]", "`");
    }
}

//! `evaluate`: a bundle becomes evidence. Every table of `docs/evaluation.md`, its claims, its figures and its page.
//!
//! | file | idea |
//! |---|---|
//! | `options` | [`Options`]: what is asked for |
//! | `subjects` | what stands beside the dictionary, trained and kept |
//! | `readings`, `items` | genes, labels and curves of every subject |
//! | `given` | bundles read, and their cells and models found by checksum |
//! | `model` | a bundle's model with its cells, as the bundle was made |
//! | `embeddings` | held by the bundle, or made again |
//! | `evidence` | [`Evidence`]: one bundle with all that tables are computed from |
//! | `markers` | marker genes of labels, where a reader brings them |
//! | `table` | [`Table`]: the columns that are promised; a value that is missing says why |
//! | `tables` | one file a table |
//! | `found` | [`Found`]: all tables; what figures, claims and the page read |
//! | `claims` | the paper's claims, from the finished tables |
//! | `figures` | drawings, from the finished tables |
//! | `page` | all of it as one page that opens alone |
//! | `output` | files of the report, `evaluation.json` |
//! | `into_bundle` | copies of the bundles that hold the report |
//!
//! # To add a table
//! A file in `tables/` with a function of [`Evaluation`] that gives one or more [`Table`]s, and its line in
//! [`tables::MAKERS`]. A table is kept when it is finished, so that a killed job goes on with the next; give
//! [`Table::row`] `None` for what could not be computed, and the reason as the last argument. Columns are those of
//! `docs/evaluation.md`, in that order; `not_available` is added by itself.
//!
//! # To add a figure
//! A function of [`Found`] (the finished tables; nothing else, so that a reader could draw the same from the CSVs) that gives
//! a chart of `cellprism-figures`, in a module of `figures`, with a line in the list that [`figures::draw`] draws after all
//! tables; the page takes it from there.

pub mod claims;
mod embeddings;
mod evidence;
pub mod figures;
mod found;
mod given;
mod into_bundle;
pub mod items;
mod markers;
mod model;
mod options;
mod output;
pub mod page;
pub mod readings;
mod subjects;
mod table;
pub mod tables;

use anyhow::Context as _;

use crate::work::{digest, key::Key, partial::Partial, progress::Progress, target};

pub use evidence::Evidence;
pub use found::{Figure, Found};
pub use into_bundle::EVALUATION;
pub use options::Options;
pub use table::{Table, Value};

/// What tables are computed from.
pub struct Evaluation<'a> {
    /// What is asked for.
    pub options: &'a Options,
    /// The bundles, in the order given.
    pub bundles: Vec<Evidence>,
    /// Marker genes of labels.
    pub markers: markers::Markers,
    /// Finished parts: what takes long is kept here under its name.
    pub work: &'a Partial,
    /// Who is told.
    pub progress: &'a dyn Progress,
}

/// What came out.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {
    /// Names of the bundles, as in the tables.
    pub bundles: Vec<String>,
    /// Copies of the bundles that hold the report.
    pub copies: Vec<std::path::PathBuf>,
    /// The paper's claims.
    pub claims: Vec<Answer>,
    /// Tables with their numbers of rows.
    pub tables: Vec<(String, usize)>,
}

/// What came of a claim.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Answer {
    /// The bundle it is about, or all of them.
    pub bundle: String,
    /// In words.
    pub claim: String,
    /// Whether it holds: `yes`, `no`, `not available`.
    pub agrees: String,
}

/// Evaluates.
///
/// # Errors
/// If a bundle cannot be read, or a table fails for another reason than missing inputs (those are rows that say so).
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    options.check(&tables::names())?;
    target::for_folder(&options.out)?;
    options.check_out()?;
    let given = given::read(options)?;
    let markers = markers::Markers::read(&options.markers)?;
    let key = key(options, &given)?;
    let work = Partial::open(&options.out, "evaluate", &key, progress)?;
    let mut bundles = Vec::new();
    for one in given {
        let name = one.name.clone();
        bundles.push(Evidence::read(one, options, &work, progress).with_context(|| name)?);
    }
    let makers: Vec<_> = tables::MAKERS.iter().filter(|maker| !maker.is_skipped(&options.skip)).collect();
    if makers.iter().any(|maker| maker.needs_readings) {
        for evidence in &mut bundles {
            evidence.readings = readings::all(evidence, options, &work, progress)?;
        }
    }
    let evaluation = Evaluation { options, bundles, markers, work: &work, progress };
    let mut found = Found::new(&evaluation);
    let steps = progress.begin("tables", makers.len() as u64, "tables");
    for maker in makers {
        steps.message(maker.names[0]);
        let tables = maker.tables(&evaluation).with_context(|| format!("table {}", maker.names[0]))?;
        found.tables.extend(tables);
        steps.advance(1);
    }
    steps.finish();
    found.claims = claims::claims(&found);
    let drawings = figures::draw(&found)?;
    found.page = Some(page::page(page::Content {
        bundles: &found.bundles,
        parameters: &found.parameters,
        tables: &found.tables,
        claims: &found.claims,
        drawings: &drawings,
    }));
    found.figures = drawings.into_iter().map(figures::Drawing::into_figure).collect();
    let files = output::files(&found, options)?;
    let copies = match &options.into_bundle {
        Some(out) => into_bundle::write(&evaluation.bundles, &files, out)?,
        None => Vec::new(),
    };
    output::write(&files, work, options)?;
    let claim = |row: &Vec<Value>| {
        let [bundle, claim, agrees] =
            ["bundle", "claim", "agrees"].map(|column| found.claims.at(row, column).to_text());
        Answer { bundle, claim, agrees }
    };
    Ok(Report {
        copies,
        claims: found.claims.rows.iter().map(claim).collect(),
        bundles: found.bundles,
        tables: found.tables.iter().map(|table| (table.name.clone(), table.rows.len())).collect(),
    })
}

/// Everything that decides a number of the report, by name.
fn key(options: &Options, given: &[given::Given]) -> anyhow::Result<Key> {
    let mut key = Key::default()
        .with("cellprism", env!("CARGO_PKG_VERSION"))
        .with("seed", options.seed)
        .with("items", options.items.map_or_else(|| "by cost".into(), |items| items.to_string()))
        .with("seeds", options.seeds)
        .with("gene tables", format!("{:?}", options.gene_info))
        .with("truth", options.truth);
    for (place, one) in given.iter().enumerate() {
        key = key.with(&format!("bundle {place} ({})", one.name), &one.manifest_sum);
        for (what, found) in [("cells", one.cells.is_ok()), ("model", one.model.is_ok())] {
            key = key.with(&format!("bundle {place}: {what} found"), found);
        }
    }
    for (place, path) in options.markers.iter().enumerate() {
        key = key.with(&format!("markers {place}"), digest::of_file(path)?);
    }
    Ok(key)
}

//! A bundle to a study that may be handed out, and its key.

use std::{collections::BTreeSet, fs, path::PathBuf};

use anyhow::{Context, bail, ensure};
use cellprism_core::{
    bundle::{
        ConceptArrays, ConceptDetail, ConceptIndex, File, GeneDescriptions, GeneIndex, Manifest, path,
        verify::Folder,
    },
    ids::ConceptId,
    study::{
        Blinded, Chosen, Evidence, GeneName, GeneNames, Kind, LeftOut, Sheet, blind, drawn_concepts,
        drawn_neurons,
    },
};
use serde::{Deserialize, Serialize};

use super::folder::{GENES, STUDY};
use crate::{
    files::bundle::BundleFolder,
    work::{output::OutputFolder, progress::Progress},
};

/// Sizes of files are a multiple of this.
const BLOCK: usize = 1024;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The bundle; it must describe its neurons.
    pub bundle: PathBuf,
    /// Folder for `study/` and `key.json`.
    pub out: PathBuf,
    /// Concepts to rate.
    pub concepts: usize,
    /// Neurons to rate.
    pub neurons: usize,
    /// Items that are shown twice.
    pub repeat: usize,
    /// Genes that an item shows.
    pub genes: usize,
    /// One line for raters.
    pub title: String,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bundle: PathBuf::new(),
            out: PathBuf::new(),
            concepts: 40,
            neurons: 40,
            repeat: 8,
            genes: 20,
            title: "Blinded rating".into(),
            seed: 1,
        }
    }
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Name of the study.
    pub study: String,
    /// Presentations, repeats included.
    pub items: usize,
    /// What was drawn and passed over.
    pub left_out: LeftOut,
}

/// Draws concepts and neurons, hides which is which, and writes study and key.
///
/// # Errors
/// If the bundle cannot be read, has no neurons, or has too few that show as much as the others.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    let wanted = options.concepts + options.neurons;
    ensure!(wanted > 0, "--concepts and --neurons are both 0: there is nothing to rate");
    ensure!(options.genes > 0, "--genes must be at least 1");
    ensure!(
        options.repeat <= wanted,
        "--repeat {} is more than the {wanted} items that there are to show again",
        options.repeat
    );
    let (folder, manifest) = BundleFolder::open(&options.bundle)?;
    let source = Source { folder: &folder, manifest: &manifest, genes: read(&folder, path::GENE_INDEX)? };
    let steps = progress.begin("study", wanted as u64, "items");
    let mut left_out = LeftOut::default();
    let mut chosen = Vec::new();
    for (kind, count, left_out) in [
        (Kind::Concept, options.concepts, &mut left_out.concepts),
        (Kind::Neuron, options.neurons, &mut left_out.neurons),
    ] {
        let mut found = 0;
        for id in if count == 0 { Vec::new() } else { source.drawn(kind, options)? } {
            match source.chosen(kind, id, options.genes)? {
                Some(one) => chosen.push(one),
                None => {
                    *left_out += 1;
                    continue;
                }
            }
            steps.advance(1);
            found += 1;
            if found == count {
                break;
            }
        }
        if found < count {
            bail!(
                "only {found} of the bundle's {}s show {} genes in as many cells as the others; {count} are asked for \
                 with --{}s: ask for fewer, or for fewer --genes",
                kind.name(),
                options.genes,
                kind.name()
            );
        }
    }
    steps.finish();
    let mut blinded = blind(&options.title, &chosen, options.repeat, options.seed);
    blinded.key.bundle = manifest.name.clone();
    blinded.key.tag = manifest.tag.clone();
    blinded.key.left_out = left_out;
    write(options, &blinded, &source.names(&blinded.sheets)?)?;
    Ok(Report { study: blinded.study.study, items: blinded.study.items.len(), left_out })
}

/// What items are made of.
struct Source<'a> {
    folder: &'a BundleFolder,
    manifest: &'a Manifest,
    genes: GeneIndex,
}

impl Source<'_> {
    /// Those that activate at least as many cells as an item shows, in the order in which they are tried.
    fn drawn(&self, kind: Kind, options: &Options) -> anyhow::Result<Vec<ConceptId>> {
        let file = match kind {
            Kind::Concept => path::CONCEPT_INDEX,
            Kind::Neuron => path::NEURON_INDEX,
        };
        if kind == Kind::Neuron && !self.manifest.parameters.neurons {
            bail!(
                "{} does not describe its neurons: make it with `cellprism run --neurons`, or ask for --neurons 0",
                options.bundle.display()
            );
        }
        let index: ConceptIndex = read(self.folder, file)?;
        let cells = self.manifest.parameters.attribution.prototypes;
        let alive = index.rows.iter().filter(|row| row.cells >= cells).map(|row| row.id).collect();
        Ok(match kind {
            Kind::Concept => drawn_concepts(alive, options.seed),
            Kind::Neuron => drawn_neurons(alive, index.rows.len() / 2, options.seed),
        })
    }

    /// What an item would show; nothing where that is less than others show.
    fn chosen(&self, kind: Kind, id: ConceptId, genes: usize) -> anyhow::Result<Option<Chosen>> {
        let folder = match kind {
            Kind::Concept => path::CONCEPTS,
            Kind::Neuron => path::NEURONS,
        };
        let attribution = &self.manifest.parameters.attribution;
        let (cells, pairs) = (attribution.prototypes as usize, attribution.counterfactuals as usize);
        let detail: ConceptDetail = read(self.folder, &path::readings(folder, id))?;
        if detail.prototypes.len() < cells || detail.attribution.value().is_none() {
            return Ok(None);
        }
        let arrays: ConceptArrays = read(self.folder, &path::arrays(folder, id))?;
        match Evidence::of(&arrays, &self.genes.symbols, cells, pairs, genes) {
            Ok(evidence) => {
                let names = detail.prototypes.iter().take(cells).map(|one| one.name.clone()).collect();
                Ok(Some(Chosen { kind, id, cells: names, evidence }))
            }
            Err(cellprism_core::study::Unfit::Damaged) => {
                bail!(
                    "{}: its arrays do not fit each other (`cellprism verify` says more)",
                    path::arrays(folder, id)
                )
            }
            Err(_) => Ok(None),
        }
    }

    /// Full names of all genes that are shown, where the bundle has them.
    fn names(&self, sheets: &[Sheet]) -> anyhow::Result<GeneNames> {
        let shown: BTreeSet<&str> =
            sheets.iter().flat_map(|sheet| sheet.genes.iter().map(|gene| gene.gene.as_str())).collect();
        let mut names = GeneNames::new();
        for number in 0..self.genes.descriptions_files {
            let known: GeneDescriptions = read(self.folder, &path::descriptions(number))?;
            for (symbol, found) in known {
                if shown.contains(symbol.as_str()) && !found.name.is_empty() {
                    names.insert(symbol, GeneName { name: found.name, ncbi: found.ncbi });
                }
            }
        }
        Ok(names)
    }
}

fn read<T: File>(folder: &BundleFolder, file: &str) -> anyhow::Result<T> {
    let place = || folder.root().join(file).display().to_string();
    let bytes = folder.read(file).map_err(|e| anyhow::anyhow!("{}: {e}", place()))?;
    T::from_bytes(file, &bytes).with_context(place)
}

fn write(options: &Options, blinded: &Blinded, names: &GeneNames) -> anyhow::Result<()> {
    let place = || format!("cannot write {}", options.out.display());
    let out = OutputFolder::create(&options.out).with_context(place)?;
    let study = out.path().join("study");
    fs::create_dir_all(study.join("items")).with_context(place)?;
    let mut bytes = 0;
    for sheet in &blinded.sheets {
        bytes = bytes.max(sheet.padded(0)?.len());
    }
    let bytes = bytes.next_multiple_of(BLOCK);
    for sheet in &blinded.sheets {
        fs::write(study.join(Sheet::path(&sheet.item)), sheet.padded(bytes)?).with_context(place)?;
    }
    let pretty = |value: serde_json::Result<String>| value.map(|text| text + "\n");
    fs::write(study.join(STUDY), pretty(serde_json::to_string_pretty(&blinded.study))?)
        .with_context(place)?;
    fs::write(study.join(GENES), pretty(serde_json::to_string(names))?).with_context(place)?;
    fs::write(out.path().join("key.json"), pretty(serde_json::to_string_pretty(&blinded.key))?)
        .with_context(place)?;
    out.finish().with_context(place)
}

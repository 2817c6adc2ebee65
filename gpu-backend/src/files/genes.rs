//! Tables of genes: symbols, identifiers, other names and descriptions.
//!
//! Three forms are told apart by their first line, gzip-compressed or not:
//! - NCBI's `gene_info` (tab-separated, header `#tax_id …`);
//! - a list `Ensembl identifier,symbol` as made from GENCODE (no header);
//! - this project's compact form (tab-separated, header `symbol ensembl ncbi name aliases kind location`; lists are
//!   separated by `|`), which [`GeneTable::to_tsv`] writes.

mod lines;

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

use cellprism_core::{
    bundle::GeneDescription,
    cells::{Aliases, is_ensembl, strip_version},
};
use lines::{Kept, Lines};

/// Most species of a gene_info.
const MOST_SPECIES: usize = 100;
/// Header of the compact form.
const COMPACT: &str = "symbol\tensembl\tncbi\tname\taliases\tkind\tlocation";

/// A table of genes.
#[derive(Clone, Debug, Default)]
pub struct GeneTable {
    /// The genes, in the file's order.
    pub genes: Vec<GeneRecord>,
    aliases: Aliases,
}

/// One gene.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeneRecord {
    /// Symbol in force.
    pub symbol: String,
    /// Ensembl identifiers without version.
    pub ensembl: Vec<String>,
    /// What else is known of it.
    pub description: GeneDescription,
}

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum GeneTableError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// File.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The first line is none of the known forms.
    #[error(
        "{path}: not a gene table: expected NCBI's gene_info (\"#tax_id …\"), lines \"ENSG…,symbol\", or the header \
         \"symbol ensembl ncbi name aliases kind location\"; the file starts with {start:?}"
    )]
    Unknown {
        /// File.
        path: PathBuf,
        /// The first characters.
        start: String,
    },
    /// A line does not fit the form.
    #[error("{path}: line {line}: {problem}")]
    Line {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// Reads a table of genes in any of the three forms.
///
/// # Errors
/// If the file cannot be read, is in none of these forms, or has a line that does not fit.
pub fn read_gene_table(path: &Path) -> Result<GeneTable, GeneTableError> {
    let lines = Lines::of(path);
    let mut form = None;
    // Of several species the one with the most genes counts, which is known at the end only.
    let mut species = Species::default();
    let mut kept = Kept::default();
    lines.each(|number, line| {
        match form {
            None => form = Some(Form::of(line).ok_or_else(|| Problem::Unknown(clip(line)))?),
            Some(Form::Ncbi) => species.count(number, line)?,
            Some(Form::Compact | Form::Gencode) => {}
        }
        match form {
            Some(Form::Gencode) if !line.is_empty() => kept.push(number, gencode(number, line)?),
            Some(Form::Compact) if number > 1 => kept.push(number, compact(number, line)?),
            _ => Ok(()),
        }
    })?;
    match form {
        None => Err(Problem::Unknown(String::new()).at(path)),
        Some(Form::Ncbi) => {
            let main = species.main();
            lines.each(|number, line| match line.split_once('\t') {
                Some((taxon, _)) if number > 1 && Some(taxon) == main => {
                    kept.push(number, ncbi_record(&line.split('\t').collect::<Vec<_>>()))
                }
                _ => Ok(()),
            })?;
            Ok(GeneTable::new(kept.records))
        }
        Some(Form::Compact | Form::Gencode) => Ok(GeneTable::new(kept.records)),
    }
}

/// How the lines are to be read.
#[derive(Clone, Copy)]
enum Form {
    Ncbi,
    Gencode,
    Compact,
}

impl Form {
    /// By the first line.
    fn of(first: &str) -> Option<Self> {
        if first.starts_with("#tax_id\t") {
            Some(Self::Ncbi)
        } else if first == COMPACT {
            Some(Self::Compact)
        } else {
            first.split_once(',').is_some_and(|(id, _)| is_ensembl(id)).then_some(Self::Gencode)
        }
    }
}

/// An error before the file's name is known.
#[derive(Debug)]
enum Problem {
    Unknown(String),
    Line(usize, String),
}

impl Problem {
    fn at(self, path: &Path) -> GeneTableError {
        let path = path.to_owned();
        match self {
            Self::Unknown(start) => GeneTableError::Unknown { path, start },
            Self::Line(line, problem) => GeneTableError::Line { path, line, problem },
        }
    }
}

/// A field of NCBI's and of ours: `-` and nothing both mean nothing.
fn known(field: &str) -> Option<&str> {
    Some(field).filter(|field| !field.is_empty() && *field != "-")
}

fn list(field: &str) -> Vec<String> {
    known(field).into_iter().flat_map(|field| field.split('|')).filter_map(known).map(str::to_owned).collect()
}

/// Genes of each species of a gene_info. The human file also holds a few genes of extinct relatives under the same
/// symbols.
#[derive(Default)]
struct Species(Vec<(String, usize)>);

impl Species {
    fn count(&mut self, number: usize, line: &str) -> Result<(), Problem> {
        let columns = line.split('\t').count();
        if columns < 12 {
            return Err(Problem::Line(number, format!("{columns} columns, gene_info has at least 12")));
        }
        let taxon = line.split('\t').next().unwrap_or_default();
        match self.0.iter().position(|(known, _)| known == taxon) {
            Some(place) => self.0[place].1 += 1,
            None if self.0.len() >= MOST_SPECIES => {
                let problem = format!("more than {MOST_SPECIES} species: take the file of one");
                return Err(Problem::Line(number, problem));
            }
            None => self.0.push((clip(taxon), 1)),
        }
        Ok(())
    }

    fn main(&self) -> Option<&str> {
        self.0.iter().max_by_key(|(_, genes)| *genes).map(|(taxon, _)| taxon.as_str())
    }
}

fn ncbi_record(fields: &[&str]) -> GeneRecord {
    let symbol = known(fields[10]).unwrap_or(fields[2]).to_owned();
    let mut aliases = list(fields[4]);
    if fields[2] != symbol {
        aliases.insert(0, fields[2].to_owned());
    }
    let ensembl = fields[5].split('|').filter_map(|reference| reference.strip_prefix("Ensembl:"));
    GeneRecord {
        symbol,
        ensembl: ensembl.map(|id| strip_version(id).to_owned()).collect(),
        description: GeneDescription {
            name: known(fields[11]).or_else(|| known(fields[8])).unwrap_or_default().to_owned(),
            ncbi: known(fields[1]).map(str::to_owned),
            aliases,
            kind: known(fields[9]).map(str::to_owned),
            location: known(fields[7]).map(str::to_owned),
            summary: None,
        },
    }
}

fn gencode(number: usize, line: &str) -> Result<GeneRecord, Problem> {
    match line.split_once(',') {
        Some((id, symbol)) if is_ensembl(id) => Ok(GeneRecord {
            symbol: if symbol.is_empty() { strip_version(id) } else { symbol }.to_owned(),
            ensembl: vec![strip_version(id).to_owned()],
            description: GeneDescription::default(),
        }),
        _ => Err(Problem::Line(
            number,
            format!("expected \"Ensembl identifier,symbol\", found {:?}", clip(line)),
        )),
    }
}

fn compact(number: usize, line: &str) -> Result<GeneRecord, Problem> {
    let columns = line.split('\t').count();
    let fields: Vec<&str> = line.split('\t').take(8).collect();
    let &[symbol, ensembl, ncbi, name, aliases, kind, location] = fields.as_slice() else {
        return Err(Problem::Line(number, format!("{columns} columns, expected 7")));
    };
    Ok(GeneRecord {
        symbol: symbol.to_owned(),
        ensembl: list(ensembl),
        description: GeneDescription {
            name: name.to_owned(),
            ncbi: known(ncbi).map(str::to_owned),
            aliases: list(aliases),
            kind: known(kind).map(str::to_owned),
            location: known(location).map(str::to_owned),
            summary: None,
        },
    })
}

fn clip(line: &str) -> String {
    line.chars().take(60).collect()
}

impl GeneTable {
    /// A table of these genes.
    pub fn new(genes: Vec<GeneRecord>) -> Self {
        let mut aliases = Aliases::none();
        for gene in &genes {
            aliases.add(&gene.symbol, &gene.ensembl, &gene.description.aliases);
        }
        Self { genes, aliases }
    }

    /// Which names mean the same gene, for [`cellprism_core::cells::map_genes`].
    pub fn aliases(&self) -> &Aliases {
        &self.aliases
    }

    /// The gene of that symbol, identifier or other name, where only one has it.
    pub fn find(&self, name: &str) -> Option<&GeneRecord> {
        self.genes.get(self.aliases.find(name)?)
    }

    /// Adds what another table knows: of genes that are here by identifier or symbol in force, and genes that are not.
    pub fn merge(self, other: Self) -> Self {
        let mut genes = self.genes;
        let mut place = HashMap::new();
        for (at, gene) in genes.iter().enumerate() {
            for name in gene.ensembl.iter().chain([&gene.symbol]) {
                place.entry(name.clone()).or_insert(at);
            }
        }
        for record in other.genes {
            let known =
                record.ensembl.iter().chain([&record.symbol]).find_map(|name| place.get(name).copied());
            match known {
                Some(at) => complete(&mut genes[at], record),
                None => genes.push(record),
            }
        }
        Self::new(genes)
    }

    /// The compact form, uncompressed.
    pub fn to_tsv(&self) -> String {
        let mut out = format!("{COMPACT}\n");
        // Separators inside a field would be read as new fields.
        let clean = |field: &str| field.replace(['\t', '\n', '\r'], " ");
        let joined = |names: &[String]| {
            names.iter().map(|name| clean(name).replace('|', "/")).collect::<Vec<_>>().join("|")
        };
        for gene in &self.genes {
            let about = &gene.description;
            let optional = |field: &Option<String>| field.as_deref().map(clean).unwrap_or_default();
            let fields = [
                clean(&gene.symbol),
                joined(&gene.ensembl),
                optional(&about.ncbi),
                clean(&about.name),
                joined(&about.aliases),
                optional(&about.kind),
                optional(&about.location),
            ];
            out.push_str(&fields.join("\t"));
            out.push('\n');
        }
        out
    }
}

fn complete(gene: &mut GeneRecord, other: GeneRecord) {
    for id in other.ensembl {
        if !gene.ensembl.contains(&id) {
            gene.ensembl.push(id);
        }
    }
    let about = other.description;
    let names = std::iter::once(other.symbol).chain(about.aliases);
    for name in names {
        if name != gene.symbol && !is_ensembl(&name) && !gene.description.aliases.contains(&name) {
            gene.description.aliases.push(name);
        }
    }
    if gene.description.name.is_empty() {
        gene.description.name = about.name;
    }
    gene.description.ncbi = gene.description.ncbi.take().or(about.ncbi);
    gene.description.kind = gene.description.kind.take().or(about.kind);
    gene.description.location = gene.description.location.take().or(about.location);
    gene.description.summary = gene.description.summary.take().or(about.summary);
}

#[cfg(test)]
mod tests;

//! Tables of genes: symbols, identifiers, other names and descriptions.
//!
//! Three forms are told apart by their first line, gzip-compressed or not:
//! - NCBI's `gene_info` (tab-separated, header `#tax_id …`);
//! - a list `Ensembl identifier,symbol` as made from GENCODE (no header);
//! - this project's compact form (tab-separated, header `symbol ensembl ncbi name aliases kind location`; lists are
//!   separated by `|`), which [`GeneTable::to_tsv`] writes.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use cellprism_core::{
    bundle::GeneDescription,
    cells::{Aliases, is_ensembl, strip_version},
};
use flate2::read::MultiGzDecoder;

/// Largest table that is read, unpacked.
const MOST_BYTES: u64 = 1 << 30;
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
    let failed = |source| GeneTableError::Read { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let packed = file.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    let bytes: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut text = String::new();
    bytes.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(failed(io::Error::other(format!("more than {MOST_BYTES} bytes unpacked"))));
    }
    parse(&text).map_err(|error| error.at(path))
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

fn parse(text: &str) -> Result<GeneTable, Problem> {
    let first = text.lines().next().unwrap_or_default();
    let genes = if first.starts_with("#tax_id\t") {
        ncbi(text)?
    } else if first == COMPACT {
        compact(text)?
    } else if first.split_once(',').is_some_and(|(id, _)| is_ensembl(id)) {
        gencode(text)?
    } else {
        return Err(Problem::Unknown(first.chars().take(60).collect()));
    };
    Ok(GeneTable::new(genes))
}

/// A field of NCBI's and of ours: `-` and nothing both mean nothing.
fn known(field: &str) -> Option<&str> {
    Some(field).filter(|field| !field.is_empty() && *field != "-")
}

fn list(field: &str) -> Vec<String> {
    known(field).into_iter().flat_map(|field| field.split('|')).filter_map(known).map(str::to_owned).collect()
}

fn ncbi(text: &str) -> Result<Vec<GeneRecord>, Problem> {
    let mut species: Vec<(&str, usize)> = Vec::new();
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields.len() < 12 {
            return Err(Problem::Line(
                at + 1,
                format!("{} columns, gene_info has at least 12", fields.len()),
            ));
        }
        match species.iter_mut().find(|(taxon, _)| *taxon == fields[0]) {
            Some((_, genes)) => *genes += 1,
            None => species.push((fields[0], 1)),
        }
        rows.push(fields);
    }
    // The human file also holds a few genes of extinct relatives under the same symbols.
    let main = species.iter().max_by_key(|(_, genes)| *genes).map(|(taxon, _)| *taxon);
    Ok(rows.iter().filter(|fields| Some(fields[0]) == main).map(|fields| ncbi_record(fields)).collect())
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

fn gencode(text: &str) -> Result<Vec<GeneRecord>, Problem> {
    let record = |(at, line): (usize, &str)| match line.split_once(',') {
        Some((id, symbol)) if is_ensembl(id) => Ok(GeneRecord {
            symbol: if symbol.is_empty() { strip_version(id) } else { symbol }.to_owned(),
            ensembl: vec![strip_version(id).to_owned()],
            description: GeneDescription::default(),
        }),
        _ => Err(Problem::Line(
            at + 1,
            format!("expected \"Ensembl identifier,symbol\", found {:?}", clip(line)),
        )),
    };
    text.lines().enumerate().filter(|(_, line)| !line.is_empty()).map(record).collect()
}

fn compact(text: &str) -> Result<Vec<GeneRecord>, Problem> {
    let record = |(at, line): (usize, &str)| {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[symbol, ensembl, ncbi, name, aliases, kind, location] = fields.as_slice() else {
            return Err(Problem::Line(at + 1, format!("{} columns, expected 7", fields.len())));
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
    };
    text.lines().enumerate().skip(1).map(record).collect()
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

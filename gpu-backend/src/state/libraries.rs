//! Datasets, gene sets and imported models. Their files are named by digest and never change.

use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

use super::{StateError, Store};

/// Cells that were looked at and can be worked on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Its name in addresses.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The name of the file where it came from: bundles tell it.
    pub filename: String,
    /// Digest of the file.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// Where it lies below the folder of datasets, unless it was uploaded.
    pub path: Option<String>,
    /// Cells, genes, columns, gene audit: what the worker found.
    pub described: Value,
    /// The token that brought it.
    pub owner: String,
    /// When.
    pub created: i64,
}

/// A library of gene sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneSetLibrary {
    /// Its name in addresses.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The name of the file: the library's name in bundles.
    pub filename: String,
    /// Digest of the file.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// Sets in it.
    pub sets: u64,
    /// Different genes in it.
    pub genes: u64,
    /// The token that brought it.
    pub owner: String,
    /// When.
    pub created: i64,
}

/// A checkpoint that was uploaded and imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedModel {
    /// Its name in addresses, and that of its folder.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The token that brought it.
    pub owner: String,
    /// When.
    pub created: i64,
}

const OF_DATASET: &str = "id, name, filename, sha256, bytes, path, described, owner, created";
const OF_GENE_SETS: &str = "id, name, filename, sha256, bytes, sets, genes, owner, created";

fn dataset(row: &Row<'_>) -> rusqlite::Result<Dataset> {
    let described: String = row.get(6)?;
    Ok(Dataset {
        id: row.get(0)?,
        name: row.get(1)?,
        filename: row.get(2)?,
        sha256: row.get(3)?,
        bytes: row.get::<_, i64>(4)? as u64,
        path: row.get(5)?,
        described: serde_json::from_str(&described).unwrap_or(Value::Null),
        owner: row.get(7)?,
        created: row.get(8)?,
    })
}

fn library(row: &Row<'_>) -> rusqlite::Result<GeneSetLibrary> {
    Ok(GeneSetLibrary {
        id: row.get(0)?,
        name: row.get(1)?,
        filename: row.get(2)?,
        sha256: row.get(3)?,
        bytes: row.get::<_, i64>(4)? as u64,
        sets: row.get::<_, i64>(5)? as u64,
        genes: row.get::<_, i64>(6)? as u64,
        owner: row.get(7)?,
        created: row.get(8)?,
    })
}

fn model(row: &Row<'_>) -> rusqlite::Result<ImportedModel> {
    Ok(ImportedModel { id: row.get(0)?, name: row.get(1)?, owner: row.get(2)?, created: row.get(3)? })
}

impl Store {
    /// Keeps a dataset whose file has its final name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_dataset(&self, one: &Dataset) -> Result<(), StateError> {
        self.connection().execute(
            &format!("INSERT INTO datasets ({OF_DATASET}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
            params![
                one.id,
                one.name,
                one.filename,
                one.sha256,
                one.bytes as i64,
                one.path,
                one.described.to_string(),
                one.owner,
                one.created
            ],
        )?;
        Ok(())
    }

    /// All datasets, the oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn datasets(&self) -> Result<Vec<Dataset>, StateError> {
        let connection = self.connection();
        let mut query = connection.prepare(&format!("SELECT {OF_DATASET} FROM datasets ORDER BY rowid"))?;
        let found = query.query_map([], dataset)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// A dataset.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn dataset(&self, id: &str) -> Result<Option<Dataset>, StateError> {
        let query = format!("SELECT {OF_DATASET} FROM datasets WHERE id = ?");
        Ok(self.connection().query_row(&query, [id], dataset).optional()?)
    }

    /// Forgets a dataset; whether there was one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn forget_dataset(&self, id: &str) -> Result<bool, StateError> {
        Ok(self.connection().execute("DELETE FROM datasets WHERE id = ?", [id])? > 0)
    }

    /// Keeps a library whose file has its final name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_gene_sets(&self, one: &GeneSetLibrary) -> Result<(), StateError> {
        self.connection().execute(
            &format!("INSERT INTO gene_sets ({OF_GENE_SETS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
            params![
                one.id,
                one.name,
                one.filename,
                one.sha256,
                one.bytes as i64,
                one.sets as i64,
                one.genes as i64,
                one.owner,
                one.created
            ],
        )?;
        Ok(())
    }

    /// All libraries, the oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn gene_sets(&self) -> Result<Vec<GeneSetLibrary>, StateError> {
        let connection = self.connection();
        let mut query =
            connection.prepare(&format!("SELECT {OF_GENE_SETS} FROM gene_sets ORDER BY rowid"))?;
        let found = query.query_map([], library)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// A library.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn gene_set_library(&self, id: &str) -> Result<Option<GeneSetLibrary>, StateError> {
        let query = format!("SELECT {OF_GENE_SETS} FROM gene_sets WHERE id = ?");
        Ok(self.connection().query_row(&query, [id], library).optional()?)
    }

    /// Keeps an imported model whose folder has its final name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_model(&self, one: &ImportedModel) -> Result<(), StateError> {
        self.connection().execute(
            "INSERT INTO models (id, name, owner, created) VALUES (?, ?, ?, ?)",
            params![one.id, one.name, one.owner, one.created],
        )?;
        Ok(())
    }

    /// All imported models, the oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn imported_models(&self) -> Result<Vec<ImportedModel>, StateError> {
        let connection = self.connection();
        let mut query = connection.prepare("SELECT id, name, owner, created FROM models ORDER BY rowid")?;
        let found = query.query_map([], model)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// Whether any dataset, library or upload has the file of this digest.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn is_file_named(&self, sha256: &str) -> Result<bool, StateError> {
        let query = "SELECT EXISTS (SELECT 1 FROM datasets WHERE sha256 = ?1 AND path IS NULL) \
                     OR EXISTS (SELECT 1 FROM gene_sets WHERE sha256 = ?1) \
                     OR EXISTS (SELECT 1 FROM uploads WHERE sha256 = ?1)";
        Ok(self.connection().query_row(query, [sha256], |row| row.get(0))?)
    }

    /// Bytes of uploaded files that a token's datasets and libraries hold, or those of all.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn held(&self, owner: Option<&str>) -> Result<u64, StateError> {
        let query = "SELECT COALESCE((SELECT SUM(bytes) FROM datasets WHERE path IS NULL AND (?1 IS NULL OR owner = ?1)), 0) \
                     + COALESCE((SELECT SUM(bytes) FROM gene_sets WHERE ?1 IS NULL OR owner = ?1), 0)";
        Ok(self.connection().query_row(query, [owner], |row| row.get::<_, i64>(0))? as u64)
    }
}

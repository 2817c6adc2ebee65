//! What is being sent.

use rusqlite::{OptionalExtension as _, Row, params};

use super::{StateError, Store, now};

/// A file that is being sent, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its name in addresses.
    pub id: String,
    /// The name of the file where it comes from, without folders.
    pub filename: String,
    /// Bytes of the whole.
    pub length: u64,
    /// Bytes that are on the disk.
    pub received: u64,
    /// Its digest, once it was looked at and became a file of the library.
    pub sha256: Option<String>,
    /// The token that sends it.
    pub owner: String,
    /// When it was begun.
    pub created: i64,
    /// When it is forgotten.
    pub expires: i64,
}

impl Upload {
    /// Whether all of it is here.
    pub fn is_whole(&self) -> bool {
        self.received == self.length
    }
}

const COLUMNS: &str = "id, filename, length, received, sha256, owner, created, expires";

fn read(row: &Row<'_>) -> rusqlite::Result<Upload> {
    Ok(Upload {
        id: row.get(0)?,
        filename: row.get(1)?,
        length: row.get::<_, i64>(2)? as u64,
        received: row.get::<_, i64>(3)? as u64,
        sha256: row.get(4)?,
        owner: row.get(5)?,
        created: row.get(6)?,
        expires: row.get(7)?,
    })
}

impl Store {
    /// Notes an upload that begins.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn begin_upload(&self, upload: &Upload) -> Result<(), StateError> {
        self.connection().execute(
            &format!("INSERT INTO uploads ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
            params![
                upload.id,
                upload.filename,
                upload.length as i64,
                upload.received as i64,
                upload.sha256,
                upload.owner,
                upload.created,
                upload.expires
            ],
        )?;
        Ok(())
    }

    /// An upload.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn upload(&self, id: &str) -> Result<Option<Upload>, StateError> {
        let connection = self.connection();
        let query = format!("SELECT {COLUMNS} FROM uploads WHERE id = ?");
        Ok(connection.query_row(&query, [id], read).optional()?)
    }

    /// Notes that so many bytes are on the disk; it is kept until `expires` from now on.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn received(&self, id: &str, bytes: u64, expires: i64) -> Result<(), StateError> {
        self.connection().execute(
            "UPDATE uploads SET received = ?, expires = ? WHERE id = ?",
            params![bytes as i64, expires, id],
        )?;
        Ok(())
    }

    /// Notes the digest of a whole upload whose file has its final name.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn settled(&self, id: &str, sha256: &str) -> Result<(), StateError> {
        self.connection().execute("UPDATE uploads SET sha256 = ? WHERE id = ?", [sha256, id])?;
        Ok(())
    }

    /// Forgets an upload; whether there was one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn forget_upload(&self, id: &str) -> Result<bool, StateError> {
        Ok(self.connection().execute("DELETE FROM uploads WHERE id = ?", [id])? > 0)
    }

    /// Uploads whose time is over.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn expired_uploads(&self) -> Result<Vec<Upload>, StateError> {
        let connection = self.connection();
        let mut query = connection.prepare(&format!("SELECT {COLUMNS} FROM uploads WHERE expires < ?"))?;
        let found = query.query_map([now()], read)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// Bytes that were promised to uploads, and how many uploads there are: of all, or of one token.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn promised(&self, owner: Option<&str>) -> Result<(u64, u64), StateError> {
        let query = "SELECT COALESCE(SUM(length), 0), COUNT(*) FROM uploads WHERE ?1 IS NULL OR owner = ?1";
        let found = self.connection().query_row(query, [owner], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
        })?;
        Ok(found)
    }
}

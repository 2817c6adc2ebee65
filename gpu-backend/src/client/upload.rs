//! Files sent in pieces, gone on with after a broken connection.

use std::{
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
    thread::sleep,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{
    Method,
    blocking::Response,
    header::{CONTENT_TYPE, LOCATION},
};
use sha2::{Digest as _, Sha256};

use super::{Client, ClientError};
use crate::work::{progress::Steps, regular};

/// Bytes of a piece.
const PIECE: u64 = 8 << 20;
/// How often a piece is tried.
const TRIES: u32 = 6;

impl Client {
    /// Sends a file; the id of its upload. Each piece has its checksum, and a broken connection costs a piece.
    ///
    /// # Errors
    /// If the file cannot be read, or the server or the network refuses it again and again.
    pub fn upload(&self, path: &Path, steps: &dyn Steps) -> Result<String, ClientError> {
        let mut file = regular::open(path)?;
        let length = file.metadata()?.len();
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let begun = self
            .request(Method::POST, "api/v1/uploads")?
            .header("tus-resumable", "1.0.0")
            .header("upload-length", length)
            .header("upload-metadata", format!("filename {}", STANDARD.encode(name)));
        let begun = Self::send(begun)?;
        let location = begun.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location =
            location.ok_or_else(|| ClientError::Unknown("an upload without an address".into()))?.to_owned();
        let (mut at, mut tries) = (0, 0);
        while at < length {
            match self.piece(&location, &mut file, at, length) {
                Ok(next) => {
                    steps.advance(next.saturating_sub(at));
                    (at, tries) = (next, 0);
                }
                Err(error) if error.is_passing() && tries < TRIES => {
                    tries += 1;
                    sleep(Duration::from_millis(250 << tries));
                    let head = self.request(Method::HEAD, &location)?.header("tus-resumable", "1.0.0");
                    at = Self::send(head).and_then(|answer| offset(&answer)).unwrap_or(at);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(location.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// Sends the next piece; how much is on the server's disk then.
    fn piece(
        &self,
        location: &str,
        file: &mut std::fs::File,
        at: u64,
        length: u64,
    ) -> Result<u64, ClientError> {
        file.seek(SeekFrom::Start(at))?;
        let mut piece = Vec::new();
        file.take(PIECE.min(length - at)).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Err(ClientError::Unknown("the file has become shorter while it was sent".into()));
        }
        let sent = self
            .request(Method::PATCH, location)?
            .header("tus-resumable", "1.0.0")
            .header("upload-offset", at)
            .header(CONTENT_TYPE, "application/offset+octet-stream")
            .header("upload-checksum", format!("sha256 {}", STANDARD.encode(Sha256::digest(&piece))))
            .body(piece);
        offset(&Self::send(sent)?)
    }
}

fn offset(answer: &Response) -> Result<u64, ClientError> {
    let value = answer.headers().get("upload-offset").and_then(|value| value.to_str().ok()?.parse().ok());
    value.ok_or_else(|| ClientError::Unknown("an upload without an offset".into()))
}

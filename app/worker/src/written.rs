//! Files that are written piece by piece. The browser holds the pieces, on disk where they are many.

use std::collections::BTreeMap;

use js_sys::{Array, Object, Reflect, Uint8Array};
use web_sys::Blob;

/// Bytes that are gathered before they are handed over.
const PIECE: usize = 1 << 20;

/// Files that are being written.
#[derive(Default)]
pub struct Written(BTreeMap<String, Parts>);

#[derive(Default)]
struct Parts {
    gathered: Vec<u8>,
    blobs: Array,
}

impl Written {
    /// Adds to a file.
    pub fn add(&mut self, file: &str, text: &str) {
        if !self.0.contains_key(file) {
            self.0.insert(file.to_owned(), Parts::default());
        }
        if let Some(parts) = self.0.get_mut(file) {
            parts.gathered.extend_from_slice(text.as_bytes());
            if parts.gathered.len() >= PIECE {
                parts.hand_over();
            }
        }
    }

    /// The files by their names.
    pub fn finish(self) -> Object {
        let files = Object::new();
        for (name, mut parts) in self.0 {
            parts.hand_over();
            if let Ok(blob) = Blob::new_with_blob_sequence(&parts.blobs) {
                let _ = Reflect::set(&files, &name.into(), &blob);
            }
        }
        files
    }
}

impl Parts {
    fn hand_over(&mut self) {
        let piece = Array::of1(&Uint8Array::from(self.gathered.as_slice()));
        if let Ok(blob) = Blob::new_with_u8_array_sequence(&piece) {
            self.blobs.push(&blob);
        }
        self.gathered.clear();
    }
}

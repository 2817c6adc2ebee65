//! The reader's file, read by slices: however large it is, memory holds what is being read.

use std::cell::RefCell;

use cellprism_app::task::place::Slices;
use cellprism_h5ad::{Source, SourceError};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{File, FileReaderSync};

/// Short reads come from blocks of this size: the structures of HDF5 are small and lie together.
const BLOCK: u64 = 128 << 10;
/// Blocks that are kept.
const KEPT: usize = 24;

struct Open {
    file: File,
    reader: FileReaderSync,
    /// Block number and content, the last used one last.
    blocks: Vec<(u64, Vec<u8>)>,
}

thread_local! {
    // A source may be sent between threads, which a browser's object cannot; a worker has one thread.
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

/// The file of a message, if there is one.
pub fn of(message: &JsValue) -> Option<Slices> {
    let file: File = Reflect::get(message, &"own".into()).ok()?.dyn_into().ok()?;
    let length = file.size() as u64;
    let reader = FileReaderSync::new().ok()?;
    OPEN.set(Some(Open { file, reader, blocks: Vec::new() }));
    Some(Slices::new(Dropped { length }))
}

/// The open file.
struct Dropped {
    length: u64,
}

impl Source for Dropped {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let end = offset.checked_add(buffer.len() as u64).filter(|&end| end <= self.length);
        let end =
            end.ok_or_else(|| SourceError::Source("unexpected EOF: past the end of the file".into()))?;
        OPEN.with_borrow_mut(|open| {
            let open = open.as_mut().ok_or_else(|| SourceError::Source("the file is closed".into()))?;
            if buffer.len() as u64 > BLOCK / 2 {
                return open.slice(offset, buffer);
            }
            let mut at = offset;
            while at < end {
                let (block, start) = (at / BLOCK, (at % BLOCK) as usize);
                let content = open.block(block, self.length)?;
                let count = ((end - at) as usize).min(content.len() - start);
                let to = (at - offset) as usize;
                buffer[to..to + count].copy_from_slice(&content[start..start + count]);
                at += count as u64;
            }
            Ok(())
        })
    }
}

impl Open {
    fn block(&mut self, block: u64, length: u64) -> Result<&[u8], SourceError> {
        match self.blocks.iter().position(|(number, _)| *number == block) {
            Some(place) => {
                let found = self.blocks.remove(place);
                self.blocks.push(found);
            }
            None => {
                let mut content = if self.blocks.len() < KEPT { Vec::new() } else { self.blocks.remove(0).1 };
                content.resize(BLOCK.min(length - block * BLOCK) as usize, 0);
                self.slice(block * BLOCK, &mut content)?;
                self.blocks.push((block, content));
            }
        }
        Ok(self.blocks.last().map_or(&[], |(_, content)| content))
    }

    fn slice(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let failed = |_| {
            SourceError::Source(
                "the browser could not read the file: was it moved or changed meanwhile?".into(),
            )
        };
        let (start, end) = (offset as f64, (offset + buffer.len() as u64) as f64);
        let slice = self.file.slice_with_f64_and_f64(start, end).map_err(failed)?;
        let read = self.reader.read_as_array_buffer(&slice).map_err(failed)?;
        let bytes = Uint8Array::new(&read);
        if bytes.length() as usize != buffer.len() {
            return Err(SourceError::Source("unexpected EOF: the file has become shorter".into()));
        }
        bytes.copy_to(buffer);
        Ok(())
    }
}

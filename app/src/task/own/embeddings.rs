//! Embeddings of the reader, row by row: the dictionary alone is asked.

use cellprism_core::{bundle::path, sae::SaeWeights};
use cellprism_h5ad::Source as _;
use safetensors::{Dtype, tensor::Metadata};

use super::{
    Answer, Request, Step,
    kind::{Kind, number},
    readings::Readings,
};
use crate::task::{
    Said,
    files::Files,
    place::{Place, Slices},
};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;
/// Longest header of a safetensors file: the names of a few million cells.
const MOST_HEADER: u64 = 48 << 20;
/// Longest line of a table.
const MOST_LINE: usize = 1 << 20;
/// Cells that are encoded together.
const ROWS: usize = 2048;

/// Takes some cells: their names, and their embeddings row by row.
type Take<'a> = &'a mut dyn FnMut(&[String], &[f32]) -> Result<(), String>;

/// Encodes the embeddings.
///
/// # Errors
/// In words: what is wrong with the file, where, and what to do.
pub fn run(request: &Request, files: &Files, place: &mut dyn Place) -> Result<Answer, String> {
    let sae = SaeWeights::from_safetensors(files.get(path::SAE_CONFIG)?, files.get(path::SAE_WEIGHTS)?)
        .map_err(|e| e.to_string())?;
    let (source, width) = (place.own()?, sae.config.d_in);
    let bundle_cells = files.find(path::EMBEDDINGS).map(|_| request.bundle_cells as usize);
    let mut readings = Readings::begin(&sae, &[], bundle_cells, false, place);
    let mut done = 0;
    let mut take = |of: u64, names: &[String], values: &[f32]| {
        readings.take(names, values, place)?;
        done += names.len() as u64;
        place.say(Said::Own(Box::new(Step::Cells { done, of, counts_share: None })));
        Ok(())
    };
    let read = match request.kind {
        Kind::Npy => numpy(&source, width, &mut take),
        Kind::Table => table(&source, width, &mut |names, values| take(0, names, values)),
        _ => tensors(&source, width, &mut take),
    };
    read.map_err(|what| format!("{}: {what}", request.name))?;
    if done == 0 {
        return Err(format!("{}: it has no row: a row a cell is expected", request.name));
    }
    readings.finish(files, place)
}

fn wrong_width(found: usize, width: usize) -> String {
    let counts = if found > 4 * width { ". If these are counts of genes, save them as .h5ad" } else { "" };
    format!(
        "its rows have {found} numbers, but the dictionary of this bundle reads embeddings of {width} dimensions: embed the \
         cells with the bundle's model, or open the bundle of the model that made these{counts}"
    )
}

/// Takes how many cells there are, the names of some, and their embeddings, `[cells, width]`.
type TakeOf<'a> = dyn FnMut(u64, &[String], &[f32]) -> Result<(), String> + 'a;

/// Tensor `embeddings` of a safetensors file, as `cellprism embed` writes it.
fn tensors(source: &Slices, width: usize, take: &mut TakeOf<'_>) -> Result<(), String> {
    let damaged = |what: &str| {
        format!("not a whole safetensors file ({what}): copy it again, or write it with `cellprism embed`")
    };
    let head = source.some(0, 8)?;
    let length = head.try_into().map(u64::from_le_bytes).map_err(|_| damaged("it has fewer than 8 bytes"))?;
    if length > MOST_HEADER || length > source.len() - 8 {
        return Err(damaged(&format!("its header claims {length} bytes, the file has {}", source.len())));
    }
    let header = source.some(8, length as usize)?;
    let metadata: Metadata = serde_json::from_slice(&header).map_err(|e| damaged(&e.to_string()))?;
    drop(header);
    if Some(metadata.data_len() as u64) != source.len().checked_sub(8 + length) {
        return Err(damaged("its header describes another number of bytes: cut off or damaged"));
    }
    let info = metadata.info("embeddings").ok_or_else(|| {
        format!("no tensor \"embeddings\" in it; it has {}", metadata.offset_keys().join(", "))
    })?;
    let (&[rows, columns], size) = (
        &info.shape[..],
        match info.dtype {
            Dtype::F32 => 4,
            Dtype::F64 => 8,
            other => return Err(format!("tensor \"embeddings\" is {other:?}, but must be F32 or F64")),
        },
    ) else {
        return Err(format!(
            "tensor \"embeddings\" has shape {:?}, expected [cells, dimensions]",
            info.shape
        ));
    };
    if columns != width {
        return Err(wrong_width(columns, width));
    }
    let names: Vec<String> = metadata
        .metadata()
        .as_ref()
        .and_then(|told| serde_json::from_str(told.get("cells")?).ok())
        .filter(|names: &Vec<String>| names.len() == rows)
        .unwrap_or_default();
    let start = 8 + length + info.data_offsets.0 as u64;
    let numbers = Numbers { start, rows: rows as u64, width, size, swapped: false };
    numbers.read(source, &names, take)
}

/// An array of numpy.
fn numpy(source: &Slices, width: usize, take: &mut TakeOf<'_>) -> Result<(), String> {
    let head = source.some(0, 12)?;
    let (start, length) = match head[..] {
        [_, _, _, _, _, _, 1, _, a, b, _, _] => (10, u64::from(u16::from_le_bytes([a, b]))),
        [_, _, _, _, _, _, 2 | 3, _, a, b, c, d] => (12, u64::from(u32::from_le_bytes([a, b, c, d]))),
        _ => return Err("its header is cut off: save it again with numpy.save".into()),
    };
    if length > 1 << 16 {
        return Err("its header is damaged: save it again with numpy.save".into());
    }
    let header = String::from_utf8(source.some(start, length as usize)?)
        .map_err(|_| "its header is damaged: save it again with numpy.save".to_owned())?;
    let after = |key: &str| header.split_once(&format!("'{key}':")).map(|(_, rest)| rest.trim_start());
    let descr =
        after("descr").and_then(|rest| rest.strip_prefix('\'')?.split('\'').next()).unwrap_or_default();
    let (size, swapped) = match descr {
        "<f4" => (4, false),
        "<f8" => (8, false),
        ">f4" => (4, true),
        ">f8" => (8, true),
        other => {
            return Err(format!(
                "its numbers are of type {other:?}; 32- or 64-bit floating point is read: save x.astype(\"float32\")"
            ));
        }
    };
    if after("fortran_order").is_none_or(|rest| !rest.starts_with("False")) {
        return Err("it is stored by columns: save numpy.ascontiguousarray(x)".into());
    }
    let shape = after("shape").and_then(|rest| rest.strip_prefix('(')?.split(')').next()).unwrap_or_default();
    let extents: Vec<u64> = shape.split(',').filter_map(|extent| extent.trim().parse().ok()).collect();
    let &[rows, columns] = &extents[..] else {
        return Err(format!("its shape is ({shape}), expected (cells, dimensions)"));
    };
    if columns != width as u64 {
        return Err(wrong_width(columns as usize, width));
    }
    let start = start + length;
    let bytes = rows.checked_mul(columns * size as u64);
    if bytes.is_none_or(|bytes| Some(bytes) != source.len().checked_sub(start)) {
        return Err(format!(
            "its header describes ({shape}) numbers, which is not what the file holds: it is cut off or damaged"
        ));
    }
    Numbers { start, rows, width, size, swapped }.read(source, &[], take)
}

/// Numbers that lie in a file row by row.
struct Numbers {
    start: u64,
    rows: u64,
    width: usize,
    size: usize,
    /// Big-endian.
    swapped: bool,
}

impl Numbers {
    fn read(&self, source: &Slices, names: &[String], take: &mut TakeOf<'_>) -> Result<(), String> {
        let row_bytes = self.width * self.size;
        let step = (PIECE / row_bytes.max(1)).clamp(1, ROWS) as u64;
        let mut row = 0;
        while row < self.rows {
            let count = step.min(self.rows - row);
            let mut bytes = source.some(self.start + row * row_bytes as u64, count as usize * row_bytes)?;
            if self.swapped {
                bytes.chunks_exact_mut(self.size).for_each(<[u8]>::reverse);
            }
            let values: Vec<f32> = if self.size == 4 {
                bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
            } else {
                bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect()
            };
            let at = row as usize..(row + count) as usize;
            match names.get(at.clone()) {
                Some(names) => take(self.rows, names, &values)?,
                None => take(self.rows, &at.map(|row| row.to_string()).collect::<Vec<_>>(), &values)?,
            }
            row += count;
        }
        Ok(())
    }
}

/// A table: a cell's name and its numbers in each row, under a header or not.
fn table(source: &Slices, width: usize, take: Take<'_>) -> Result<(), String> {
    let mut rows = Rows { width, line: 0, first: true, names: Vec::new(), values: Vec::new() };
    let (mut at, mut rest) = (0, Vec::new());
    loop {
        let piece = source.some(at, PIECE)?;
        at += piece.len() as u64;
        let ended = piece.is_empty();
        rest.extend_from_slice(&piece);
        let end =
            if ended { rest.len() } else { rest.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1) };
        if end == 0 && rest.len() > MOST_LINE {
            return Err(format!(
                "line {} is longer than {MOST_LINE} bytes: is it a table of text?",
                rows.line + 1
            ));
        }
        for line in rest[..end].split(|&b| b == b'\n') {
            if !(line.is_empty() && rows.line > 0) {
                rows.push(line)?;
            }
        }
        rest.drain(..end);
        if rows.names.len() >= ROWS || ended {
            if !rows.names.is_empty() {
                take(&rows.names, &rows.values)?;
            }
            rows.names.clear();
            rows.values.clear();
        }
        if ended {
            return Ok(());
        }
    }
}

struct Rows {
    width: usize,
    line: usize,
    first: bool,
    names: Vec<String>,
    values: Vec<f32>,
}

impl Rows {
    fn push(&mut self, line: &[u8]) -> Result<(), String> {
        self.line += 1;
        let number_of_line = self.line;
        let text = std::str::from_utf8(line)
            .map_err(|_| format!("line {number_of_line} is not UTF-8 text: save the table as plain text"))?
            .trim_end_matches('\r');
        if text.trim().is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let separator = if text.contains('\t') { '\t' } else { ',' };
        let (name, numbers) = fields(text, separator);
        let is_header = self.first && numbers.iter().all(|field| number(field).is_none());
        self.first = false;
        if is_header {
            return Ok(());
        }
        if numbers.len() != self.width {
            return Err(format!(
                "line {number_of_line} (cell {name}): {}",
                wrong_width(numbers.len(), self.width)
            ));
        }
        for (column, field) in numbers.iter().enumerate() {
            let value = number(field).filter(|value| value.is_finite()).ok_or_else(|| {
                format!(
                    "line {number_of_line} (cell {name}), column {}: {:?} is not a finite number: fill it, or leave the cell \
                     out",
                    column + 2,
                    field.trim()
                )
            })?;
            self.values.push(value as f32);
        }
        self.names.push(name);
        Ok(())
    }
}

/// The name, which may be quoted and then hold separators, and the other fields.
fn fields(text: &str, separator: char) -> (String, Vec<&str>) {
    if let Some(rest) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut letters = rest.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            if letter != '"' {
                name.push(letter);
            } else if letters.next_if(|next| next.1 == '"').is_some() {
                name.push('"');
            } else {
                let rest = rest[at + 1..].strip_prefix(separator);
                return (name, rest.map(|rest| rest.split(separator).collect()).unwrap_or_default());
            }
        }
        return (name, Vec::new());
    }
    let mut fields = text.split(separator);
    (fields.next().unwrap_or_default().to_owned(), fields.collect())
}

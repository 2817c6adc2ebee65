//! The lines of a table, one at a time: a small packed file can unpack to any size, so nothing but what is kept is held.

use std::{
    io::{self, BufRead, BufReader, Read, Seek},
    path::Path,
};

use flate2::read::MultiGzDecoder;

use super::{GeneRecord, GeneTableError, Problem};
use crate::work::regular;

/// Largest table that is read, unpacked.
const MOST_BYTES: u64 = 1 << 30;
/// Longest line: NCBI's longest has some ten thousand bytes.
const LONGEST_LINE: u64 = 1 << 20;
/// Most lines: the human genome has 200 thousand, all species together 60 million.
const MOST_LINES: usize = 5_000_000;
/// Most memory of what is kept, counted as bytes and [`STRING`] for every text. The human genome takes a quarter.
const MOST_KEPT: usize = 512 << 20;
/// Memory of a text beside its bytes: its place in a list, its block, its place in the table of names.
const STRING: usize = 96;

/// A table, from its first line on as often as is needed.
pub(super) struct Lines<'p> {
    path: &'p Path,
}

impl<'p> Lines<'p> {
    pub(super) fn of(path: &'p Path) -> Self {
        Self { path }
    }

    /// Gives every line (number from 1, text) to `each`.
    pub(super) fn each(
        &self,
        mut each: impl FnMut(usize, &str) -> Result<(), Problem>,
    ) -> Result<(), GeneTableError> {
        let failed = |source| GeneTableError::Read { path: self.path.to_owned(), source };
        let mut lines = open(self.path).map_err(failed)?;
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = (&mut lines).take(LONGEST_LINE + 1).read_until(b'\n', &mut line).map_err(failed)?;
            if read == 0 {
                break;
            }
            let at = |problem: String| Problem::Line(number, problem).at(self.path);
            if number > MOST_LINES {
                return Err(at(format!("more than {MOST_LINES} lines: take the table of one species")));
            }
            if read as u64 > LONGEST_LINE {
                return Err(at(format!("more than {LONGEST_LINE} bytes without an end of line")));
            }
            let text = std::str::from_utf8(&line).map_err(|_| at("it is not UTF-8 text".into()))?;
            let text = text.strip_suffix('\n').unwrap_or(text);
            each(number, text.strip_suffix('\r').unwrap_or(text)).map_err(|problem| problem.at(self.path))?;
        }
        if lines.get_ref().limit() == 0 {
            return Err(failed(io::Error::other(format!("more than {MOST_BYTES} bytes unpacked"))));
        }
        Ok(())
    }
}

type Unpacked = BufReader<io::Take<Box<dyn Read>>>;

fn open(path: &Path) -> io::Result<Unpacked> {
    let mut file = regular::open(path)?;
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start)?;
    file.rewind()?;
    let file = BufReader::new(file);
    let bytes: Box<dyn Read> =
        if start == [0x1f, 0x8b] { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(BufReader::new(bytes.take(MOST_BYTES + 1)))
}

/// Records that are kept, with the memory that they take.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) records: Vec<GeneRecord>,
    bytes: usize,
}

impl Kept {
    pub(super) fn push(&mut self, line: usize, record: GeneRecord) -> Result<(), Problem> {
        let about = &record.description;
        let lists = record.ensembl.iter().chain(&about.aliases).chain([&record.symbol, &about.name]);
        let optional = [&about.ncbi, &about.kind, &about.location].into_iter().flatten();
        self.bytes += size_of::<GeneRecord>();
        self.bytes += lists.chain(optional).map(|text| text.len() + STRING).sum::<usize>();
        if self.bytes > MOST_KEPT {
            let genes = self.records.len();
            return Err(Problem::Line(
                line,
                format!(
                    "the {genes} genes before it take more than {} MB; no genome needs that",
                    MOST_KEPT >> 20
                ),
            ));
        }
        self.records.push(record);
        Ok(())
    }
}

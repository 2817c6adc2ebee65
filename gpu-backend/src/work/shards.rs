//! Finished parts of a long embedding, kept beside the output: a killed run goes on where it stopped.

use std::{cell::Cell, fs, io, path::PathBuf, sync::mpsc, thread};

use anyhow::{Context, bail};
use cellprism_core::cells::CountMatrix;
use sha2::{Digest, Sha256};

use super::{progress::Steps, share::Share};

/// Bytes before the values: a checksum of all that follows, two sums of counts and a number of cells.
const HEADER: usize = 32;

/// A part: embeddings of consecutive cells, and what was counted on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shard {
    /// Row-major.
    pub values: Vec<f32>,
    /// Sum of counts on matched genes, and of all counts.
    pub counts: (f64, f64),
    /// Cells of which not all genes were read.
    pub shortened: u64,
    /// Cells that were embedded before, by an interrupted run.
    pub kept: usize,
}

/// Cells that are read some rows at a time.
pub trait Rows: Send {
    /// How many there are.
    fn count(&self) -> usize;

    /// Counts of `rows` cells from `start` on.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read(&mut self, start: usize, rows: usize) -> anyhow::Result<CountMatrix>;
}

/// A folder of parts. It is made with the first part and goes when this value goes: after success, and after an error of the
/// input, which the same command would meet again. A kill leaves it, and so does a device that fails.
#[derive(Debug)]
pub struct Shards {
    folder: Option<PathBuf>,
    stays: Cell<bool>,
    /// Whether the parts are what is wanted: they stay, and are kept even where there is only one.
    wanted: bool,
}

impl Shards {
    /// No parts are kept.
    pub fn none() -> Self {
        Self { folder: None, stays: Cell::new(false), wanted: false }
    }

    /// The parts in a folder, which belongs to one [`Partial`](super::partial::Partial) and so to one key.
    pub fn within(folder: PathBuf) -> Self {
        Self { folder: Some(folder), stays: Cell::new(false), wanted: false }
    }

    /// The same where the parts are what is wanted, and stay.
    pub fn wanted_within(folder: PathBuf) -> Self {
        Self { folder: Some(folder), stays: Cell::new(false), wanted: true }
    }

    /// The part of so many cells from `start` on, each of `width` values, where it is finished.
    pub fn get(&self, start: usize, cells: usize, width: usize) -> Option<Shard> {
        let bytes = fs::read(self.path(start)?).ok()?;
        let (head, body) = bytes.split_at_checked(HEADER)?;
        let (numbers, []) = head.as_chunks::<8>() else { return None };
        let (values, []) = body.as_chunks::<4>() else { return None };
        let whole = numbers[0] == checksum(&bytes[numbers[0].len()..]);
        (whole && values.len() == cells * width).then(|| Shard {
            values: values.iter().map(|&b| f32::from_le_bytes(b)).collect(),
            counts: (f64::from_le_bytes(numbers[1]), f64::from_le_bytes(numbers[2])),
            shortened: u64::from_le_bytes(numbers[3]),
            kept: cells,
        })
    }

    /// Keeps a part.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn put(&self, start: usize, shard: &Shard) -> io::Result<()> {
        let (Some(folder), Some(path)) = (&self.folder, self.path(start)) else { return Ok(()) };
        fs::create_dir_all(folder)?;
        let mut bytes = Vec::with_capacity(HEADER + 4 * shard.values.len());
        bytes.extend([0; 8]);
        bytes.extend(shard.counts.0.to_le_bytes());
        bytes.extend(shard.counts.1.to_le_bytes());
        bytes.extend(shard.shortened.to_le_bytes());
        bytes.extend(shard.values.iter().flat_map(|v| v.to_le_bytes()));
        let sum = checksum(&bytes[8..]);
        bytes[..8].copy_from_slice(&sum);
        // Not waiting for the disk: what a power cut damages fails its checksum and is computed again.
        fs::write(&path, &bytes)
    }

    /// All cells of a file, or a share of them, `step` at a time: parts that are finished are read, the others computed from their counts
    /// and kept, as many at once as there are `workers`. `width` is the number of values of a cell. The values go to `take` part
    /// by part, in the order of the cells, and are not in what is returned. The result does not depend on the number of workers.
    ///
    /// # Errors
    /// If the file is damaged, a worker fails or gives another number of values, or a part cannot be written.
    pub fn collect<W>(
        &self,
        (cells, share): (&mut dyn Rows, Share),
        step: usize,
        width: usize,
        progress: &dyn Steps,
        workers: &mut [W],
        take: &mut dyn FnMut(&[f32]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Shard>
    where
        W: FnMut(&CountMatrix, usize) -> anyhow::Result<Shard> + Send,
    {
        let (n, step) = (cells.count(), step.max(1));
        let mut all = Shard::default();
        let mut add = |shard: &Shard| -> anyhow::Result<()> {
            take(&shard.values)?;
            all.counts = (all.counts.0 + shard.counts.0, all.counts.1 + shard.counts.1);
            all.shortened += shard.shortened;
            all.kept += shard.kept;
            Ok(())
        };
        let own = share.range(n.div_ceil(step));
        let part = |place: usize| (place * step, step.min(n - place * step));
        let is_there = |&(start, rows): &(usize, usize)| self.get(start, rows, width).is_some();
        let missing: Vec<_> = own.clone().map(part).filter(|part| !is_there(part)).collect();
        thread::scope(|scope| {
            // While some parts are computed, the next are read.
            let (send, read) = mpsc::sync_channel(workers.len().saturating_sub(1));
            let wanted = missing.clone();
            scope.spawn(move || {
                for (start, rows) in wanted {
                    let counts = cells.read(start, rows);
                    let failed = counts.is_err();
                    // Nobody listens any more where computing has failed.
                    if send.send(counts).is_err() || failed {
                        return;
                    }
                }
            });
            let mut missing = missing.into_iter().peekable();
            let mut parts = own.map(part).peekable();
            while let Some((start, rows)) = parts.peek().copied() {
                let mut round = Vec::new();
                while let Some(next) = parts.peek().filter(|_| round.len() < workers.len())
                    && missing.next_if_eq(next).is_some()
                {
                    round.push((
                        parts.next().unwrap_or_default(),
                        read.recv().context("reading the cells has stopped")??,
                    ));
                }
                if round.is_empty() {
                    let shard = self.get(start, rows, width).context("a finished part has disappeared")?;
                    progress.advance(rows as u64);
                    add(&shard)?;
                    parts.next();
                    continue;
                }
                // From here on it is not the input that fails.
                self.stays.set(start > 0);
                let mut failed = None;
                for ((start, rows), shard) in at_once(workers, &round) {
                    // What the others have finished is kept, too.
                    let kept = shard.and_then(|shard| {
                        if shard.values.len() != rows * width {
                            bail!(
                                "the model gives {} values for {rows} cells, but its card says {width} for each: import it again",
                                shard.values.len()
                            );
                        }
                        if rows < n || self.wanted {
                            self.put(start, &shard).context("cannot keep the cells embedded so far")?;
                            self.stays.set(true);
                        }
                        Ok(shard)
                    });
                    // The parts after one that failed are kept, but not handed on: nothing is left out in between.
                    match kept {
                        Ok(shard) if failed.is_none() => failed = add(&shard).err(),
                        Ok(_) => {}
                        Err(error) => failed = failed.or(Some(error)),
                    }
                }
                if let Some(error) = failed {
                    return Err(error);
                }
                self.stays.set(false);
            }
            Ok(())
        })?;
        Ok(all)
    }

    fn path(&self, start: usize) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("{start:010}")))
    }
}

/// A part of the cells, from which on and how many, with their counts.
type Part = ((usize, usize), CountMatrix);

/// Every part by a worker of its own.
fn at_once<W>(workers: &mut [W], round: &[Part]) -> Vec<((usize, usize), anyhow::Result<Shard>)>
where
    W: FnMut(&CountMatrix, usize) -> anyhow::Result<Shard> + Send,
{
    if let ([(place, counts)], [worker, ..]) = (round, &mut *workers) {
        return vec![(*place, worker(counts, place.0))];
    }
    thread::scope(|scope| {
        let running: Vec<_> = workers
            .iter_mut()
            .zip(round)
            .map(|(worker, (place, counts))| (*place, scope.spawn(move || worker(counts, place.0))))
            .collect();
        let ended = |thread: thread::ScopedJoinHandle<'_, anyhow::Result<Shard>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        running.into_iter().map(|(place, thread)| (place, ended(thread))).collect()
    })
}

/// The first bytes of the SHA-256.
fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut sum = [0; 8];
    sum.copy_from_slice(&Sha256::digest(bytes)[..8]);
    sum
}

impl Drop for Shards {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder
            && !self.stays.get()
            && !self.wanted
            && folder.exists()
        {
            // What cannot be removed is thrown away by the next run.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::progress::Silent;

    /// Cells with one count each, of one gene.
    struct Ones(usize);

    impl Rows for Ones {
        fn count(&self) -> usize {
            self.0
        }

        fn read(&mut self, start: usize, rows: usize) -> anyhow::Result<CountMatrix> {
            let counts: Vec<f32> = (start..start + rows).map(|cell| cell as f32 + 1.0).collect();
            Ok(CountMatrix::from_dense(rows, 1, &counts)?)
        }
    }

    /// Sums of counts by so many workers, those of cell `broken` and later fail.
    fn sums(shards: &Shards, workers: usize, broken: usize) -> anyhow::Result<Shard> {
        sums_of(shards, Share::WHOLE, workers, broken)
    }

    fn sums_of(shards: &Shards, share: Share, workers: usize, broken: usize) -> anyhow::Result<Shard> {
        let worker = |counts: &CountMatrix, start: usize| {
            if start + counts.rows > broken {
                bail!("broken");
            }
            let values = counts.row_sums().iter().map(|&sum| sum as f32).collect();
            Ok(Shard { values, counts: (1.0, start as f64), shortened: 1, kept: 0 })
        };
        let mut values = Vec::new();
        let mut take = |some: &[f32]| {
            values.extend_from_slice(some);
            Ok(())
        };
        let all = shards.collect(
            (&mut Ones(700), share),
            100,
            1,
            &Silent,
            &mut vec![worker; workers],
            &mut take,
        )?;
        Ok(Shard { values, ..all })
    }

    #[test]
    fn any_number_of_workers_gives_the_same_and_keeps_what_is_done() {
        let one = sums(&Shards::none(), 1, usize::MAX).unwrap();
        assert_eq!((one.values.len(), one.shortened), (700, 7));
        for workers in [2, 3, 9] {
            assert_eq!(sums(&Shards::none(), workers, usize::MAX).unwrap(), one);
            let folder = tempfile::tempdir().unwrap();
            let parts = || Shards::within(folder.path().join("parts"));
            assert!(sums(&parts(), workers, 350).is_err());
            let resumed = sums(&parts(), workers, usize::MAX).unwrap();
            assert_eq!(resumed, Shard { kept: 300, ..one.clone() }, "{workers} workers");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn shares_together_are_the_whole() {
        let whole = sums(&Shards::none(), 1, usize::MAX).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let parts = folder.path().join("parts");
        for part in [3, 1, 2] {
            let shards = Shards::wanted_within(parts.clone());
            let own = sums_of(&shards, Share { part, of: 3 }, 2, usize::MAX).unwrap();
            assert!(own.values.len() < 400 && own.kept == 0);
        }
        // Nobody computes: every part is there.
        let joined = sums(&Shards::within(parts.clone()), 0, usize::MAX).unwrap();
        assert_eq!(joined, Shard { kept: 700, ..whole });
        assert!(sums(&Shards::within(parts), 0, usize::MAX).is_err(), "the parts are gone");
    }

    #[test]
    fn parts_survive_a_kill() {
        let folder = tempfile::tempdir().unwrap();
        let parts = || Shards::within(folder.path().join("parts"));
        let shard = Shard { values: vec![1.0, -0.5], counts: (3.0, 4.0), shortened: 5, kept: 1 };
        let shards = parts();
        assert_eq!(shards.get(0, 1, 2), None);
        shards.put(0, &shard).unwrap();
        assert_eq!(shards.get(0, 1, 3), None, "another length is not this part");
        std::mem::forget(shards);
        let again = parts();
        assert_eq!(again.get(0, 1, 2), Some(shard.clone()));
        let path = again.path(0).unwrap();
        let mut damaged = fs::read(&path).unwrap();
        *damaged.last_mut().unwrap() ^= 1;
        fs::write(&path, damaged).unwrap();
        assert_eq!(again.get(0, 1, 2), None, "a damaged part is computed again");
        again.put(0, &shard).unwrap();
        std::mem::forget(again);
        drop(parts());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}

//! What came back, how fast, and what it cost in memory.

use std::{
    collections::BTreeMap,
    fmt, fs,
    thread::sleep,
    time::{Duration, Instant},
};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A file of a bundle.
    File,
    /// Cells to be encoded.
    Encode,
    /// A ranking to be tested.
    Enrich,
    /// A step of an upload.
    Upload,
    /// A job.
    Submit,
    /// What is known of jobs.
    Jobs,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::File => "a file of the bundle",
            Self::Encode => "8 cells encoded",
            Self::Enrich => "400 genes tested, 100 permutations",
            Self::Upload => "uploads, each of their steps on the disk",
            Self::Submit => "jobs submitted",
            Self::Jobs => "jobs asked for, removed when done",
        }
    }
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What was asked for.
    pub kind: Kind,
    /// The status; 0 where no answer came.
    pub status: u16,
    /// Until all of the answer was there.
    pub seconds: f64,
    /// What was said, where it was not what it should be.
    pub said: String,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Figures(Vec<Answered>);

impl Figures {
    /// What a further client has.
    pub fn add(&mut self, more: Vec<Answered>) {
        self.0.extend(more);
    }

    /// Answers that are neither 2xx nor 429, with how often they came.
    pub fn unwanted(&self) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for one in self.0.iter().filter(|one| !(200..300).contains(&one.status) && one.status != 429) {
            *found.entry(format!("{:?}: {} {}", one.kind, one.status, one.said)).or_default() += 1;
        }
        found
    }

    /// A table in Markdown.
    pub fn table(&self, clients: u64, took: Duration) -> String {
        let mut out = format!(
            "| {clients} clients, {:.0} s | requests | a second | p50 ms | p99 ms | 429 | other than 2xx and 429 |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n",
            took.as_secs_f64()
        );
        let mut kinds: BTreeMap<Option<Kind>, Vec<&Answered>> = BTreeMap::new();
        for one in &self.0 {
            kinds.entry(Some(one.kind)).or_default().push(one);
            kinds.entry(None).or_default().push(one);
        }
        // All of them come last.
        let all = kinds.remove(&None);
        for (name, found) in kinds.iter().filter_map(|(kind, found)| Some((kind.as_ref()?.words(), found))) {
            out += &row(name, found, took);
        }
        out + all.map_or_else(String::new, |found| row("all", &found, took)).trim_end()
    }
}

fn row(name: &str, found: &[&Answered], took: Duration) -> String {
    let mut times: Vec<f64> = found.iter().map(|one| one.seconds * 1000.0).collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let count = |so: &dyn Fn(u16) -> bool| found.iter().filter(|one| so(one.status)).count();
    let refused = count(&|status| status == 429);
    let other = count(&|status| !(200..300).contains(&status) && status != 429);
    let rate = found.len() as f64 / took.as_secs_f64();
    format!(
        "| {name} | {} | {rate:.1} | {:.1} | {:.1} | {refused} | {other} |\n",
        found.len(),
        at(0.5),
        at(0.99)
    )
}

/// Memory of the server's process, once a second.
#[derive(Debug)]
pub struct Memory(Vec<f64>);

impl Memory {
    /// Watches a process until then.
    pub fn watched(process: u32, end: Instant) -> Self {
        let mut seen = Vec::new();
        while Instant::now() < end {
            sleep(Duration::from_secs(1).min(end.saturating_duration_since(Instant::now())));
            seen.extend(resident(process));
        }
        Self(seen)
    }

    /// Means of the second quarter of the time and of the last: the first is the server's own beginning.
    fn quarters(&self) -> (f64, f64) {
        let n = self.0.len();
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
        (mean(&self.0[n / 4..n / 2]), mean(&self.0[3 * n / 4..]))
    }

    /// Whether it has not grown by more than a tenth and 8 MB.
    pub fn is_flat(&self) -> bool {
        let (then, now) = self.quarters();
        now <= then * 1.1 + 8.0
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (then, now) = self.quarters();
        let most = self.0.iter().copied().fold(0.0, f64::max);
        write!(
            f,
            "Memory of the server, without its workers: {then:.0} MB in the second quarter of the time, {now:.0} MB in the last, \
             {most:.0} MB at most."
        )
    }
}

/// Megabytes of a process in memory.
fn resident(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

//! One file, over as many connections as it takes.

use std::{io::Read as _, thread::sleep, time::Duration};

use reqwest::{
    StatusCode,
    blocking::Client,
    header::{IF_RANGE, RANGE},
};

use super::{FetchError, answer::Offer, content::Content};
use crate::work::{partial::Partial, progress::Progress, progress::Steps, room};

/// How often in a row a connection may break without a byte having come.
const TRIES: u32 = 5;
/// Rest before the first further connection; doubled each time.
const REST: Duration = Duration::from_millis(500);
/// Longest rest.
const LONGEST_REST: Duration = Duration::from_secs(15);
/// The name of what has come, in the folder of unfinished work.
pub const CONTENT: &str = "content";
/// Under this name is kept what tells whether the file is still the same.
const VERSION: &str = "version";

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its address.
    pub url: &'a str,
    /// Its size, where it is known.
    pub bytes: Option<u64>,
    /// Its digest, where it is known.
    pub sha256: Option<&'a str>,
}

/// How a connection ended that did not bring all of it.
enum End {
    /// Another one may.
    Broken(String),
    /// Another one would not help.
    Failed(FetchError),
}

impl<E: Into<FetchError>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Fetches it into the folder of unfinished work; its size and digest.
pub fn transfer(
    client: &Client,
    wanted: &Wanted<'_>,
    partial: &Partial,
    progress: &dyn Progress,
) -> Result<(u64, String), FetchError> {
    let mut content = Content::open(&partial.path(CONTENT))?;
    if content.len() > 0 {
        progress.say(&format!("{} bytes are here already", content.len()));
    }
    let mut bar = None;
    let mut tries = 0;
    while wanted.bytes != Some(content.len()) {
        let before = content.len();
        match connection(client, wanted, partial, &mut content, progress, &mut bar) {
            Ok(()) => break,
            Err(End::Failed(error)) => return Err(error),
            Err(End::Broken(why)) => {
                tries = if content.len() > before { 1 } else { tries + 1 };
                if tries >= TRIES {
                    return Err(FetchError::Network(why));
                }
                tracing::info!("{}: {why}; tried again", wanted.url);
                sleep((REST * 2_u32.pow(tries - 1)).min(LONGEST_REST));
            }
        }
    }
    if let Some(bar) = bar {
        bar.finish();
    }
    let found = content.sha256();
    match wanted.sha256 {
        Some(known) if known != found => Err(FetchError::OtherDigest { found, known: known.to_owned() }),
        _ => Ok((content.len(), found)),
    }
}

/// What one connection brings.
fn connection(
    client: &Client,
    wanted: &Wanted<'_>,
    partial: &Partial,
    content: &mut Content,
    progress: &dyn Progress,
    bar: &mut Option<Box<dyn Steps>>,
) -> Result<(), End> {
    let version = partial.get(VERSION).and_then(|kept| String::from_utf8(kept).ok());
    // Without a digest and without a version nobody could tell that the rest is of another file.
    if content.len() > 0 && wanted.sha256.is_none() && version.is_none() {
        content.begin_anew()?;
    }
    let mut request = client.get(wanted.url);
    if content.len() > 0 {
        request = request.header(RANGE, format!("bytes={}-", content.len()));
        if let Some(version) = &version {
            request = request.header(IF_RANGE, version);
        }
    }
    let mut answer = request.send().map_err(|error| End::Broken(in_words(&error)))?;
    match answer.status() {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
        StatusCode::RANGE_NOT_SATISFIABLE if content.len() > 0 => {
            content.begin_anew()?;
            return Err(End::Broken("the rest is not to be had: all of it is fetched again".into()));
        }
        status if status.is_server_error() || [408, 425, 429].contains(&status.as_u16()) => {
            return Err(End::Broken(format!("the server answers {status}")));
        }
        status => return Err(FetchError::Refused(status).into()),
    }
    let offer = Offer::of(answer.status(), answer.headers())?;
    if offer.from == 0 && content.len() > 0 {
        // It knows no ranges, or has another version by now.
        content.begin_anew()?;
    }
    if offer.from != content.len() {
        let what = format!("asked for byte {} on, it sends from {}", content.len(), offer.from);
        return Err(FetchError::Confused(what).into());
    }
    if let (Some(offered), Some(known)) = (offer.whole, wanted.bytes)
        && offered != known
    {
        return Err(FetchError::OtherSize { offered, known }.into());
    }
    let whole = offer.whole.or(wanted.bytes);
    has_room(partial, whole.map_or(0, |whole| whole.saturating_sub(content.len())))?;
    match &offer.version {
        Some(version) => {
            partial.put(VERSION, version.as_bytes()).map_err(|e| std::io::Error::other(e.to_string()))?;
        }
        None => {
            let _ = std::fs::remove_file(partial.path(VERSION));
        }
    }
    let steps = bar.get_or_insert_with(|| {
        let steps = progress.begin("fetch", whole.unwrap_or(0), "bytes");
        steps.advance(content.len());
        steps
    });
    let mut piece = vec![0; 1 << 18];
    loop {
        let n = match answer.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) => return Err(End::Broken(error.to_string())),
        };
        if let Some(whole) = whole
            && content.len() + n as u64 > whole
        {
            return Err(FetchError::TooLong(whole).into());
        }
        content.append(&piece[..n])?;
        steps.advance(n as u64);
    }
    match whole {
        Some(whole) if content.len() < whole => {
            Err(End::Broken(format!("it broke off after {} of {whole} bytes", content.len())))
        }
        _ => Ok(()),
    }
}

/// Refuses what would not fit on the disk, before any of it is taken.
pub fn has_room(partial: &Partial, needed: u64) -> Result<(), FetchError> {
    match room::free(&partial.path("")) {
        Some(free) if needed > free => Err(FetchError::NoRoom { needed, free }),
        _ => Ok(()),
    }
}

/// An error with its causes: the outermost only says that a request failed.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        said = next.to_string();
        cause = next.source();
    }
    said
}

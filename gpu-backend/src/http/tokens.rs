//! Who may do what: tokens with a name, a role and quotas, of which the server knows the digests only.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::work::regular;

/// Shortest token.
const SHORTEST: usize = 16;

/// What a token lets do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look at everything.
    Read,
    /// Also upload, submit, write labels, and remove what the same token has brought.
    Submit,
    /// Also remove what others have brought, and read the audit log.
    Admin,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Name of the token.
    pub name: String,
    /// What it lets do.
    pub role: Role,
    /// What it may take.
    pub quotas: Quotas,
}

impl Who {
    /// Somebody at this computer, where no token is asked for.
    pub fn local() -> Self {
        Self { name: "local".into(), role: Role::Admin, quotas: Quotas::default() }
    }
}

/// What a token may take; nothing is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Requests a minute.
    pub requests: Option<u32>,
    /// Bytes of uploaded files that are kept.
    pub bytes: Option<u64>,
    /// Jobs that wait or run.
    pub jobs: Option<u64>,
}

/// A secret that requests must carry. Only its digest is kept, and digests are compared, all bytes of them, so that
/// the time an answer takes tells nothing about it.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A token.
    ///
    /// # Errors
    /// If it is shorter than 16 characters or has others than visible ASCII.
    pub fn new(text: &str) -> anyhow::Result<Self> {
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("a token has at least {SHORTEST} visible ASCII characters and no spaces");
        }
        Ok(Self(Sha256::digest(text).into()))
    }

    /// The token in a file; spaces and line ends around it do not count.
    ///
    /// # Errors
    /// If the file cannot be read or holds no token.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = regular::text(file, regular::SETTINGS)
            .with_context(|| format!("cannot read {}", file.display()))?;
        Self::new(text.trim()).with_context(|| file.display().to_string())
    }

    /// Whether this is it.
    pub fn is(&self, given: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        self.0.iter().zip(given).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

/// The tokens of a server.
#[derive(Debug, Default)]
pub struct Tokens {
    known: Vec<(Token, Who)>,
    /// Requests left to each name, and when that was.
    left: Mutex<HashMap<String, (f64, Instant)>>,
}

/// A file of tokens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    token: Vec<WrittenToken>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenToken {
    name: String,
    role: Role,
    sha256: String,
    requests: Option<u32>,
    bytes: Option<u64>,
    jobs: Option<u64>,
}

impl Tokens {
    /// One token that lets do everything.
    pub fn of(token: Token) -> Self {
        let who = Who { name: "token".into(), role: Role::Admin, quotas: Quotas::default() };
        Self { known: vec![(token, who)], left: Mutex::default() }
    }

    /// The tokens in a TOML file: a table `[[token]]` each, with `name`, `role` (`read`, `submit` or `admin`), `sha256` of
    /// the token, and where wanted `requests` (a minute), `bytes` and `jobs`.
    ///
    /// # Errors
    /// If it cannot be read, or says something else.
    ///
    /// ```
    /// # use cellprism_gpu_backend::http::Tokens;
    /// let tokens = Tokens::parse(
    ///     "[[token]]\nname = 'ana'\nrole = 'submit'\n\
    ///      sha256 = '9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f'\njobs = 4",
    /// )?;
    /// let ana = tokens.find("0123456789abcdef").expect("her token");
    /// assert_eq!((ana.name.as_str(), ana.quotas.jobs), ("ana", Some(4)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let written: Written = toml::from_str(text)?;
        let mut known: Vec<(Token, Who)> = Vec::new();
        for one in written.token {
            if one.name.is_empty() || known.iter().any(|(_, who)| who.name == one.name) {
                bail!("{:?}: every token has a name of its own", one.name);
            }
            let token = digest(&one.sha256).with_context(|| {
                format!("{:?}: sha256 has 64 hexadecimal digits: printf %s TOKEN | sha256sum", one.name)
            })?;
            let quotas = Quotas { requests: one.requests, bytes: one.bytes, jobs: one.jobs };
            known.push((token, Who { name: one.name, role: one.role, quotas }));
        }
        if known.is_empty() {
            bail!("there is no token in it");
        }
        Ok(Self { known, left: Mutex::default() })
    }

    /// The same from a file.
    ///
    /// # Errors
    /// As [`Tokens::parse`].
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = regular::text(file, regular::SETTINGS)
            .with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).with_context(|| file.display().to_string())
    }

    /// With all tokens of another one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.known.extend(other.known);
        self
    }

    /// Whether requests need none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whose token this is. All are compared, so that time tells nothing.
    pub fn find(&self, given: &str) -> Option<&Who> {
        let mut found = None;
        for (token, who) in &self.known {
            if token.is(given) {
                found = Some(who);
            }
        }
        found
    }

    /// Counts a request; seconds to wait where that is one too many.
    pub fn count(&self, who: &Who) -> Result<(), u32> {
        let Some(most) = who.quotas.requests else { return Ok(()) };
        let (most, now) = (f64::from(most), Instant::now());
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, at) = all.entry(who.name.clone()).or_insert((most, now));
        *left = (*left + now.duration_since(*at).as_secs_f64() * most / 60.0).min(most);
        *at = now;
        if *left < 1.0 {
            return Err(((1.0 - *left) * 60.0 / most.max(1e-3)).ceil().min(3600.0) as u32);
        }
        *left -= 1.0;
        Ok(())
    }
}

fn digest(text: &str) -> Option<Token> {
    let bytes = text.as_bytes();
    if bytes.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut found = [0; 32];
    for (byte, place) in found.iter_mut().zip(0..) {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(Token(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_compared_whole() {
        let token = Token::new("0123456789abcdef").unwrap();
        assert!(token.is("0123456789abcdef"));
        for wrong in ["", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef0"] {
            assert!(!token.is(wrong), "{wrong}");
        }
        assert!(Token::new("short").is_err() && Token::new("with spaces in between").is_err());
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn a_file_of_tokens_says_what_is_wrong_with_it() {
        let one = |name: &str, rest: &str| format!("[[token]]\nname = '{name}'\n{rest}\n");
        let sum = format!("role = 'read'\nsha256 = '{}'", "0".repeat(64));
        for (text, word) in [
            (String::from("token = []"), "no token"),
            (one("a", "role = 'read'\nsha256 = 'abc'"), "sha256sum"),
            (one("a", &format!("role = 'king'\nsha256 = '{}'", "0".repeat(64))), "king"),
            (one("a", &sum) + &one("a", &sum), "name of its own"),
            (one("a", &(sum.clone() + "\nsize = 3")), "size"),
        ] {
            let error = format!("{:#}", Tokens::parse(&text).unwrap_err());
            assert!(error.contains(word), "{word}: {error}");
        }
        assert!(Tokens::parse(&one("a", &sum)).unwrap().find("anything").is_none());
    }

    #[test]
    fn a_token_has_so_many_requests_a_minute() {
        let tokens = Tokens::default();
        let quotas = Quotas { requests: Some(2), ..Quotas::default() };
        let who = Who { quotas, ..Who::local() };
        assert_eq!((tokens.count(&who), tokens.count(&who)), (Ok(()), Ok(())));
        let wait = tokens.count(&who).unwrap_err();
        assert!((20..=30).contains(&wait), "{wait} s until the next of two a minute");
        assert_eq!(tokens.count(&Who::local()), Ok(()));
    }
}

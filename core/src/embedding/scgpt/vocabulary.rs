//! Gene symbols and special tokens by id.

use std::collections::{BTreeMap, HashMap};

use super::ScgptError;

/// The token at the start of every sequence; its embedding is the cell's.
const CLS: &str = "<cls>";
/// Tokens that scGPT appends to a vocabulary without them, in this order.
const SPECIAL: [&str; 2] = [CLS, "<eoc>"];
/// More tokens than any vocabulary has.
const LARGEST: usize = 10_000_000;

/// `vocab.json`: every token has one id, and the ids are 0, 1, 2 …
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    tokens: Vec<String>,
    ids: HashMap<String, u32>,
    pad: u32,
    cls: u32,
}

impl Vocabulary {
    /// Reads `{"token": id, …}`. Special tokens that are missing get the next ids, as scGPT gives them.
    ///
    /// # Errors
    /// If it is not such an object, or two tokens share an id, or an id is left out.
    pub fn from_json(json: &[u8], pad_token: &str) -> Result<Self, ScgptError> {
        let read: BTreeMap<String, u64> = serde_json::from_slice(json)?;
        if read.is_empty() || read.len() > LARGEST {
            return Err(ScgptError::Size(read.len()));
        }
        let mut tokens: Vec<Option<String>> = vec![None; read.len()];
        for (token, id) in read {
            let count = tokens.len();
            let place = usize::try_from(id)
                .ok()
                .and_then(|id| tokens.get_mut(id))
                .ok_or_else(|| ScgptError::Id { token: token.clone(), id, tokens: count })?;
            if let Some(other) = place.take() {
                return Err(ScgptError::SharedId { first: other, second: token, id });
            }
            *place = Some(token);
        }
        let mut tokens: Vec<String> = tokens.into_iter().flatten().collect();
        for special in std::iter::once(pad_token).chain(SPECIAL) {
            if !tokens.iter().any(|token| token == special) {
                tokens.push(special.into());
            }
        }
        let ids: HashMap<String, u32> =
            tokens.iter().enumerate().map(|(id, token)| (token.clone(), id as u32)).collect();
        let (pad, cls) = (ids[pad_token], ids[CLS]);
        Ok(Self { tokens, ids, pad, cls })
    }

    /// The file, tokens in the order of their ids.
    pub fn to_json(&self) -> String {
        let rows: Vec<String> = self
            .tokens
            .iter()
            .enumerate()
            .map(|(id, token)| format!("{}: {id}", serde_json::Value::from(token.as_str())))
            .collect();
        format!("{{\n{}\n}}\n", rows.join(",\n"))
    }

    /// Tokens, special ones included.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no token; never so for one that was read.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Id of a gene; special tokens are no genes.
    pub fn gene(&self, name: &str) -> Option<u32> {
        self.ids.get(name).copied().filter(|_| !(name.starts_with('<') && name.ends_with('>')))
    }

    /// Genes with their ids.
    pub fn genes(&self) -> impl Iterator<Item = (&str, u32)> {
        self.tokens.iter().filter_map(|token| self.gene(token).map(|id| (token.as_str(), id)))
    }

    /// The token of an id.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.tokens.get(id as usize).map(String::as_str)
    }

    /// Id of padding.
    pub fn pad(&self) -> u32 {
        self.pad
    }

    /// Id of `<cls>`.
    pub fn cls(&self) -> u32 {
        self.cls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_special_tokens_get_the_next_ids() {
        let read = Vocabulary::from_json(br#"{"LYZ": 1, "CD79A": 0}"#, "<pad>").unwrap();
        assert_eq!((read.len(), read.pad(), read.cls()), (5, 2, 3));
        assert_eq!((read.gene("LYZ"), read.gene("<cls>"), read.token(4)), (Some(1), None, Some("<eoc>")));
        assert_eq!(Vocabulary::from_json(read.to_json().as_bytes(), "<pad>").unwrap(), read);
        assert_eq!(read.genes().count(), 2);
    }

    #[test]
    fn ids_must_be_one_each() {
        for (bad, says) in [
            (r#"{"A": 0, "B": 0}"#, "share"),
            (r#"{"A": 0, "B": 5}"#, "id 5"),
            (r#"{"A": -1}"#, "not an object"),
            (r#"{"A": 18446744073709551615}"#, "id 18446744073709551615"),
            ("[]", "not an object"),
            ("{}", "0 tokens"),
        ] {
            let error = Vocabulary::from_json(bad.as_bytes(), "<pad>").unwrap_err().to_string();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }
}

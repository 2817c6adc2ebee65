//! An error in words: what was being done, and why it failed, each thing once.

/// Every cause after the one before it. What a cause says that was told already is not told again: some libraries put the
/// words of a cause into their own.
pub fn told(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if words.ends_with(&cause) {
            continue;
        }
        if !words.is_empty() {
            words.push_str(": ");
        }
        words.push_str(&cause);
    }
    words
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn what_was_told_is_not_told_again() {
        let error = anyhow!("EOF at line 1").context("cfg.json: EOF at line 1").context("cannot read sae");
        assert_eq!(told(&error), "cannot read sae: cfg.json: EOF at line 1");
        assert_eq!(told(&anyhow!("a").context("b")), "b: a");
    }
}

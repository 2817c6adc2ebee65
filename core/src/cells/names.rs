//! What names of genes and cells give away about a file.

use std::collections::HashSet;

use super::is_ensembl;

/// Names looked at.
const LOOKED_AT: usize = 5000;

/// Whether gene names are written as symbols of mouse genes are: a capital, then small letters and digits ("Cd3d"). At
/// least half of the symbols among the first names have to be; identifiers do not count.
///
/// ```
/// # use cellprism_core::cells::looks_like_mouse;
/// let names = |words: [&str; 3]| words.map(String::from);
/// assert!(looks_like_mouse(&names(["Cd3d", "Ms4a1", "mt-Co1"])));
/// assert!(!looks_like_mouse(&names(["CD3D", "C1orf43", "MS4A1"])));
/// ```
pub fn looks_like_mouse(names: &[String]) -> bool {
    let symbols = || names.iter().take(LOOKED_AT).filter(|name| !is_ensembl(name) && has_two_letters(name));
    let mouse = symbols().filter(|name| is_mouse_symbol(name)).count();
    mouse > 0 && 2 * mouse >= symbols().count()
}

fn has_two_letters(name: &str) -> bool {
    name.bytes().filter(u8::is_ascii_alphabetic).count() > 1
}

fn is_mouse_symbol(name: &str) -> bool {
    let mut letters = name.bytes().filter(u8::is_ascii_alphabetic);
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    first && letters.next().is_some() && letters.all(|byte| byte.is_ascii_lowercase())
}

/// Names that are there before, and the first of them; nothing where each is there once.
pub fn repeated(names: &[String]) -> Option<(usize, &str)> {
    let mut seen = HashSet::with_capacity(names.len());
    let mut again = names.iter().filter(|name| !seen.insert(name.as_str()));
    let first = again.next()?;
    Some((1 + again.count(), first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn mouse_symbols_are_told_from_human_ones() {
        assert!(looks_like_mouse(&names(&["Xkr4", "Gm1992", "Rp1", "mt-Nd1", "ENSMUSG00000102693"])));
        assert!(!looks_like_mouse(&names(&["ENSMUSG00000102693", "ENSMUSG00000064842"])), "no symbol at all");
        assert!(!looks_like_mouse(&names(&["MIR1302-2HG", "C1orf159", "Y_RNA", "HLA-DRA"])));
        assert!(!looks_like_mouse(&names(&["SIM00001", "SIM00002"])));
        assert!(!looks_like_mouse(&[]));
    }

    #[test]
    fn repeated_names_are_counted() {
        assert_eq!(repeated(&names(&["a", "b", "a", "c", "b", "a"])), Some((3, "a")));
        assert_eq!(repeated(&names(&["a", "b"])), None);
    }
}

//! Names of gene sets and their libraries, as a reader wants them.

/// A gene set's name without its identifier, capitalised, and the identifier.
///
/// GO: "antigen processing (GO:0019882)"; others stay as they are.
pub fn term_name(term: &str) -> (String, Option<String>) {
    let (name, id) = match term.rsplit_once(" (") {
        Some((name, id)) if id.ends_with(')') && id.contains(':') => {
            (name, Some(id.trim_end_matches(')').to_owned()))
        }
        _ => (term, None),
    };
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    (first + letters.as_str(), id)
}

/// A library in a word or two: "GO BP", "Hallmark".
pub fn library_name(library: &str) -> String {
    let known = [
        ("GO_Biological_Process", "GO BP"),
        ("GO_Molecular_Function", "GO MF"),
        ("GO_Cellular_Component", "GO CC"),
        ("MSigDB_Hallmark", "Hallmark"),
        ("Reactome", "Reactome"),
        ("KEGG", "KEGG"),
        ("WikiPathway", "WikiPathways"),
    ];
    let short = known.iter().find(|(start, _)| library.starts_with(start)).map(|(_, short)| *short);
    short.map_or_else(|| library.replace('_', " "), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_lose_their_identifier() {
        assert_eq!(
            term_name("defense response (GO:0006952)"),
            ("Defense response".into(), Some("GO:0006952".into()))
        );
        assert_eq!(term_name("HALLMARK_HYPOXIA"), ("HALLMARK_HYPOXIA".into(), None));
        assert_eq!(term_name("mRNA splicing (fast)"), ("MRNA splicing (fast)".into(), None));
    }

    #[test]
    fn libraries_have_short_names() {
        assert_eq!(library_name("GO_Biological_Process_2025"), "GO BP");
        assert_eq!(library_name("my_sets"), "my sets");
    }
}

//! Common abbreviations of cell types written out, for sentences about concepts.

/// Abbreviation, words. Compared without regard to case, spaces, hyphens, underscores and a final plural s.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("B", "B cell"),
    ("CD19+ B", "CD19+ B cell"),
    ("CD19 B", "CD19+ B cell"),
    ("CD20+ B", "CD20+ B cell"),
    ("B naive", "naive B cell"),
    ("naive B", "naive B cell"),
    ("B memory", "memory B cell"),
    ("memory B", "memory B cell"),
    ("B intermediate", "intermediate B cell"),
    ("B activated", "activated B cell"),
    ("B act", "activated B cell"),
    ("PB", "plasmablast"),
    ("PC", "plasma cell"),
    ("T", "T cell"),
    ("T activated", "activated T cell"),
    ("CD4 T", "CD4+ T cell"),
    ("CD4+ T", "CD4+ T cell"),
    ("CD8 T", "CD8+ T cell"),
    ("CD8+ T", "CD8+ T cell"),
    ("naive CD4 T", "naive CD4+ T cell"),
    ("naive CD4+ T", "naive CD4+ T cell"),
    ("CD4 naive", "naive CD4+ T cell"),
    ("CD4 naive T", "naive CD4+ T cell"),
    ("CD4+/CD45RA+/CD25- naive T", "naive CD4+ T cell (CD45RA+, CD25-)"),
    ("memory CD4 T", "memory CD4+ T cell"),
    ("memory CD4+ T", "memory CD4+ T cell"),
    ("CD4 memory T", "memory CD4+ T cell"),
    ("CD4+/CD45RO+ memory", "memory CD4+ T cell (CD45RO+)"),
    ("CD4 TCM", "central memory CD4+ T cell"),
    ("CD4 TEM", "effector memory CD4+ T cell"),
    ("CD4 CTL", "cytotoxic CD4+ T cell"),
    ("CD4+/CD25 T Reg", "regulatory T cell (CD4+, CD25+)"),
    ("Treg", "regulatory T cell"),
    ("T reg", "regulatory T cell"),
    ("naive CD8 T", "naive CD8+ T cell"),
    ("CD8 naive", "naive CD8+ T cell"),
    ("CD8+/CD45RA+ naive cytotoxic", "naive cytotoxic CD8+ T cell (CD45RA+)"),
    ("memory CD8 T", "memory CD8+ T cell"),
    ("CD8+ cytotoxic T", "cytotoxic CD8+ T cell"),
    ("CD8 TCM", "central memory CD8+ T cell"),
    ("CD8 TEM", "effector memory CD8+ T cell"),
    ("MAIT", "mucosal-associated invariant T cell"),
    ("gdT", "gamma-delta T cell"),
    ("dnT", "double-negative T cell"),
    ("NK", "NK cell"),
    ("CD56+ NK", "CD56+ NK cell"),
    ("CD56 NK", "CD56+ NK cell"),
    ("NK CD56bright", "CD56-bright NK cell"),
    ("NKT", "NKT cell"),
    ("ILC", "innate lymphoid cell"),
    ("Mono", "monocyte"),
    ("CD14 Mono", "CD14+ monocyte"),
    ("CD14+ Mono", "CD14+ monocyte"),
    ("CD14+ monocyte", "CD14+ monocyte"),
    ("CD16 Mono", "CD16+ monocyte"),
    ("CD16+ Mono", "CD16+ monocyte"),
    ("FCGR3A+ Mono", "FCGR3A+ monocyte"),
    ("FCGR3A Mono", "FCGR3A+ monocyte"),
    ("Mac", "macrophage"),
    ("DC", "dendritic cell"),
    ("Dendritic", "dendritic cell"),
    ("myeloid dendritic", "myeloid dendritic cell"),
    ("plasmacytoid dendritic", "plasmacytoid dendritic cell"),
    ("cDC", "conventional dendritic cell"),
    ("cDC1", "conventional dendritic cell type 1"),
    ("cDC2", "conventional dendritic cell type 2"),
    ("mDC", "myeloid dendritic cell"),
    ("mono DC", "monocyte-derived dendritic cell"),
    ("pDC", "plasmacytoid dendritic cell"),
    ("ASDC", "AXL+ SIGLEC6+ dendritic cell"),
    ("MK", "megakaryocyte"),
    ("Eryth", "erythroid cell"),
    ("RBC", "red blood cell"),
    ("HSPC", "haematopoietic stem or progenitor cell"),
    ("HSC", "haematopoietic stem cell"),
    ("CD34+", "CD34+ progenitor cell"),
    ("Platelet", "platelet"),
    ("Endo", "endothelial cell"),
    ("Epi", "epithelial cell"),
    ("Fibro", "fibroblast"),
    ("SMC", "smooth muscle cell"),
    ("OPC", "oligodendrocyte precursor cell"),
];

/// The words for a common abbreviation of a cell type, or `None` where the label is not one that is known.
///
/// ```
/// # use cellprism_core::cells::long_label;
/// assert_eq!(long_label("CD14+ Mono"), Some("CD14+ monocyte"));
/// assert_eq!(long_label("B cells"), Some("B cell"));
/// assert_eq!(long_label("hepatocyte"), None);
/// ```
pub fn long_label(label: &str) -> Option<&'static str> {
    let wanted = key(label);
    ABBREVIATIONS.iter().find(|(short, _)| key(short) == wanted).map(|&(_, words)| words)
}

/// A label as a reader would say it of several cells: "B" becomes "B cells", "T cell (CD45RA+)" "T cells (CD45RA+)".
///
/// ```
/// # use cellprism_core::cells::plural_label;
/// assert_eq!(plural_label("CD14+ Mono"), "CD14+ monocytes");
/// assert_eq!(plural_label("cluster 3"), "cluster 3");
/// ```
pub fn plural_label(label: &str) -> String {
    let long = long_label(label).unwrap_or(label);
    let (noun, note) = long.find(" (").map_or((long, ""), |at| long.split_at(at));
    let countable = ["cell", "cyte", "phil", "phage", "blast", "platelet", "progenitor", "reg"];
    if countable.iter().any(|end| noun.to_lowercase().ends_with(end)) {
        format!("{noun}s{note}")
    } else {
        long.to_owned()
    }
}

/// What two spellings of one abbreviation share.
fn key(label: &str) -> String {
    let mut key: String = label.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '-' | '_')).collect();
    for ending in ["cells", "cell", "s"] {
        if key.len() > ending.len() && key.ends_with(ending) {
            key.truncate(key.len() - ending.len());
            break;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_abbreviation_agree() {
        for label in ["NK", "NK cells", "nk_cell", "NK-cells"] {
            assert_eq!(long_label(label), Some("NK cell"), "{label}");
        }
        assert_eq!(long_label("Naive CD4 T"), Some("naive CD4+ T cell"));
        assert_eq!(long_label("FCGR3A+ Mono"), Some("FCGR3A+ monocyte"));
        assert_eq!(long_label("CD14+ Monocyte"), Some("CD14+ monocyte"));
        assert_eq!(long_label(""), None);
    }

    #[test]
    fn labels_are_said_of_several_cells() {
        let said = [
            ("B", "B cells"),
            ("CD19+ B", "CD19+ B cells"),
            ("Dendritic", "dendritic cells"),
            ("Dendritic cells", "dendritic cells"),
            ("naive T cell (CD45RA+)", "naive T cells (CD45RA+)"),
            ("Megakaryocytes", "Megakaryocytes"),
            ("cluster 3", "cluster 3"),
        ];
        for (label, words) in said {
            assert_eq!(plural_label(label), words);
        }
    }

    #[test]
    fn no_abbreviation_is_given_two_meanings() {
        for (short, words) in ABBREVIATIONS {
            assert_eq!(long_label(short), Some(*words), "{short}");
        }
    }
}

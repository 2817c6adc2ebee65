use super::*;

fn parse(text: &str) -> Result<GeneTable, GeneTableError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    read_gene_table(file.path())
}

const NCBI: &str = "#tax_id\tGeneID\tSymbol\tLocusTag\tSynonyms\tdbXrefs\tchromosome\tmap_location\tdescription\ttype_of_gene\tSymbol_from_nomenclature_authority\tFull_name_from_nomenclature_authority\n\
    9606\t931\tMS4A1\t-\tB1|CD20\tMIM:112210|HGNC:HGNC:7315|Ensembl:ENSG00000156738\t11\t11q12.2\tmembrane spanning 4-domains A1\tprotein-coding\tMS4A1\tmembrane spanning 4-domains A1\n\
    9606\t4535\tND1\t-\t-\tEnsembl:ENSG00000198888\tMT\t-\tNADH dehydrogenase subunit 1\tprotein-coding\tMT-ND1\tmitochondrially encoded NADH dehydrogenase 1\n\
    63221\t6775060\tND1\t-\t-\t-\tMT\t-\tNADH dehydrogenase subunit 1\tprotein-coding\t-\t-\n";

#[test]
fn gene_info_is_read_for_its_main_species() {
    let table = parse(NCBI).unwrap();
    assert_eq!(table.genes.len(), 2);
    let gene = table.find("CD20").unwrap();
    assert_eq!((gene.symbol.as_str(), gene.description.location.as_deref()), ("MS4A1", Some("11q12.2")));
    assert_eq!(table.find("ND1").unwrap().symbol, "MT-ND1");
    assert_eq!(table.find("ENSG00000198888.2").unwrap().symbol, "MT-ND1");
}

#[test]
fn the_compact_form_keeps_everything() {
    let table = parse(NCBI).unwrap();
    assert_eq!(parse(&table.to_tsv()).unwrap().genes, table.genes);
}

#[test]
fn tables_complete_each_other() {
    let other = parse("ENSG00000156738,MS4A1\nENSG00000290825.1,DDX11L2\nENSG00000105369,CD79A\n").unwrap();
    let table = parse(NCBI).unwrap().merge(other);
    assert_eq!(table.genes.len(), 4);
    assert_eq!(table.find("MS4A1").unwrap().ensembl, ["ENSG00000156738"]);
    assert_eq!(table.find("ENSG00000290825").unwrap().symbol, "DDX11L2");
}

#[test]
fn other_files_are_refused_with_their_line() {
    assert!(matches!(parse("gene,score\n"), Err(GeneTableError::Unknown { .. })));
    assert!(matches!(parse("ENSG00000156738,MS4A1\nnonsense\n"), Err(GeneTableError::Line { line: 2, .. })));
    assert!(matches!(parse(&format!("{COMPACT}\nA\tB\n")), Err(GeneTableError::Line { line: 2, .. })));
    assert!(matches!(parse("#tax_id\tGeneID\n9606\t1\n"), Err(GeneTableError::Line { line: 2, .. })));
}

#[test]
fn a_small_packed_file_is_no_large_table() {
    use std::io::Write;
    let packed = |start: &str, unit: &[u8], times: usize| {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut out = flate2::write::GzEncoder::new(file.reopen().unwrap(), flate2::Compression::fast());
        out.write_all(start.as_bytes()).unwrap();
        (0..times).for_each(|_| out.write_all(unit).unwrap());
        out.finish().unwrap();
        read_gene_table(file.path()).unwrap_err().to_string()
    };
    let tabs = packed("", &[b'\t'; 1 << 20], 8);
    assert!(tabs.contains("line 1: more than 1048576 bytes without an end"), "{tabs}");
    let genes = packed("", &b"ENSG00000105369,CD79A\n".repeat(1000), 3000);
    assert!(genes.contains("no genome needs that"), "{genes}");
    let names = format!("{COMPACT}\n");
    let names = packed(&names, format!("A\t\t\t\t{}\t\t\n", "a|".repeat(100_000)).as_bytes(), 100);
    assert!(names.contains("no genome needs that"), "{names}");
}

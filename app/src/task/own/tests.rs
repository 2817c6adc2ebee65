//! The whole of it in memory: the same cells as counts, as embeddings in three forms, and in files that are wrong.

use cellprism_core::{
    bundle::{Tensors, path},
    cells::{Cells, Column, CountMatrix, GeneNames},
    gsea::Convention,
    sae::{SaeConfig, SaeWeights},
};
use cellprism_h5ad::{Extras, to_bytes};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

use super::{
    kind::{Kind, kind_of},
    ranking, readings, *,
};
use crate::task::{Files, Said, place::Memory};

/// Two genes, their logarithms as the embedding, and a concept a gene.
fn bundle() -> Files {
    let mut file = Tensors::default();
    file.f32("layers.0.weight", &[2, 2], [1.0, 0.0, 0.0, 1.0]);
    file.f32("layers.0.bias", &[2], [0.0, 0.0]);
    file.f32("layers.0.scale", &[2], [1.0, 1.0]);
    file.f32("layers.0.shift", &[2], [0.0, 0.0]);
    file.f32("mean.weight", &[2, 2], [1.0, 0.0, 0.0, 1.0]);
    file.f32("mean.bias", &[2], [0.0, 0.0]);
    file.metadata(
        "card",
        r#"{"format": 1, "kind": "scvi", "name": "tiny", "genes": ["CD79A", "LYZ"], "latent": 2,
            "preprocessing": "log1p", "log1p": true, "precision": "float32"}"#,
    );
    let sae = SaeWeights {
        config: SaeConfig::new(2, 2, 2).unwrap(),
        w_enc: Array2::eye(2),
        b_enc: Array1::from(vec![-1.0, -1.0]),
        w_dec: Array2::eye(2),
        b_dec: Array1::zeros(2),
    };
    let (config, weights) = sae.to_safetensors().unwrap();
    let mut own = Tensors::default();
    own.f32("embeddings", &[3, 2], [4f32.ln(), 0.0, 0.0, 4f32.ln(), 0.1, 0.1]);
    let files = [
        (path::MODEL_ENCODER, file.to_bytes().unwrap()),
        (path::SAE_CONFIG, config.into_bytes()),
        (path::SAE_WEIGHTS, weights),
        (path::EMBEDDINGS, own.to_bytes().unwrap()),
    ];
    files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect()
}

/// Three cells: one counts the first gene, one the second, by its Ensembl identifier, and one nothing.
fn cells() -> Cells {
    let names = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    Cells {
        counts: CountMatrix::from_dense(3, 3, &[3.0, 5.0, 0.0, 0.0, 1.0, 3.0, 0.0, 0.0, 0.0]).unwrap(),
        genes: GeneNames::from_index(names(&["CD79A", "OTHER", "ENSG00000090382"])),
        names: names(&["a", "b,1", "c"]),
        columns: vec![Column::from_texts("kind", &["B", "mono", "mono"]).unwrap()],
        umap: None,
        counts_source: "X".into(),
    }
}

fn request(name: &str, kind: Kind) -> Request {
    Request {
        name: name.into(),
        kind,
        symbols: vec!["CD79A".into(), "LYZ".into()],
        ensembl: vec!["ENSG00000105369".into(), "ENSG00000090382".into()],
        bundle_cells: 3,
        allow_non_integer: false,
    }
}

fn read(name: &str, kind: Kind, file: Vec<u8>) -> Result<(Answer, Memory), String> {
    let mut place = Memory { own: Some(file.into()), ..Memory::default() };
    run(&request(name, kind), &bundle(), &mut place).map(|answer| (answer, place))
}

const ACTIVE: f32 = 0.386_294_37; // ln 4 − 1

#[test]
fn cells_become_activations_that_are_written_counted_and_placed() {
    let file = to_bytes(&cells(), &Extras::default()).unwrap();
    let (answer, place) = read("mine.h5ad", Kind::Cells, file).unwrap();
    let expected = format!("cell,concept,activation\na,0,{ACTIVE}\n\"b,1\",1,{ACTIVE}\n");
    assert_eq!(place.written[readings::ACTIVATIONS], expected);
    assert_eq!(place.written[readings::EMBEDDINGS].lines().next(), Some("cell,d0,d1"));
    let Some(Said::Own(step)) = place.said.first() else { panic!("{:?}", place.said) };
    let Step::Opened(opened) = &**step else { panic!("{step:?}") };
    assert_eq!(
        (opened.by_index, opened.audit.matched, opened.audit.by_alias),
        (1, 1, 1),
        "one through its identifier"
    );
    assert_eq!((opened.cells, opened.missing.len()), (3, 0));
    assert_eq!((answer.cells, answer.concepts[0].active, answer.concepts[1].active), (3, 1, 1));
    let kind = &answer.columns[0];
    assert_eq!((kind.cells.as_slice(), kind.active.len()), ([1, 2].as_slice(), 2));
    let placed = answer.placed.unwrap();
    assert_eq!(placed.nearest, [0, 1, 2]);
    assert!(placed.distance[0] < 1e-6);
    let last = place.said.last();
    let done = Step::Cells { done: 3, of: 3, counts_share: Some(6.0 / 12.0) };
    assert!(matches!(last, Some(Said::Own(step)) if **step == done), "{last:?}");
}

#[test]
fn embeddings_in_every_form_give_the_same() {
    let values = array![[4f32.ln(), 0.0], [0.0, 4f32.ln()]];
    let mut tensors = Tensors::default();
    tensors.f32("embeddings", &[2, 2], values.iter().copied());
    tensors.metadata("cells", r#"["a", "b,1"]"#);
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n";
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.bytes());
    npy.extend(values.iter().flat_map(|&value| f64::from(value).to_le_bytes()));
    let line = |name: &str, row: usize| format!("{name},{},{}\n", values[[row, 0]], values[[row, 1]]);
    let table = format!("cell,d0,d1\n{}{}", line("a", 0), line("\"b,1\"", 1));
    for (kind, file, names) in [
        (Kind::Safetensors, tensors.to_bytes().unwrap(), ["a", "\"b,1\""]),
        (Kind::Npy, npy, ["0", "1"]),
        (Kind::Table, table.clone().into_bytes(), ["a", "\"b,1\""]),
        (Kind::Table, table.trim_end().replace("cell,d0,d1\n", "").into_bytes(), ["a", "\"b,1\""]),
    ] {
        let (answer, place) = read("mine", kind, file).unwrap();
        let [a, b] = names;
        let expected = format!("cell,concept,activation\n{a},0,{ACTIVE}\n{b},1,{ACTIVE}\n");
        assert_eq!((answer.cells, &place.written[readings::ACTIVATIONS]), (2, &expected), "{kind:?}");
        assert!(answer.columns.is_empty() && answer.placed.is_some());
    }
}

#[test]
fn wrong_files_say_what_where_and_what_to_do() {
    let refused = |kind, file: &[u8]| read("mine", kind, file.to_vec()).unwrap_err();
    let say = |kind, file: &[u8], words: &[&str]| {
        let error = refused(kind, file);
        for word in words {
            assert!(error.contains(word), "{error:?} lacks {word:?}");
        }
    };
    let file = |change: fn(&mut Cells)| {
        let mut cells = cells();
        change(&mut cells);
        to_bytes(&cells, &Extras::default()).unwrap()
    };
    say(Kind::Cells, b"cell,gene", &["mine is not an HDF5 file", "text file"]);
    let whole = file(|_| {});
    say(Kind::Cells, &whole[..whole.len() / 2], &["mine", "copy or download it again"]);
    let fractional = file(|cells| cells.counts.values[0] = 0.5);
    say(
        Kind::Cells,
        &fractional,
        &["row 0 (cell a)", "gene CD79A", "0.5 is not a count", "layers[\"counts\"]"],
    );
    say(
        Kind::Cells,
        &file(|cells| cells.counts.values[0] = -1.0),
        &["-1 is not a count", "zero or positive"],
    );
    let other =
        file(|cells| cells.genes = GeneNames::from_index(["Cd3d", "Lyz1", "Ms4a1"].map(String::from).into()));
    say(Kind::Cells, &other, &["share no gene", "\"CD79A\"", "\"Cd3d\"", "mouse"]);
    let silent = file(|cells| cells.counts = CountMatrix::from_dense(3, 3, &[0.0; 9]).unwrap());
    say(Kind::Cells, &silent, &["every count", "zero"]);
    say(Kind::Table, b"cell,d0,d1,d2\na,1,2,3\n", &["line 2 (cell a)", "3 numbers", "2 dimensions"]);
    say(
        Kind::Table,
        b"cell,d0,d1\na,1,2\nb,,2\n",
        &["line 3 (cell b), column 2", "\"\" is not a finite number"],
    );
    say(Kind::Table, b"cell,d0,d1\na,1,NA\n", &["\"NA\""]);
    say(Kind::Table, b"cell,d0,d1\n", &["no row"]);
    say(Kind::Npy, b"\x93NUMPY\x01\x00", &["cut off"]);
    say(Kind::Safetensors, b"abc", &["not a whole safetensors file"]);
    say(Kind::Safetensors, &u64::MAX.to_le_bytes(), &["its header claims"]);
    let mut wide = Tensors::default();
    wide.f32("embeddings", &[1, 3], [0.0; 3]);
    say(Kind::Safetensors, &wide.to_bytes().unwrap(), &["3 numbers", "2 dimensions"]);
    assert!(run(&request("x", Kind::Ranking), &bundle(), &mut Memory::default()).is_err());
}

#[test]
fn a_value_that_is_no_count_is_taken_where_that_is_wanted() {
    let mut cells = cells();
    cells.counts.values[0] = 0.5;
    let mut place =
        Memory { own: Some(to_bytes(&cells, &Extras::default()).unwrap().into()), ..Memory::default() };
    let request = Request { allow_non_integer: true, ..request("mine.h5ad", Kind::Cells) };
    assert_eq!(run(&request, &bundle(), &mut place).unwrap().concepts[0].active, 0);
}

#[test]
fn a_ranking_is_tested_against_own_sets_and_its_p_is_never_zero() {
    let ranking: String = (0..60).map(|i| format!("G{i}\t{}\n", 30 - i)).collect();
    let top: Vec<String> = (0..15).map(|i| format!("G{i}")).collect();
    let mut files = Files::default();
    files.insert(ranking::RANKING, ranking.into_bytes());
    files.insert(ranking::OWN_SETS, format!("TOP\t\t{}\nNONE\t\tX\n", top.join("\t")).into_bytes());
    let asked = |convention| ranking::Request {
        name: "mine.rnk".into(),
        library: None,
        symbols: Vec::new(),
        convention,
        permutations: 200,
        seed: 1,
        min_size: 5,
        max_size: 50,
        weight: 1.0,
    };
    let mut place = Memory::default();
    let found = ranking::run(&asked(Convention::Gseapy), &files, &mut place).unwrap();
    assert_eq!((found.genes, found.sets.len(), found.too_small), (60, 1, 1));
    assert_eq!((found.sets[0].term.as_str(), found.sets[0].size, found.sets[0].p), ("TOP", 15, 0.0));
    let table = &place.written[ranking::ENRICHMENT];
    assert!(
        table.contains("\nterm,size,es,nes,p,fdr,fwer,leading_edge\nTOP,15,") && table.contains(",<0.005,"),
        "{table}"
    );
    let canonical = ranking::run(&asked(Convention::Canonical), &files, &mut Memory::default()).unwrap();
    assert!(canonical.sets[0].p > 0.0 && canonical.sets[0].p < 0.01);
    let strange = ranking::Request { min_size: 20, ..asked(Convention::Gseapy) };
    let error = ranking::run(&strange, &files, &mut Memory::default()).unwrap_err();
    assert!(error.contains("no gene set has 20 to 50 genes") && error.contains("\"G0\""), "{error}");
}

/// Embeddings of two cells in each form that is read.
fn forms() -> [(Kind, Vec<u8>); 3] {
    let values = [0.5f32, 1.0, 2.0, 0.25];
    let mut tensors = Tensors::default();
    tensors.f32("embeddings", &[2, 2], values);
    tensors.metadata("cells", r#"["a", "b"]"#);
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.bytes());
    npy.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let table = b"cell,d0,d1\n\"a \"\"x\"\"\",0.5,1\nb,2,0.25\n".to_vec();
    [(Kind::Safetensors, tensors.to_bytes().unwrap()), (Kind::Npy, npy), (Kind::Table, table)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// Whatever is done to a file, it ends in a result or in words that name the file.
    #[test]
    fn damaged_embeddings_end_in_words(
        form in 0usize..3,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6),
    ) {
        let (kind, mut bytes) = forms()[form].clone();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len().max(1));
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 => bytes.truncate(at),
                2 => bytes.insert(at, byte),
                _ => bytes.extend_from_slice(&[byte; 9]),
            }
        }
        let _ = kind_of("mine", &bytes);
        if let Err(why) = read("mine", kind, bytes) {
            prop_assert!(why.contains("mine") || why.contains("cell"), "{}", why);
        }
    }
}

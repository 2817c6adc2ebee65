//! A small study from its items to its figures.

use super::*;
use crate::ids::ConceptId;

fn chosen(n: u32) -> Vec<Chosen> {
    let one = |i: u32| {
        let gene = |g: u32| EvidenceGene {
            symbol: format!("G{i}-{g}"),
            mean: 0.5,
            cells: (0..4).map(|cell| f64::from(cell + g) / 10.0).collect(),
        };
        Chosen {
            kind: if i.is_multiple_of(2) { Kind::Concept } else { Kind::Neuron },
            id: ConceptId(i),
            cells: (0..4).map(|cell| format!("cell{i}-{cell}")).collect(),
            evidence: Evidence { genes: (0..3).map(gene).collect() },
        }
    };
    (0..n).map(one).collect()
}

fn answer(item: &str, rating: Rating) -> Answer {
    Answer {
        item: item.into(),
        cell_type: Which {
            answer: if rating == Rating::No { Rating::No } else { Rating::Yes },
            which: "B".into(),
        },
        tissue: Which { answer: Rating::No, which: String::new() },
        process: Process { answer: rating, text: "t".into() },
        confidence: Some(3),
        seconds: None,
        at: None,
    }
}

fn answers(study: &Study, rater: &str, rate: impl Fn(&str) -> Rating) -> Answers {
    let answers = study.items.iter().map(|item| answer(&item.item, rate(&item.item))).collect();
    Answers { study: study.study.clone(), rater: rater.into(), answers }
}

#[test]
fn names_and_cells_are_those_of_the_key() {
    let chosen = chosen(10);
    let Blinded { study, sheets, key } = blind("t", &chosen, 4, 1);
    assert_eq!((study.items.len(), sheets.len(), key.items.len()), (14, 14, 14));
    assert_eq!(study.items[0].item, "item-001");
    for sheet in &sheets {
        let of = &key.items[&sheet.item];
        let shown = &chosen[of.id.index()];
        for (gene, (cell, name)) in
            sheet.genes.iter().flat_map(|g| g.cells.iter().zip(&of.cells).map(move |pair| (g, pair)))
        {
            let place = shown.cells.iter().position(|cell| cell == name).unwrap();
            let known = shown.evidence.genes.iter().find(|g| g.symbol == gene.gene).unwrap();
            assert_eq!(*cell, known.cells[place]);
        }
        if let Some(first) = &of.repeat_of {
            assert!(first < &sheet.item);
            assert_eq!((key.items[first].id, key.items[first].kind), (of.id, of.kind));
        }
    }
    assert_eq!(blind("t", &chosen, 4, 1).key, key);
    assert_ne!(blind("t", &chosen, 4, 2).key, key);
}

#[test]
fn files_are_of_one_size() {
    let Blinded { sheets, .. } = blind("t", &chosen(6), 0, 1);
    let sizes: Vec<usize> = sheets.iter().map(|sheet| sheet.padded(500).unwrap().len()).collect();
    assert_eq!(sizes, [500; 6]);
    let read: Sheet = serde_json::from_slice(&sheets[0].padded(500).unwrap()).unwrap();
    assert_eq!(read, sheets[0]);
}

#[test]
fn figures_are_of_first_presentations() {
    let Blinded { study, key, .. } = blind("t", &chosen(10), 4, 1);
    let is = |item: &str, kind| key.items[item].kind == kind;
    let files = [
        answers(&study, "ann", |item| if is(item, Kind::Concept) { Rating::Yes } else { Rating::No }),
        answers(&study, "bob", |item| if is(item, Kind::Concept) { Rating::Yes } else { Rating::Unclear }),
    ];
    let joined = Joined::new(&study, &key, &files).unwrap();
    let found = ratings(&joined);
    let of = |kind, question, answer: &str| {
        let row =
            found.iter().find(|r| r.kind == kind && r.question == question && r.answer == answer).unwrap();
        (row.count, row.of)
    };
    assert_eq!(of(Kind::Concept, "process", "yes"), (10, 10));
    assert_eq!(of(Kind::Neuron, "process", "unclear"), (5, 10));
    assert_eq!(of(Kind::Neuron, "cell_type", "no"), (5, 10));

    let found = agreement(&joined);
    let within = found.iter().find(|row| row.raters == ["ann"] && row.question == Question::Process).unwrap();
    assert_eq!((within.n, within.kappa.unwrap().kappa), (4, 1.0));
    let between =
        found.iter().find(|row| row.raters.len() == 2 && row.question == Question::CellType).unwrap();
    // Both said yes to the concepts, and one of them to the neurons.
    assert_eq!((between.n, between.kappa.unwrap().kappa), (10, 0.0));
    let constant =
        found.iter().find(|row| row.raters.len() == 2 && row.question == Question::Tissue).unwrap();
    assert!(constant.kappa.unwrap_err().contains("only one answer"));

    let found = contrast(&joined);
    assert_eq!((found[0].concepts, found[0].neurons), ((10, 10), (5, 10)));
    // SciPy: fisher_exact([[10, 0], [5, 5]])
    assert!((found[0].p.unwrap() - 0.032_507_739_938_080_496).abs() < 1e-12, "{:?}", found[0].p);
    assert!(found.iter().any(|row| row.rater.as_deref() == Some("bob")));
}

#[test]
fn what_does_not_fit_is_named() {
    let Blinded { study, key, .. } = blind("t", &chosen(4), 0, 1);
    let good = answers(&study, "ann", |_| Rating::Yes);
    let of = |change: fn(&mut Answers)| {
        let mut files = [good.clone()];
        change(&mut files[0]);
        Joined::new(&study, &key, &files).map(|_| ()).unwrap_err().to_string()
    };
    assert!(of(|a| a.study = "other".into()).contains("\"other\""));
    assert!(of(|a| a.answers[0].item = "item-999".into()).contains("\"item-999\""));
    assert!(of(|a| a.answers.push(a.answers[0].clone())).contains("\"item-001\" twice"));
    assert!(
        of(|a| a.answers[1].tissue.answer = Rating::Unclear)
            .contains("tissue cannot be answered \"unclear\"")
    );
    assert!(of(|a| a.answers[1].confidence = Some(6)).contains("confidence 6"));
    assert!(of(|a| a.rater = " ".into()).contains("without a rater"));
    let twice = [good.clone(), good.clone()];
    assert!(matches!(Joined::new(&study, &key, &twice), Err(Misfit::Twice { .. })));
    let other = Key { study: "x".into(), ..key.clone() };
    assert!(matches!(Joined::new(&study, &other, &[]), Err(Misfit::Key { .. })));
}

#[test]
fn yes_is_an_annotation_with_its_genes_and_cells() {
    let Blinded { study, sheets, key } = blind("t", &chosen(4), 0, 1);
    let files =
        [answers(&study, "ann", |item| if item == "item-001" { Rating::Unclear } else { Rating::No })];
    let joined = Joined::new(&study, &key, &files).unwrap();
    let sheets = sheets.into_iter().map(|sheet| (sheet.item.clone(), sheet)).collect();
    let found = annotations(&joined, &sheets, &study.study, "Ann Other");
    let annotations = found["annotations"].as_array().unwrap();
    assert_eq!(annotations.len(), 2);
    for required in ["title", "author_name", "labelsets"] {
        assert!(found.get(required).is_some(), "{required}");
    }
    assert_eq!(annotations[0]["cell_label"], "B");
    assert_eq!(annotations[1]["author_annotation_fields"]["answer"], "unclear");
    assert_eq!(annotations[0]["marker_gene_evidence"].as_array().unwrap().len(), 3);
    assert_eq!(annotations[0]["cell_ids"].as_array().unwrap().len(), 4);
    assert_eq!(found["labelsets"].as_array().unwrap().len(), 3);
}

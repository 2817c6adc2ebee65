//! From chosen concepts and neurons to a study and its key.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    draw::{order_of_cells, presentations, repeated},
    evidence::Evidence,
    handout::{Sheet, SheetGene, Study, StudyItem},
    key::{Key, KeyItem, Kind, LeftOut},
};
use crate::ids::ConceptId;

/// A concept or a neuron that is shown.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Which of the two.
    pub kind: Kind,
    /// Its number.
    pub id: ConceptId,
    /// Names of its cells, strongest first, as many as the evidence has.
    pub cells: Vec<String>,
    /// What is shown.
    pub evidence: Evidence,
}

/// A study with its key.
#[derive(Clone, Debug)]
pub struct Blinded {
    /// What raters get.
    pub study: Study,
    /// What each item shows, in order.
    pub sheets: Vec<Sheet>,
    /// What they must not get; the bundle's name, its tag and what was left out are for the caller to fill in.
    pub key: Key,
}

/// Mixes the chosen under neutral names, `repeat` of them twice. The same seed gives the same study.
pub fn blind(title: &str, chosen: &[Chosen], repeat: usize, seed: u64) -> Blinded {
    let kinds: Vec<bool> = chosen.iter().map(|one| one.kind == Kind::Concept).collect();
    let order = presentations(chosen.len(), &repeated(&kinds, repeat, seed), seed);
    let width = order.len().to_string().len().max(3);
    let name = |place: usize| format!("item-{:0width$}", place + 1);
    let mut first: BTreeMap<usize, String> = BTreeMap::new();
    let (mut sheets, mut items) = (Vec::new(), BTreeMap::new());
    for (place, &at) in order.iter().enumerate() {
        let (one, item) = (&chosen[at], name(place));
        let cells = order_of_cells(one.evidence.cells(), place, seed);
        sheets.push(sheet(&item, &one.evidence.reordered(&cells)));
        let key = KeyItem {
            kind: one.kind,
            id: one.id,
            repeat_of: first.get(&at).cloned(),
            cells: cells.iter().filter_map(|&cell| one.cells.get(cell).cloned()).collect(),
        };
        first.entry(at).or_insert_with(|| item.clone());
        items.insert(item, key);
    }
    let evidence = chosen.first().map(|one| &one.evidence);
    let study = Study {
        study: digest(title, &sheets),
        title: title.to_owned(),
        cells: evidence.map_or(0, |e| e.cells() as u32),
        genes: evidence.map_or(0, |e| e.genes.len() as u32),
        items: sheets.iter().map(|sheet| StudyItem { item: sheet.item.clone() }).collect(),
    };
    let key = Key {
        study: study.study.clone(),
        bundle: String::new(),
        tag: String::new(),
        seed,
        left_out: LeftOut::default(),
        items,
    };
    Blinded { study, sheets, key }
}

fn sheet(item: &str, evidence: &Evidence) -> Sheet {
    let gene = |gene: &super::EvidenceGene| SheetGene {
        gene: gene.symbol.clone(),
        mean: gene.mean,
        cells: gene.cells.clone(),
    };
    Sheet { item: item.to_owned(), genes: evidence.genes.iter().map(gene).collect() }
}

/// What names a study: whoever has it can compute the name, and it holds nothing of the key.
fn digest(title: &str, sheets: &[Sheet]) -> String {
    let mut hash = Sha256::new();
    hash.update(title);
    for sheet in sheets {
        hash.update(&sheet.item);
        for gene in &sheet.genes {
            hash.update(&gene.gene);
            gene.cells.iter().for_each(|score| hash.update(score.to_le_bytes()));
        }
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

//! The paper's claims, each beside the best baseline: what one that was never trained reaches as well is no merit of training.
//!
//! A claim is computed from the finished tables alone, so that a reader can do the same from the CSVs. Of several bundles each is
//! asked; claims about pairs of them are asked once, of all.

mod about_labels;
mod about_space;
mod about_use;

use super::{Found, Table, Value};

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agrees {
    /// It holds here, and no baseline does as well.
    Yes,
    /// It does not, or a baseline does as well.
    No,
    /// It could not be asked.
    NotAvailable,
}

/// A claim of the paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// In words.
    pub claim: &'static str,
    /// Figure or table of the paper.
    pub item: &'static str,
    /// The paper's figure.
    pub paper: &'static str,
    /// The figure here.
    pub here: Option<f64>,
    /// The best of the baselines that were never trained, or not for this, with its name.
    pub baseline: Option<(f64, String)>,
    /// Whether it holds.
    pub agrees: Agrees,
    /// Why, in words.
    pub why: String,
}

impl Claim {
    /// One that could not be asked.
    pub fn missing(
        claim: &'static str,
        item: &'static str,
        paper: &'static str,
        why: impl Into<String>,
    ) -> Self {
        Self { claim, item, paper, here: None, baseline: None, agrees: Agrees::NotAvailable, why: why.into() }
    }
}

/// All claims, as a table.
pub fn claims(found: &Found) -> Table {
    let columns =
        ["claim", "item", "paper", "here", "baseline", "agrees", "why", "baseline_subject", "bundle"];
    let mut table = Table::new("claims", "The paper's claims, beside the best baseline", "", &columns);
    for bundle in &found.bundles {
        let of = Of { found, bundle };
        for claim in [about_space::claims(&of), about_labels::claims(&of), about_use::claims(&of)].concat() {
            add(&mut table, claim, bundle);
        }
    }
    if let Some(bundle) = found.bundles.first() {
        let all = found.bundles.join(" and ");
        for claim in about_space::claims_about_pairs(&Of { found, bundle }) {
            add(&mut table, claim, &all);
        }
    }
    table
}

fn add(table: &mut Table, claim: Claim, bundle: &str) {
    let agrees = match claim.agrees {
        Agrees::Yes => "yes",
        Agrees::No => "no",
        Agrees::NotAvailable => "not available",
    };
    let (baseline, subject) =
        claim.baseline.map_or((Value::Empty, Value::Empty), |(value, name)| (value.into(), name.into()));
    let short = match (&claim.here, &baseline) {
        (None, _) => Some(claim.why.clone()),
        (_, Value::Empty) => Some("no baseline has this figure".to_owned()),
        _ => None,
    };
    table.row(
        [
            claim.claim.into(),
            claim.item.into(),
            claim.paper.into(),
            claim.here.into(),
            baseline,
            agrees.into(),
            claim.why.as_str().into(),
            subject,
            bundle.into(),
        ],
        short.as_deref(),
    );
}

/// The tables, and the bundle that claims are about.
pub struct Of<'a> {
    found: &'a Found,
    bundle: &'a str,
}

/// Names of the baselines that a claim is held against.
const BASELINES: [&str; 4] = ["random", "frozen-decoder", "pca", "ica"];

impl Of<'_> {
    /// A finished table, or why there is none.
    fn table(&self, name: &str) -> Result<&Table, String> {
        self.found.table(name).ok_or_else(|| format!("the table {name} was left out"))
    }

    /// A number of the bundle's row for a subject.
    fn number(&self, table: &Table, subject: &str, words: &[(&str, &str)], column: &str) -> Option<f64> {
        let mut all = vec![("bundle", self.bundle), ("subject", subject)];
        all.extend_from_slice(words);
        table.number(&all, column)
    }

    /// The baseline of highest figure.
    fn best(&self, figure: impl Fn(&str) -> Option<f64>) -> Option<(f64, String)> {
        BASELINES
            .iter()
            .filter_map(|&name| figure(name).map(|value| (value, name.to_owned())))
            .reduce(|best, next| if next.0 > best.0 { next } else { best })
    }
}

/// Whether a figure is above that of every baseline, with the words for it.
pub fn above(
    what: &str,
    holds: bool,
    here: f64,
    baseline: &Option<(f64, String)>,
    limit: &str,
) -> (Agrees, String) {
    let shown = |value: f64| format!("{value:.3}");
    match (holds, baseline) {
        (false, _) => (Agrees::No, format!("{what} {} is not {limit}", shown(here))),
        (true, Some((best, name))) if *best >= here => {
            (Agrees::No, format!("{what} {} is {limit}, but {name} has {}", shown(here), shown(*best)))
        }
        (true, Some((best, name))) => (
            Agrees::Yes,
            format!("{what} {} is {limit}; the best baseline ({name}) has {}", shown(here), shown(*best)),
        ),
        (true, None) => {
            (Agrees::Yes, format!("{what} {} is {limit}; no baseline has this figure", shown(here)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(tables: Vec<Table>) -> Found {
        Found {
            bundles: vec!["b".into()],
            parameters: Vec::new(),
            tables,
            claims: Table::new("claims", "", "", &[]),
            figures: Vec::new(),
            page: None,
        }
    }

    /// What the table says of a claim: whether it agrees, and why.
    fn said(found: &Found, claim: &str) -> (String, String) {
        let table = claims(found);
        let row = table.rows_with(&[("claim", claim)]).next().expect("the claim is asked").to_vec();
        (table.at(&row, "agrees").to_text(), table.at(&row, "why").to_text())
    }

    fn rebuilt(semi_nmf: f64, frozen_elsewhere: f64) -> Found {
        let mut table = Table::new("reconstruction", "", "", &["bundle", "subject", "on", "r2", "sparsity"]);
        for (subject, on, r2, sparsity) in [
            ("sae", "own", 0.9, 0.92),
            ("sae", "c", 0.85, 0.92),
            ("semi-nmf", "own", 0.8, semi_nmf),
            ("frozen-decoder", "own", 0.2, 0.92),
            ("frozen-decoder", "c", frozen_elsewhere, 0.92),
        ] {
            table.row(["b".into(), subject.into(), on.into(), r2.into(), sparsity.into()], None);
        }
        found(vec![table])
    }

    #[test]
    fn a_factorisation_of_other_sparsity_is_no_comparison() {
        let claim = "TopK rebuilds better than semi-NMF of like sparsity";
        assert_eq!(said(&rebuilt(0.95, 0.0), claim).0, "yes");
        let (agrees, why) = said(&rebuilt(0.3, 0.0), claim);
        assert_eq!(agrees, "not available");
        assert!(why.contains("sparsity 0.920") && why.contains("sparsity 0.300"), "{why}");
    }

    #[test]
    fn what_an_untrained_dictionary_does_as_well_is_no_merit() {
        let claim = "R² on other data of the model is slightly lower";
        assert_eq!(said(&rebuilt(0.9, 0.0), claim).0, "yes");
        let (agrees, why) = said(&rebuilt(0.9, 0.19), claim);
        assert_eq!(
            (agrees.as_str(), why.contains("but that of frozen-decoder by -0.010")),
            ("no", true),
            "{why}"
        );
    }

    #[test]
    fn accuracy_of_the_most_common_label_tells_nothing_apart() {
        let columns = ["bundle", "subject", "task", "accuracy", "n_test", "converged", "most_common"];
        let claim = "cell-cycle phases are told apart as well as by neurons";
        let classified = |most_common: f64| {
            let mut table = Table::new("classification", "", "", &columns);
            for (subject, accuracy) in [("sae", 0.64), ("neurons", 0.62)] {
                table.row(
                    [
                        "b".into(),
                        subject.into(),
                        "cell_cycle".into(),
                        accuracy.into(),
                        240usize.into(),
                        true.into(),
                        most_common.into(),
                    ],
                    None,
                );
            }
            found(vec![table])
        };
        assert_eq!(said(&classified(0.5), claim).0, "yes");
        let (agrees, why) = said(&classified(0.64), claim);
        assert_eq!((agrees.as_str(), why.contains("right in 0.640")), ("no", true), "{why}");
    }
}

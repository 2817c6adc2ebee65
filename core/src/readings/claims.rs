//! Whether a label says more of a concept than of the data: the share of its cells beside the base rate, in two donors
//! where there are donors, with an exact p that is descriptive where there are none.

use statrs::distribution::{DiscreteCDF, Hypergeometric};

use crate::{
    bundle::{ReadingParameters, SpecificLabel, SpecificityParameters},
    cells::{Column, NO_LABEL},
    concepts::{ActiveCells, lift},
};

/// Columns that usually hold the individual a cell comes from, most telling first.
const DONORS: [&str; 8] =
    ["donor_id", "donor", "patient_id", "patient", "individual", "subject", "sample_id", "sample"];

/// Names of all such columns: no description of cells.
pub fn individuals() -> &'static [&'static str] {
    &DONORS
}

/// The column of donors, where there are several.
pub fn donor_column(columns: &[Column]) -> Option<&Column> {
    let several = |column: &&Column| column.label_counts().iter().filter(|&&n| n > 0).count() > 1;
    DONORS.iter().find_map(|name| columns.iter().find(|column| column.name == *name).filter(several))
}

/// Fills in whether a concept's claim holds beyond the base rate, and in how many donors; gives the exact p of as many
/// active cells with the label.
pub fn examine(
    claim: &mut SpecificLabel,
    active: &ActiveCells,
    column: &Column,
    donors: Option<&Column>,
    specificity: &SpecificityParameters,
    reading: &ReadingParameters,
) -> f64 {
    let Some(label) = column.labels.iter().position(|label| *label == claim.label) else { return 1.0 };
    let donors = donors.filter(|donors| donors.name != column.name);
    claim.donors = donors.map(|donors| holds_in(active, column, label, donors, specificity, reading));
    claim.beyond_base_rate = claim.base_rate < specificity.ratio
        && claim.ratio >= specificity.ratio
        && claim.lift >= reading.lift
        && claim.donors.is_none_or(|donors| donors >= 2);
    let with = (claim.ratio * active.len() as f64).round() as u64;
    tail(column.codes.len() as u64, u64::from(column.label_counts()[label]), active.len() as u64, with)
}

/// Donors within which ratio and lift hold.
fn holds_in(
    active: &ActiveCells,
    column: &Column,
    label: usize,
    donors: &Column,
    specificity: &SpecificityParameters,
    reading: &ReadingParameters,
) -> u32 {
    #[derive(Clone, Copy, Default)]
    struct Donor {
        all: u32,
        with: u32,
        active: u32,
        active_with: u32,
    }
    let mut found = vec![Donor::default(); donors.labels.len()];
    let is = |cell: usize| usize::from(column.codes[cell]) == label;
    for (cell, &donor) in donors.codes.iter().enumerate().filter(|(_, donor)| **donor != NO_LABEL) {
        let donor = &mut found[usize::from(donor)];
        donor.all += 1;
        donor.with += u32::from(is(cell));
    }
    for cell in active.cells.iter().map(|cell| cell.index()) {
        if donors.codes[cell] != NO_LABEL {
            let donor = &mut found[usize::from(donors.codes[cell])];
            donor.active += 1;
            donor.active_with += u32::from(is(cell));
        }
    }
    let share = |part: u32, all: u32| if all == 0 { 0.0 } else { f64::from(part) / f64::from(all) };
    let holds = |donor: &&Donor| {
        let ratio = share(donor.active_with, donor.active);
        donor.active > 2
            && ratio >= specificity.ratio
            && lift(ratio, share(donor.with, donor.all)) >= reading.lift
    };
    found.iter().filter(holds).count() as u32
}

/// P(at least `with` of `active` cells drawn from `cells` have a label that `labelled` of them have).
fn tail(cells: u64, labelled: u64, active: u64, with: u64) -> f64 {
    let Some(below) = with.checked_sub(1) else { return 1.0 };
    Hypergeometric::new(cells, labelled, active)
        .map_or(1.0, |draws| draws.sf(below).clamp(f64::MIN_POSITIVE, 1.0))
}

/// Adjusts the p of claims (Benjamini-Hochberg) over `tests` pairs of a label and a concept, of which these are the
/// smallest: the others count as 1.
pub fn adjust(p: &[f64], tests: usize) -> Vec<f64> {
    let mut all = p.to_vec();
    all.resize(p.len().max(tests), 1.0);
    let mut adjusted = crate::stats::differential::benjamini_hochberg(&all);
    adjusted.truncate(p.len());
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CellId;

    fn column(name: &str, labels: &[&str], codes: Vec<u16>) -> Column {
        Column { name: name.into(), labels: labels.iter().map(|&l| l.into()).collect(), codes }
    }

    fn claim(column: &Column, active: &ActiveCells, label: usize) -> SpecificLabel {
        let with = active.cells.iter().filter(|c| usize::from(column.codes[c.index()]) == label).count();
        let base_rate = f64::from(column.label_counts()[label]) / column.codes.len() as f64;
        let ratio = with as f64 / active.len() as f64;
        SpecificLabel {
            column: column.name.clone(),
            label: column.labels[label].clone(),
            ratio,
            base_rate,
            lift: lift(ratio, base_rate),
            donors: None,
            p_adjusted: None,
            beyond_base_rate: false,
        }
    }

    #[test]
    fn a_common_label_is_no_claim_and_one_donor_no_proof() {
        let (specificity, reading) =
            (SpecificityParameters { ratio: 0.7, min_cells: 5 }, ReadingParameters::default());
        let types = column("type", &["T", "B"], (0..100).map(|i| u16::from(i >= 80)).collect());
        let donors = column("donor_id", &["a", "b"], (0..100).map(|i| i % 2).collect());
        let active = |ids: Vec<u32>| ActiveCells {
            values: vec![1.0; ids.len()],
            cells: ids.into_iter().map(CellId).collect(),
        };
        let examined = |active: &ActiveCells, label: usize, donors: Option<&Column>| {
            let mut claim = claim(&types, active, label);
            let p = examine(&mut claim, active, &types, donors, &specificity, &reading);
            (claim.beyond_base_rate, claim.donors, p)
        };
        let common = active((0..40).collect());
        assert!(!examined(&common, 0, None).0, "80 % of all cells are T cells");
        let b = active((80..100).collect());
        let (holds, in_donors, p) = examined(&b, 1, Some(&donors));
        assert!(holds && in_donors == Some(2) && p < 1e-15, "{p}");
        let one_donor = active((80..100).step_by(2).collect());
        assert_eq!(examined(&one_donor, 1, Some(&donors)).1, Some(1));
        assert!(!examined(&one_donor, 1, Some(&donors)).0 && examined(&one_donor, 1, None).0);
        assert_eq!(donor_column(&[types, donors.clone()]), Some(&donors));
    }

    #[test]
    fn p_is_exact() {
        // scipy.stats.hypergeom.sf(3, 40, 5, 10)
        assert!((tail(40, 5, 10, 4) - (210.0 * 30.0 + 252.0) / 658_008.0).abs() < 1e-12);
        assert_eq!(tail(40, 5, 10, 0), 1.0);
        let adjusted = adjust(&[0.01, 0.2], 10);
        assert!((adjusted[0] - 0.1).abs() < 1e-12 && (adjusted[1] - 1.0).abs() < 1e-12);
    }
}

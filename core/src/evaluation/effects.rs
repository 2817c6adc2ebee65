//! Concepts that are active more or less often under a condition, within one kind of cells: across donors where there are
//! donors, since cells of one donor are no independent witnesses, else across cells.

use crate::{
    cells::Column,
    concepts::ActiveCells,
    stats::{differential::welch_test, fisher_exact},
};

/// Cells of a donor under a condition from which on its share counts.
const LEAST_OF_DONOR: f64 = 5.0;
/// Donors with both conditions from which on differences within donors are tested.
const LEAST_PAIRS: usize = 3;

/// Which cells are compared.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// The column of conditions, and codes of the condition and of what it is compared with.
    pub condition: (&'a Column, u16, u16),
    /// The kind of cells, by column and code; none: all cells.
    pub group: Option<(&'a Column, u16)>,
    /// Donors.
    pub donors: Option<&'a Column>,
}

/// How a difference was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Across {
    /// Differences within donors that have both conditions: a t-test of one sample.
    Pairs(usize),
    /// Donors of one condition against those of the other: Welch's t-test.
    Donors(usize, usize),
    /// Cells: Fisher's exact test.
    Cells,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// log2 of the odds of being active under the condition over those without it; across donors the mean difference of their
    /// log2 odds. Each count has ½ added.
    pub log2_odds: f64,
    /// Two-sided p, or why there is none.
    pub p: Result<f64, String>,
    /// How it was tested.
    pub across: Across,
    /// Cells with and without the condition.
    pub cells: [u32; 2],
    /// Active ones of them.
    pub active: [u32; 2],
}

/// Active and all cells.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    active: f64,
    all: f64,
}

impl Share {
    fn log2_odds(self) -> f64 {
        ((self.active + 0.5) / (self.all - self.active + 0.5)).log2()
    }
}

/// Compares the share of active cells; none where one of the conditions has no cell.
///
/// ```
/// use cellprism_core::{cells::Column, concepts::ActiveCells, evaluation::{Comparison, effect}, ids::CellId};
///
/// let condition = Column::from_texts("stim", &["on", "on", "on", "on", "off", "off", "off", "off"]).expect("few");
/// let active = ActiveCells { cells: (0..4).map(CellId).collect(), values: vec![1.0; 4] };
/// let found = effect(&active, &Comparison { condition: (&condition, 1, 0), group: None, donors: None }).expect("cells");
/// assert!(found.log2_odds > 0.0);
/// assert!((found.p.expect("tested") - 2.0 / 70.0).abs() < 1e-12); // Fisher's exact test
/// ```
pub fn effect(active: &ActiveCells, of: &Comparison<'_>) -> Option<Effect> {
    let (condition, with, without) = of.condition;
    let is_active = active.mask(condition.codes.len());
    let donors = of.donors.map_or(1, |donors| donors.labels.len());
    let mut shares = vec![[Share::default(); 2]; donors];
    let mut total = [Share::default(); 2];
    for (cell, &code) in condition.codes.iter().enumerate() {
        let side = usize::from(code != with);
        let outside = of.group.is_some_and(|(column, group)| column.codes[cell] != group);
        if (code != with && code != without) || outside {
            continue;
        }
        let donor = of.donors.map_or(0, |donors| usize::from(donors.codes[cell]));
        for share in
            [shares.get_mut(donor).map(|of| &mut of[side]), Some(&mut total[side])].into_iter().flatten()
        {
            share.all += 1.0;
            share.active += f64::from(u8::from(is_active[cell]));
        }
    }
    if total.iter().any(|share| share.all == 0.0) {
        return None;
    }
    let (log2_odds, p, across) = match of.donors {
        Some(_) => across_donors(&shares),
        None => {
            let [a, b] = total;
            let counts = |share: Share| [share.active as u32, (share.all - share.active) as u32];
            let p = fisher_exact([counts(a), counts(b)]);
            (a.log2_odds() - b.log2_odds(), Ok(p), Across::Cells)
        }
    };
    let counts = |count: fn(&Share) -> f64| [count(&total[0]) as u32, count(&total[1]) as u32];
    Some(Effect {
        log2_odds,
        p,
        across,
        cells: counts(|share| share.all),
        active: counts(|share| share.active),
    })
}

fn across_donors(shares: &[[Share; 2]]) -> (f64, Result<f64, String>, Across) {
    let counts = |share: &Share| share.all >= LEAST_OF_DONOR;
    let differences: Vec<f64> = shares
        .iter()
        .filter(|of| of.iter().all(counts))
        .map(|[with, without]| with.log2_odds() - without.log2_odds())
        .collect();
    if differences.len() >= LEAST_PAIRS {
        let (mean, variance, n) = moments(&differences);
        // A sample against a constant is Welch's test against cells without any spread.
        let p = welch_test((mean, variance, n), (0.0, 0.0, n)).p;
        return (mean, Ok(p), Across::Pairs(differences.len()));
    }
    let side = |side: usize| -> Vec<f64> {
        shares
            .iter()
            .map(|of| &of[side])
            .filter(|share| counts(share))
            .map(|share| share.log2_odds())
            .collect()
    };
    let (with, without) = (side(0), side(1));
    let across = Across::Donors(with.len(), without.len());
    let (a, b) = (moments(&with), moments(&without));
    let difference = a.0 - b.0;
    if with.len() < 2 || without.len() < 2 {
        let reason = format!(
            "{} and {} donors with at least {LEAST_OF_DONOR} such cells: two of each are needed to test across donors",
            with.len(),
            without.len()
        );
        return (difference, Err(reason), across);
    }
    (difference, Ok(welch_test(a, b).p), across)
}

/// Mean, unbiased variance, number.
fn moments(values: &[f64]) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, variance, n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CellId;

    /// Eight donors of 20 cells, ten of each condition; active under the condition in `rates` of ten cells of each donor.
    fn setting(rates: [u32; 8]) -> (ActiveCells, Column, Column) {
        let (mut on, mut donor, mut active) = (Vec::new(), Vec::new(), Vec::new());
        for cell in 0..160u32 {
            let (d, i) = (cell / 20, cell % 20);
            on.push(if i < 10 { "on" } else { "off" });
            donor.push(format!("d{d}"));
            if i < rates[d as usize] || i == 12 {
                active.push(CellId(cell));
            }
        }
        let values = vec![1.0; active.len()];
        let column = |name, texts: &[String]| Column::from_texts(name, texts).unwrap();
        let on: Vec<String> = on.into_iter().map(str::to_owned).collect();
        (ActiveCells { cells: active, values }, column("stim", &on), column("donor_id", &donor))
    }

    fn found(rates: [u32; 8], with_donors: bool) -> Effect {
        let (active, condition, donors) = setting(rates);
        let donors = with_donors.then_some(&donors);
        effect(&active, &Comparison { condition: (&condition, 1, 0), group: None, donors }).unwrap()
    }

    #[test]
    fn one_donor_is_no_effect_across_donors() {
        let all = found([8, 7, 8, 9, 8, 7, 8, 8], true);
        assert_eq!(all.across, Across::Pairs(8));
        assert!(all.log2_odds > 3.0 && *all.p.as_ref().unwrap() < 1e-6);
        let one = [10, 10, 1, 1, 1, 1, 1, 1];
        assert!(*found(one, true).p.as_ref().unwrap() > 0.1);
        assert!(*found(one, false).p.as_ref().unwrap() < 0.01, "cells alone would call it an effect");
    }

    #[test]
    fn too_few_donors_are_said() {
        let (active, condition, _) = setting([5; 8]);
        let donors: Vec<&str> =
            condition.codes.iter().map(|&code| if code == 1 { "x" } else { "y" }).collect();
        let donors = Column::from_texts("donor_id", &donors).unwrap();
        let of = Comparison { condition: (&condition, 1, 0), group: None, donors: Some(&donors) };
        let found = effect(&active, &of).unwrap();
        assert!(found.p.unwrap_err().contains("1 and 1 donors"));
        assert!(found.log2_odds.is_finite());
    }
}

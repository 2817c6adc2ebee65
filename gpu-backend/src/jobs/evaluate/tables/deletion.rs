//! What is left of an item's activation while its genes are swapped one after another (Figure 8).

use cellprism_core::{
    bundle::{DeletionCurve, DeletionOrder},
    evaluation::{Spread, bootstrap_mean},
};

use crate::jobs::evaluate::{Evaluation, Table, items::SubjectReadings};

/// Draws behind an interval.
const DRAWS: usize = 1000;

/// Curves of many items that can be averaged.
struct Curves<'a> {
    order: DeletionOrder,
    direction: &'static str,
    /// On which cells: those that ranked the genes, or others.
    on: &'static str,
    /// Swapped genes at each point.
    steps: Vec<u32>,
    curves: Vec<&'a DeletionCurve>,
}

/// Both tables.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let item = "Figure 8";
    let columns = ["bundle", "subject", "order", "direction", "step", "mean", "sd", "n", "on"];
    let mut table = Table::new("deletion", "Activation while genes are swapped", item, &columns);
    let columns = ["bundle", "subject", "order", "direction", "mean", "low", "high", "n", "on"];
    let mut areas =
        Table::new("deletion_area", "Area under the curves, with 95 % intervals over items", item, &columns);
    for evidence in &evaluation.bundles {
        for (kind, readings) in evidence.readings() {
            let (bundle, subject) = (evidence.name.as_str(), kind.name());
            let readings = match readings {
                Ok(readings) => readings,
                Err(reason) => {
                    for table in [&mut table, &mut areas] {
                        table.nothing([bundle.into(), subject.into()], reason);
                    }
                    continue;
                }
            };
            for group in curves(readings) {
                points(&mut table, (bundle, subject), &group);
                area(&mut areas, (bundle, subject), &group, evaluation.options.seed);
            }
        }
    }
    Ok(vec![table, areas])
}

fn curves<'a>(readings: &'a SubjectReadings) -> Vec<Curves<'a>> {
    let mut found: Vec<Curves<'a>> = Vec::new();
    let mut add = |direction: &'static str, on: &'static str, steps: &[u32], curve: &'a DeletionCurve| {
        let order = curve.order;
        let same = |group: &&mut Curves<'_>| {
            group.order == order && group.direction == direction && group.on == on && group.steps == steps
        };
        match found.iter_mut().find(same) {
            Some(group) => group.curves.push(curve),
            None => {
                found.push(Curves { order, direction, on, steps: steps.to_vec(), curves: vec![curve] });
            }
        }
    };
    for item in &readings.items {
        // A curve of no pair is a row of zeros.
        for of in item.deletion.iter().filter(|of| of.pairs > 0) {
            of.curves.iter().for_each(|curve| add("deletion", "prototypes", &of.steps, curve));
        }
        for of in item.held_out.iter().filter(|of| of.pairs > 0) {
            of.deletion.iter().for_each(|curve| add("deletion", "held-out", &of.steps, curve));
            of.insertion.iter().for_each(|curve| add("insertion", "held-out", &of.steps, curve));
        }
    }
    found
}

fn points(table: &mut Table, (bundle, subject): (&str, &str), group: &Curves<'_>) {
    for (place, &step) in group.steps.iter().enumerate() {
        let values: Vec<f64> = group.curves.iter().map(|curve| f64::from(curve.mean[place])).collect();
        let Spread { mean, sd, n } = Spread::of(&values);
        table.row(
            [
                bundle.into(),
                subject.into(),
                group.order.name().into(),
                group.direction.into(),
                step.into(),
                mean.into(),
                sd.into(),
                n.into(),
                group.on.into(),
            ],
            sd.is_none().then_some("one curve has no spread"),
        );
    }
}

fn area(table: &mut Table, (bundle, subject): (&str, &str), group: &Curves<'_>, seed: u64) {
    let values: Vec<f64> = group.curves.iter().map(|curve| f64::from(curve.area)).collect();
    let (low, high) = bootstrap_mean(&values, DRAWS, seed).unzip();
    table.row(
        [
            bundle.into(),
            subject.into(),
            group.order.name().into(),
            group.direction.into(),
            Spread::of(&values).mean.into(),
            low.into(),
            high.into(),
            values.len().into(),
            group.on.into(),
        ],
        low.is_none().then_some("one curve has no interval"),
    );
}

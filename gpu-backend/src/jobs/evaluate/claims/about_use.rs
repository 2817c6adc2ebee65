//! Claims about what concepts are good for: classification, probes.

use super::{Agrees, Claim, Of, above};
use crate::jobs::evaluate::{Table, Value};

/// By how much accuracy may fall and be "preserved".
const PRESERVED: f64 = 0.02;

/// All of them.
pub fn claims(of: &Of<'_>) -> Vec<Claim> {
    vec![
        accuracy(
            of,
            "cell_type",
            "cell types are told apart as well as by neurons",
            "Table 4, Figure 10 A",
            ".86 against .87",
        ),
        accuracy(
            of,
            "cell_cycle",
            "cell-cycle phases are told apart as well as by neurons",
            "Table 4, Figure 10 B",
            ".49 against .48",
        ),
        markers(of),
        probes(of),
    ]
}

/// The accuracy at the optimum, where it was reached; otherwise with as many iterations as the paper allows.
fn of_task(of: &Of<'_>, table: &Table, subject: &str, task: &str) -> Option<f64> {
    let words = [("bundle", of.bundle), ("subject", subject), ("task", task)];
    let accuracy = |row: &[Value]| table.at(row, "accuracy").number();
    let converged = table
        .rows_with(&words)
        .find(|row| *table.at(row, "converged") == Value::Truth(true))
        .and_then(accuracy);
    converged.or_else(|| table.rows_with(&words).find_map(accuracy))
}

fn accuracy(of: &Of<'_>, task: &str, claim: &'static str, item: &'static str, paper: &'static str) -> Claim {
    let table = match of.table("classification") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let (Some(here), Some(neurons)) = (of_task(of, table, "sae", task), of_task(of, table, "neurons", task))
    else {
        // of the concepts, or of the task as a whole
        let words = [("bundle", of.bundle), ("task", task)];
        let said = table
            .rows_with(&words)
            .filter(|row| matches!(table.at(row, "subject").text(), None | Some("sae" | "neurons")))
            .find_map(|row| table.at(row, "not_available").text());
        return Claim::missing(
            claim,
            item,
            paper,
            said.unwrap_or("the task could not be made of these cells"),
        );
    };
    // Components that keep every dimension tell as much as neurons: only what is as sparse is a baseline here.
    let baseline = ["random", "frozen-decoder"]
        .iter()
        .filter_map(|&name| of_task(of, table, name, task).map(|accuracy| (accuracy, name.to_owned())))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let words = [("bundle", of.bundle), ("subject", "sae"), ("task", task)];
    let cells = table.rows_with(&words).find_map(|row| table.at(row, "n_test").number()).unwrap_or(1.0);
    let error = (here * (1.0 - here) / cells.max(1.0)).sqrt();
    let alone = table.rows_with(&words).find_map(|row| table.at(row, "most_common").number());
    let told_apart = alone.is_none_or(|alone| here > alone);
    let preserved = here >= neurons - PRESERVED && told_apart;
    let matched = baseline.as_ref().filter(|best| preserved && best.0 >= here - error);
    let mut why = format!(
        "accuracy {here:.3} on {cells} cells, of neurons {neurons:.3}; preserved is taken as at most {PRESERVED} lower"
    );
    if let Some(alone) = alone.filter(|_| !told_apart) {
        why += &format!("; but the most common label alone is right in {alone:.3}: nothing is told apart");
    }
    if let Some((best, name)) = matched {
        why += &format!("; but {name} has {best:.3}, within the standard error of {error:.3}");
    }
    let agrees = if preserved && matched.is_none() { Agrees::Yes } else { Agrees::No };
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

fn markers(of: &Of<'_>) -> Claim {
    let (claim, item, paper) = ("concepts of high coefficient meet marker genes", "Figure 5", "they do");
    let table = match of.table("coefficients") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let overlap = |subject: &str| -> Option<f64> {
        let words = [("bundle", of.bundle), ("subject", subject)];
        let found: Vec<f64> =
            table.rows_with(&words).filter_map(|row| table.at(row, "marker_overlap").number()).collect();
        (!found.is_empty())
            .then(|| found.iter().filter(|&&share| share > 0.0).count() as f64 / found.len() as f64)
    };
    let Some(here) = overlap("sae") else {
        return Claim::missing(claim, item, paper, "no markers were given for the classes");
    };
    let baseline = of.best(overlap);
    let (agrees, why) = above(
        "the share of such concepts with a marker among their genes",
        here > 0.0,
        here,
        &baseline,
        "above 0",
    );
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

fn probes(of: &Of<'_>) -> Claim {
    let (claim, item, paper) = ("one concept tells a label apart", "none", "not asked");
    let table = match of.table("probes") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let mean = |subject: &str| -> Option<f64> {
        let words = [("bundle", of.bundle), ("subject", subject)];
        let found: Vec<f64> =
            table.rows_with(&words).filter_map(|row| table.at(row, "auroc_test").number()).collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    };
    let Some(here) = mean("sae") else {
        return Claim::missing(claim, item, paper, "no label could be probed");
    };
    let baseline = of.best(mean);
    let (agrees, why) = above(
        "mean AUROC of the best concept on held-out cells",
        here >= 0.8,
        here,
        &baseline,
        "at least .8",
    );
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

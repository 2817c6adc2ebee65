//! Claims about what concepts are read to be: specific cells, genes, pathway labels, deletion.

use cellprism_core::readings::claims::individuals;

use super::{Agrees, Claim, Of, above};
use crate::jobs::evaluate::Table;

/// All of them.
pub fn claims(of: &Of<'_>) -> Vec<Claim> {
    vec![specific(of), genes(of), deletion(of), than_neurons(of), above_chance(of), than_baselines(of)]
}

fn specific(of: &Of<'_>) -> Claim {
    let (claim, item, paper) = ("most concepts are specific for a cell type", "Figure 2 B", "most");
    let table = match of.table("classes") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let words = [("bundle", of.bundle), ("subject", "sae")];
    let described = |column: &&str| !column.is_empty() && !individuals().contains(column);
    let mut columns = table.rows_with(&words).filter_map(|row| table.at(row, "column").text());
    let Some(column) = columns.find(described) else {
        return Claim::missing(claim, item, paper, "no column that says what a cell is has two labels");
    };
    let share = |subject: &str| -> Option<f64> {
        let count = |class: &str| of.number(table, subject, &[("column", column), ("class", class)], "count");
        let all = count("specific")? + count("mixed")?;
        (all > 0.0).then(|| count("specific").map(|n| n / all)).flatten()
    };
    let Some(here) = share("sae") else {
        return Claim::missing(claim, item, paper, "no concept has enough cells");
    };
    let baseline = of.best(share);
    let (agrees, mut why) =
        above("the share of specific concepts", here > 0.5, here, &baseline, "more than half");
    why += &format!(" (column {column}, of concepts with enough cells)");
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

fn genes(of: &Of<'_>) -> Claim {
    let (claim, item, paper) = ("more than three genes for most concepts", "Figure 2 C", "most");
    let table = match of.table("gene_set_sizes") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let share = |subject: &str| -> Option<f64> {
        let count = |size: &str| of.number(table, subject, &[("reading", "paper"), ("size", size)], "count");
        let few = count("0")? + count("1-3")?;
        let many = count("4-10")? + count("11-50")? + count("51+")?;
        (few + many > 0.0).then(|| many / (few + many))
    };
    let Some(here) = share("sae") else { return Claim::missing(claim, item, paper, "no concept is active") };
    let baseline = of.best(share);
    let (agrees, why) = above(
        "the share of concepts with more than three genes",
        here > 0.5,
        here,
        &baseline,
        "more than half",
    );
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

fn deletion(of: &Of<'_>) -> Claim {
    let (claim, item, paper) = ("deletion by attribution is below that by fold change", "Figure 8", "below");
    let table = match of.table("deletion_area") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let area = |order: &str, on: &str, column: &str| {
        of.number(table, "sae", &[("order", order), ("direction", "deletion"), ("on", on)], column)
    };
    let both = (area("attribution", "prototypes", "mean"), area("fold_change", "prototypes", "mean"));
    let (Some(here), Some(other)) = both else {
        return Claim::missing(claim, item, paper, "there are no curves of both orders");
    };
    let held = area("attribution_held_out", "held-out", "mean").zip(area("fold_change", "held-out", "mean"));
    let fair = held.is_none_or(|(own, other)| own < other);
    let beside = held.map_or_else(
        || "; held-out prototypes were not followed".to_owned(),
        |(own, other)| format!("; on held-out prototypes {own:.3} against {other:.3}"),
    );
    let agrees = if here < other && fair { Agrees::Yes } else { Agrees::No };
    let why = format!("area {here:.3} against {other:.3} on the prototypes that ranked the genes{beside}");
    Claim { claim, item, paper, here: Some(here), baseline: Some((other, "fold_change".into())), agrees, why }
}

/// Share of a subject's tests with a label, and with one above chance.
fn labelled(of: &Of<'_>, table: &Table, subject: &str) -> Option<(f64, f64)> {
    let (mut tested, mut labels, mut above) = (0.0, 0.0, 0.0);
    for row in table.rows_with(&[("bundle", of.bundle), ("subject", subject), ("reading", "paper")]) {
        let number = |column: &str| table.at(row, column).number();
        tested += number("tested")?;
        labels += number("weak")? + number("strong")?;
        above += number("above_chance")?;
    }
    (tested > 0.0).then(|| (labels / tested, above / tested))
}

fn than_neurons(of: &Of<'_>) -> Claim {
    let (claim, item, paper) =
        ("concepts have more labels than neurons", "Figure 3 A", "more, and more strong ones");
    let table = match of.table("labels") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let (Some((here, _)), Some((neurons, _))) = (labelled(of, table, "sae"), labelled(of, table, "neurons"))
    else {
        return Claim::missing(claim, item, paper, "concepts or neurons have no test with gene sets");
    };
    let baseline = of.best(|name| labelled(of, table, name).map(|of| of.0));
    let mut why = format!(
        "{:.0} % of the concepts' tests give a label, {:.0} % of the neurons'",
        here * 100.0,
        neurons * 100.0
    );
    let matched = baseline.as_ref().filter(|best| here > neurons && best.0 >= here);
    if let Some((best, name)) = matched {
        why += &format!(", but {:.0} % of those of {name}", best * 100.0);
    }
    let agrees = if here > neurons && matched.is_none() { Agrees::Yes } else { Agrees::No };
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

fn above_chance(of: &Of<'_>) -> Claim {
    let (claim, item, paper) =
        ("concepts have more labels than chance gives", "Figure 3 A", "chance is not reported");
    let table = match of.table("labels") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let (mut labels, mut expected, mut above, mut tested) = (0.0, 0.0, 0.0, 0.0);
    for row in table.rows_with(&[("bundle", of.bundle), ("subject", "sae"), ("reading", "paper")]) {
        let number = |column: &str| table.at(row, column).number().unwrap_or(0.0);
        labels += number("weak") + number("strong");
        expected += number("expected_by_chance");
        above += number("above_chance");
        tested += number("tested");
    }
    if tested == 0.0 {
        return Claim::missing(claim, item, paper, "no concept was tested with gene sets");
    }
    let holds = labels > expected && above > 0.0;
    let why = format!(
        "{labels} labels of {tested} tests, {expected:.1} expected by chance; {above} stay above chance after Benjamini-Hochberg at 10 %"
    );
    let shuffled = labelled(of, table, "shuffled").map(|(_, share)| (share, "shuffled".to_owned()));
    let agrees = if holds { Agrees::Yes } else { Agrees::No };
    Claim { claim, item, paper, here: Some(above / tested), baseline: shuffled, agrees, why }
}

fn than_baselines(of: &Of<'_>) -> Claim {
    let (claim, item, paper) = (
        "concepts have more labels above chance than each baseline",
        "Figure 3 A",
        "no baseline but neurons",
    );
    let table = match of.table("labels") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let share = |subject: &str| labelled(of, table, subject).map(|(_, above)| above);
    let Some(here) = share("sae") else {
        return Claim::missing(claim, item, paper, "no concept was tested with gene sets");
    };
    let baseline = of.best(share);
    if baseline.is_none() {
        return Claim::missing(claim, item, paper, "no baseline's genes were read");
    }
    let (agrees, why) = above("the share of labels above chance", here > 0.0, here, &baseline, "above 0");
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

//! Claims about the space of concepts: how well it rebuilds the embeddings, what comes back from other data.

use super::{Agrees, Claim, Of, above};
use crate::jobs::evaluate::Value;

/// R² from which a reconstruction is called nearly perfect: the least of Table 3.
const NEARLY_PERFECT: f64 = 0.93;
/// By how much R² may fall on other data of the same model and be "slightly lower".
const SLIGHTLY: f64 = 0.1;

/// How far apart sparsities may be and be alike.
const ALIKE: f64 = 0.1;

/// Those about one bundle.
pub fn claims(of: &Of<'_>) -> Vec<Claim> {
    vec![reconstruction(of), semi_nmf(of), across(of), seeds(of)]
}

/// Those about pairs of bundles, the first beside the others.
pub fn claims_about_pairs(of: &Of<'_>) -> Vec<Claim> {
    vec![shared_genes(of), comes_back(of)]
}

fn reconstruction(of: &Of<'_>) -> Claim {
    let (claim, item, paper) = ("reconstruction is nearly perfect", "Table 3", "R² .936 to .999");
    let table = match of.table("reconstruction") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let r2 = |subject: &str| of.number(table, subject, &[("on", "own")], "r2");
    let Some(here) = r2("sae") else { return Claim::missing(claim, item, paper, "no R² could be computed") };
    // All components rebuild everything: only what is as sparse is a baseline here.
    let baseline = ["random", "frozen-decoder"]
        .iter()
        .filter_map(|&name| r2(name).map(|value| (value, name.to_owned())))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let (agrees, why) = above("R²", here >= NEARLY_PERFECT, here, &baseline, "at least .93");
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

fn semi_nmf(of: &Of<'_>) -> Claim {
    let (claim, item, paper) = (
        "TopK rebuilds better than semi-NMF of like sparsity",
        "Tables 4, 5",
        ".995 against .933; .980 against .849",
    );
    let table = match of.table("reconstruction") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let of_own = |subject: &str, column: &str| of.number(table, subject, &[("on", "own")], column);
    let (Some(here), Some(other)) = (of_own("sae", "r2"), of_own("semi-nmf", "r2")) else {
        return Claim::missing(claim, item, paper, "there is no semi-NMF of these embeddings");
    };
    let sparsity = |subject: &str| of_own(subject, "sparsity").unwrap_or(f64::NAN);
    let why = format!(
        "R² {here:.3} at sparsity {:.3}, semi-NMF {other:.3} at sparsity {:.3}",
        sparsity("sae"),
        sparsity("semi-nmf")
    );
    let baseline = Some((other, "semi-nmf".into()));
    // A factorisation of other sparsity has another task: more entries rebuild more.
    let apart = (sparsity("sae") - sparsity("semi-nmf")).abs();
    if apart.is_nan() || apart > ALIKE {
        let why = format!("no semi-NMF of like sparsity was reached (at most {ALIKE} apart): {why}");
        return Claim { claim, item, paper, here: Some(here), baseline, agrees: Agrees::NotAvailable, why };
    }
    let agrees = if here > other { Agrees::Yes } else { Agrees::No };
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

fn across(of: &Of<'_>) -> Claim {
    let (claim, item, paper) =
        ("R² on other data of the model is slightly lower", "Figure 4 A", "slightly lower");
    let table = match of.table("reconstruction") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let falls = |subject: &str| -> Option<f64> {
        let own = of.number(table, subject, &[("on", "own")], "r2")?;
        let other = table
            .rows_with(&[("bundle", of.bundle), ("subject", subject)])
            .filter(|row| table.at(row, "on").text() != Some("own"))
            .find_map(|row| table.at(row, "r2").number())?;
        Some(other - own)
    };
    let Some(here) = falls("sae") else {
        return Claim::missing(claim, item, paper, "it takes two bundles of one model");
    };
    if here == 0.0 {
        return Claim::missing(
            claim,
            item,
            paper,
            "the other bundle is of the same cells: R² is the same one",
        );
    }
    let baseline = ["random", "frozen-decoder"]
        .iter()
        .filter_map(|&name| falls(name).map(|value| (value, name.to_owned())))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let matched = baseline.as_ref().is_some_and(|(value, _)| *value >= here.max(-SLIGHTLY));
    let agrees = if here >= -SLIGHTLY && !matched { Agrees::Yes } else { Agrees::No };
    let beside = baseline.as_ref().map_or_else(String::new, |(value, name)| {
        format!("{} of {name} by {value:+.3}", if matched { ", but that" } else { "; that" })
    });
    let why = format!("R² changes by {here:+.3}{beside}; slightly is taken as at most {SLIGHTLY}");
    Claim { claim, item, paper, here: Some(here), baseline, agrees, why }
}

fn shared_genes(of: &Of<'_>) -> Claim {
    let (claim, item, paper) =
        ("matched concepts share genes", "Figure 4 B", "the matched concepts shown share several of ten");
    let table = match of.table("matches") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let shared: Vec<f64> =
        table.rows.iter().filter_map(|row| table.at(row, "shared_top10").number()).collect();
    if shared.is_empty() {
        return Claim::missing(claim, item, paper, "it takes two bundles of one model");
    }
    let here = shared.iter().sum::<f64>() / shared.len() as f64;
    let some = shared.iter().filter(|&&n| n >= 1.0).count();
    let agrees = if here >= 1.0 { Agrees::Yes } else { Agrees::No };
    let why = format!(
        "{here:.2} of ten genes in the mean of {} pairs; {some} pairs share at least one",
        shared.len()
    );
    Claim { claim, item, paper, here: Some(here), baseline: None, agrees, why }
}

fn comes_back(of: &Of<'_>) -> Claim {
    let (claim, item, paper) =
        ("concepts come back from other data", "Figure 4 B", "a set of stable concepts");
    stable(of, claim, item, paper, |seeds| seeds == 0.0, "it takes two bundles of one model")
}

fn seeds(of: &Of<'_>) -> Claim {
    let (claim, item, paper) = ("concepts come back from other seeds", "none", "not asked");
    stable(of, claim, item, paper, |seeds| seeds > 0.0, "no other seed was asked for (--seeds)")
}

fn stable(
    of: &Of<'_>,
    claim: &'static str,
    item: &'static str,
    paper: &'static str,
    wanted: impl Fn(f64) -> bool,
    otherwise: &str,
) -> Claim {
    let table = match of.table("stability") {
        Ok(table) => table,
        Err(why) => return Claim::missing(claim, item, paper, why),
    };
    let number = |row: &[Value], column: &str| table.at(row, column).number();
    let words = [("left", of.bundle)];
    let row = table
        .rows_with(&words)
        .find(|row| number(row, "seeds").is_some_and(&wanted) && number(row, "share_above_null").is_some());
    let Some(row) = row else { return Claim::missing(claim, item, paper, otherwise) };
    let (Some(here), Some(mean)) = (number(row, "share_above_null"), number(row, "mean_cosine")) else {
        return Claim::missing(claim, item, paper, otherwise);
    };
    let random = number(row, "random_mean");
    let agrees = if here >= 0.5 { Agrees::Yes } else { Agrees::No };
    let why = format!(
        "{:.0} % of the pairs are above the null's 95 % point; mean cosine {mean:.3}, a random dictionary's {}",
        here * 100.0,
        random.map_or_else(|| "is not available".into(), |random| format!("{random:.3}"))
    );
    // One pair in twenty is above it by chance.
    Claim { claim, item, paper, here: Some(here), baseline: Some((0.05, "random".into())), agrees, why }
}

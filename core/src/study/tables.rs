//! Figures of a study as CSV: numbers as their shortest round-trip digits, empty where there are none.

use std::fmt::Write;

use super::{Agreement, Contrast, RatingCount};
use crate::stats::Share;

/// A CSV field.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.starts_with('#') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// `ratings.csv`.
pub fn ratings_csv(rows: &[RatingCount]) -> String {
    let mut out = String::from("kind,question,answer,count,share,low,high,of,not_available\n");
    for row in rows {
        let why = if row.share.is_none() { "nobody answered" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{why}",
            row.kind.name(),
            row.question,
            row.answer,
            row.count,
            share(row.share),
            row.of
        );
    }
    out
}

/// `agreement.csv`.
pub fn agreement_csv(rows: &[Agreement]) -> String {
    let mut out = String::from("raters,question,n,kappa,low,high,compares,not_available\n");
    for row in rows {
        let (figures, why) = match row.kappa {
            Ok(found) => (format!("{:?},{:?},{:?}", found.kappa, found.low, found.high), ""),
            Err(why) => (",,".into(), why),
        };
        let compares = if row.raters.len() == 1 { "within" } else { "between" };
        let raters = quoted(&row.raters.join(" / "));
        let _ =
            writeln!(out, "{raters},{},{},{figures},{compares},{}", row.question.name(), row.n, quoted(why));
    }
    out
}

/// `contrast.csv`.
pub fn contrast_csv(rows: &[Contrast]) -> String {
    let mut out = String::from(
        "question,concepts,neurons,difference,low,high,p,rater,concepts_count,concepts_of,neurons_count,neurons_of,not_available\n",
    );
    for row in rows {
        let of = |(hits, n): (u32, u32)| {
            if n == 0 { String::new() } else { format!("{:?}", f64::from(hits) / f64::from(n)) }
        };
        let why = if row.difference.is_none() { "only one kind was rated" } else { "" };
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{why}",
            row.question,
            of(row.concepts),
            of(row.neurons),
            share(row.difference),
            row.p.map_or_else(String::new, |p| format!("{p:?}")),
            quoted(row.rater.as_deref().unwrap_or("all")),
            row.concepts.0,
            row.concepts.1,
            row.neurons.0,
            row.neurons.1
        );
    }
    out
}

fn share(found: Option<Share>) -> String {
    found.map_or_else(|| ",,".into(), |found| format!("{:?},{:?},{:?}", found.share, found.low, found.high))
}

//! Each claim of the paper: its figure there and here, the best baseline, whether it holds.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    browser,
    bundle::Bundle,
    components::states::{Failed, Load, Loading},
    format::significant,
    table::Table,
};

/// The verdict in a sentence, and the table.
pub fn view(bundle: &Arc<Bundle>, file: &str) -> AnyView {
    let claims = RwSignal::new(Load::<Arc<Table>>::Waiting);
    let (fetched, name) = (bundle.clone(), file.to_owned());
    leptos::task::spawn_local(async move {
        claims.try_set(match fetched.evaluation_table(&name).await {
            Ok(found) => Load::Ready(Arc::new(found)),
            Err(error) => Load::Failed(error),
        });
    });
    let saved = format!("{}-claims.csv", bundle.manifest.name);
    (move || match claims.get() {
        Load::Waiting => view! { <Loading what="the claims" /> }.into_any(),
        Load::Failed(error) => view! { <Failed what="The claims" error=error /> }.into_any(),
        Load::Ready(table) => shown(&table, &saved),
    })
    .into_any()
}

/// In one sentence.
pub fn verdict(claims: &Table) -> String {
    let n = |word: &str| claims.rows.iter().filter(|row| claims.at(row, "agrees") == word).count();
    let (yes, no, missing) = (n("yes"), n("no"), n("not available"));
    if yes + no == 0 {
        return "None of the paper’s claims could be asked of this bundle; the table says why.".into();
    }
    let rest = match missing {
        0 => String::new(),
        1 => "; one more could not be asked".into(),
        n => format!("; {n} more could not be asked"),
    };
    let do_not = if no == 1 { "1 does not".into() } else { format!("{no} do not") };
    format!(
        "{yes} of {} of the paper’s claims hold here and are not matched by a baseline that was never trained; {do_not}{rest}.",
        yes + no
    )
}

fn shown(claims: &Arc<Table>, file: &str) -> AnyView {
    let (saved, name) = (claims.clone(), file.to_owned());
    let csv = move |_| {
        let header: Vec<&str> = saved.columns.iter().map(String::as_str).collect();
        browser::download_csv(&name, &header, saved.rows.clone());
    };
    let row = |row: &Vec<String>| {
        let text = |name: &str| claims.at(row, name).to_owned();
        let (class, word) = match claims.at(row, "agrees") {
            "yes" => ("badge good", "✓ yes"),
            "no" => ("badge bad", "✕ no"),
            _ => ("badge line", "– not asked"),
        };
        let item = match claims.at(row, "item") {
            "" | "none" => "beyond the paper".to_owned(),
            item => item.to_owned(),
        };
        view! {
            <tr>
                <td><b>{text("claim")}</b><br /><span class="faint">{item}</span></td>
                <td><span class=class>{word}</span></td>
                <td>{text("paper")}</td>
                <td class="n" title=text("here")>{figure(claims.number(row, "here"))}</td>
                <td class="n" title=text("baseline")>{figure(claims.number(row, "baseline"))}<br /><span class="faint">{text("baseline_subject")}</span></td>
                <td>{text("why")}</td>
            </tr>
        }
    };
    view! {
        <p class="lead" data-testid="claims-verdict">{verdict(claims)}</p>
        <section class="section" id="claims">
            <header class="row between"><h2>"The paper’s claims, here"</h2><span class="tools"><button on:click=csv>"CSV"</button></span></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Claims"><table class="claims" data-testid="claims">
                <thead><tr><th>"Claim"</th><th>"Holds here"</th><th>"Paper"</th><th class="n">"Here"</th><th class="n">"Best baseline"</th><th>"Why"</th></tr></thead>
                <tbody>{claims.rows.iter().map(row).collect_view()}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

fn figure(number: Option<f64>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| significant(number).replace('-', "−"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_asked_neither_holds_nor_fails() {
        let table = |words: &[&str]| Table {
            columns: vec!["claim".into(), "agrees".into()],
            rows: words.iter().map(|word| vec!["c".into(), (*word).to_owned()]).collect(),
        };
        let said = verdict(&table(&["yes", "no", "no", "not available"]));
        assert!(
            said.starts_with("1 of 3 ") && said.ends_with("2 do not; one more could not be asked."),
            "{said}"
        );
        assert!(verdict(&table(&["not available"])).starts_with("None"));
    }
}

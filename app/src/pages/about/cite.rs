//! How to cite the bundle, the program and the method.

use cellprism_core::bundle::Manifest;
use leptos::prelude::*;

use crate::components::copy;

/// Text within braces of BibTeX.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(letter);
            }
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            other => out.push(other),
        }
    }
    out
}

/// Entries for the bundle, the program, and the paper whose method it follows.
fn bibtex(m: &Manifest, address: &str) -> String {
    let year: String = m.created.chars().take(4).collect();
    let key: String = m.name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let version = escaped(&m.software.version);
    format!(
        "@misc{{{key}-{tag},\n  title = {{{{{title}}}}},\n  year = {{{year}}},\n  howpublished = {{\\url{{{address}}}}},\n  \
         note = {{Bundle {name}, tag {tag}, made by cellprism {version}}}\n}}\n\n\
         @software{{cellprism,\n  title = {{{{cellprism: sparse, readable concepts of single-cell foundation models}}}},\n  \
         version = {{{version}}},\n  year = {{{year}}}\n}}\n\n\
         @unpublished{{interpretable-concepts,\n  title = {{{{Discovering Interpretable Biological Concepts in Single-Cell RNA-seq Foundation Models}}}},\n  \
         author = {{Anonymous}},\n  note = {{Paper under double-blind review}}\n}}\n",
        tag = m.tag,
        title = escaped(&m.title),
        name = escaped(&m.name),
    )
}

/// The section.
pub fn view(m: &Manifest) -> AnyView {
    let location = window().location();
    let address = location.href().unwrap_or_default();
    let address = address.split('#').next().unwrap_or_default().to_owned();
    let entries = bibtex(m, &address);
    let copied = entries.clone();
    let what = format!(
        "The tag {} is a digest of everything that decides the numbers of this bundle: quote it, and readers know that they see what you saw.",
        m.tag
    );
    view! {
        <section class="section" id="cite">
            <header><h2>"How to cite"</h2><p>{what}</p></header>
            <pre class="command" tabindex="0" data-testid="bibtex">{entries}</pre>
            <p>{copy::button("Copy BibTeX", "btn", move || copied.clone())}</p>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_means_something_to_bibtex_is_escaped() {
        assert_eq!(escaped("B & T_cells, 50% {x}"), "B \\& T\\_cells, 50\\% \\{x\\}");
        assert_eq!(escaped("a\\b~^"), "a\\textbackslash{}b\\textasciitilde{}\\textasciicircum{}");
    }
}

//! What concepts are held against: names for people, and what each is.

use leptos::prelude::*;

/// Names in tables, names for people, and what they are.
const SUBJECTS: [(&str, &str, &str); 9] = [
    ("sae", "SAE concepts", "the bundle’s trained dictionary"),
    ("neurons", "neurons", "each dimension of the embedding, positive and negated side apart"),
    ("pca", "PCA", "all components of the centred embeddings, both sides apart"),
    ("ica", "ICA", "all components of the centred embeddings, both sides apart"),
    ("semi-nmf", "semi-NMF", "non-negative activations of as many components, about as sparse"),
    (
        "random",
        "random directions",
        "as many directions of cells drawn at random, as many active; never trained",
    ),
    (
        "frozen-decoder",
        "frozen decoder",
        "trained with the same schedule, its decoder left at its random start",
    ),
    (
        "shuffled",
        "shuffled activations",
        "the concepts’ own activations, dealt to other cells: what labels alone would give",
    ),
    (
        "best baseline",
        "best baseline",
        "the best of random, frozen-decoder, pca and ica (and what a claim names)",
    ),
];

/// What a subject of a table is called on a page; its own name where it is none of the usual ones.
pub fn called(subject: &str) -> String {
    SUBJECTS
        .iter()
        .find(|known| known.0 == subject)
        .map_or_else(|| subject.replace('_', " "), |known| known.1.to_owned())
}

/// The list.
pub fn view() -> AnyView {
    let row = |(name, called, what): (&'static str, &'static str, &'static str)| {
        let raw = (name != called).then(|| view! { " "<span class="mono faint">{name}</span> });
        view! { <div><dt>{called}{raw}</dt><dd>{what}</dd></div> }
    };
    view! {
        <section class="section" id="subjects">
            <header>
                <h2>"What the concepts are held against"</h2>
                <p>"Dictionaries with a frozen decoder, and random ones, come close to trained ones on common metrics (arXiv 2602.14111). A claim that they match as well says nothing about training, and counts as one that does not hold."</p>
            </header>
            <dl class="facts wide">{SUBJECTS.map(row).collect_view()}</dl>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_names_become_names_for_people() {
        assert_eq!(
            (called("sae").as_str(), called("pca").as_str(), called("my_own").as_str()),
            ("SAE concepts", "PCA", "my own")
        );
    }
}

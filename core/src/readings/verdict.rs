//! What a concept, or a whole dictionary, is found to be, in plain sentences. They are generated from the numbers and say
//! no more than these.

use crate::bundle::{Side, SideLabels, TitleParts, opening::thousands};

/// What [`of_concept`] speaks of.
#[derive(Clone, Copy, Debug)]
pub struct ConceptFacts<'a> {
    /// Active cells.
    pub active: u32,
    /// All cells.
    pub cells: u32,
    /// The title's parts.
    pub parts: &'a TitleParts,
    /// Labels, settled.
    pub labels: &'a SideLabels,
    /// Why no label was tested, where none was.
    pub no_label: Option<&'a str>,
}

/// "Active in 116 of 2,000 cells (5.8%). Its cells have HSPB1 that similar cells have less of, and lack ISG15 that similar
/// cells have. No pathway of what it has stands above chance."
pub fn of_concept(facts: ConceptFacts<'_>) -> String {
    let share = f64::from(facts.active) / f64::from(facts.cells.max(1)) * 100.0;
    let mut text = format!(
        "Active in {} of {} cells ({}).",
        thousands(facts.active),
        thousands(facts.cells),
        percent(share)
    );
    let (has, lacks) = (facts.parts.has.join(", "), facts.parts.lacks.join(", "));
    text += &match (has.is_empty(), lacks.is_empty()) {
        (true, true) => " No single gene drives it in several of its cells.".into(),
        (false, true) => format!(" Its cells have {has} that similar cells have less of."),
        (true, false) => format!(" Its cells lack {lacks} that similar cells have."),
        (false, false) => {
            format!(
                " Its cells have {has} that similar cells have less of, and lack {lacks} that similar cells have."
            )
        }
    };
    text += &pathways(facts);
    text
}

fn pathways(facts: ConceptFacts<'_>) -> String {
    if let Some(reason) = facts.no_label {
        return format!(" Pathways were not tested: {reason}.");
    }
    let surviving = |side: Side| facts.labels.of(side).filter(|label| label.survives);
    let named = |side: Side, words: &str| surviving(side).map(|label| format!(" {words} {}.", label.term));
    let has = named(Side::Presence, "What they have stands out in the pathway");
    let lacks = named(Side::Absence, "What they lack stands out in the pathway");
    match (has, lacks) {
        (None, None) => " No pathway stands above chance.".into(),
        (None, Some(lacks)) => format!(" No pathway of what they have stands above chance.{lacks}"),
        (has, lacks) => has.unwrap_or_default() + &lacks.unwrap_or_default(),
    }
}

/// What [`of_dictionary`] speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DictionaryFacts {
    /// Concepts with enough cells.
    pub concepts: u32,
    /// Of those, with a label of either side that survives.
    pub surviving: u32,
    /// The same of neurons: concepts and survivors, where they are described.
    pub neurons: Option<(u32, u32)>,
    /// Lists of genes that were tested in a dictionary that was never trained, and of those with a label that survives;
    /// nothing where that was not read.
    pub untrained: Option<(u32, u32)>,
    /// Whether there are gene sets.
    pub has_sets: bool,
}

/// "9 of 67 concepts have a pathway that survives; about one of the nine is expected to be false. Neurons: 4 of 60."
pub fn of_dictionary(facts: DictionaryFacts, survives: f64) -> String {
    if !facts.has_sets {
        return "No gene sets were given, so no concept has a pathway.".into();
    }
    if facts.concepts == 0 {
        return "No concept has enough active cells to be tested.".into();
    }
    let (n, all) = (facts.surviving, facts.concepts);
    let mut text = match n {
        0 => format!("None of {} has a pathway that stands above chance.", plural(all, "concept")),
        1 => format!("1 of {} has a pathway that survives.", plural(all, "concept")),
        _ => format!(
            "{n} of {} have a pathway that survives; {}.",
            plural(all, "concept"),
            expected_false(n, survives)
        ),
    };
    if let Some((all, n)) = facts.neurons {
        text += &format!(" Neurons: {n} of {all}.");
    }
    if let Some((tested, survive)) = facts.untrained
        && f64::from(survive) > survives * f64::from(tested)
    {
        text += &format!(
            " But in a dictionary that was never trained, {survive} of {tested} lists of genes have one, too: a pathway here \
             says little about what was learned."
        );
    }
    text
}

/// How many of the survivors the rate lets through.
fn expected_false(survivors: u32, survives: f64) -> String {
    let expected = f64::from(survivors) * survives;
    if expected < 0.5 {
        "fewer than one of them is expected to be false".into()
    } else if expected < 1.5 {
        "about one of them is expected to be false".into()
    } else {
        format!("about {expected:.0} of them are expected to be false")
    }
}

fn plural(n: u32, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", thousands(n)) }
}

fn percent(share: f64) -> String {
    if share >= 10.0 { format!("{share:.0}%") } else { format!("{share:.1}%") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_say_what_the_numbers_say() {
        let facts = DictionaryFacts {
            concepts: 67,
            surviving: 9,
            neurons: Some((60, 4)),
            untrained: Some((80, 1)),
            has_sets: true,
        };
        assert_eq!(
            of_dictionary(facts, 0.1),
            "9 of 67 concepts have a pathway that survives; about one of them is expected to be false. Neurons: 4 of 60."
        );
        let untrained = DictionaryFacts { untrained: Some((80, 72)), ..facts };
        assert!(of_dictionary(untrained, 0.1).ends_with(
            "But in a dictionary that was never trained, 72 of 80 lists of genes have one, too: a pathway here says little about what was learned."
        ));
        let none = DictionaryFacts { surviving: 0, neurons: None, ..facts };
        assert_eq!(of_dictionary(none, 0.1), "None of 67 concepts has a pathway that stands above chance.");
        let parts =
            TitleParts { has: vec!["HSPB1".into()], lacks: vec!["ISG15".into()], ..TitleParts::default() };
        let labels = SideLabels::default();
        let of =
            |no_label| ConceptFacts { active: 116, cells: 2000, parts: &parts, labels: &labels, no_label };
        assert_eq!(
            of_concept(of(None)),
            "Active in 116 of 2,000 cells (5.8%). Its cells have HSPB1 that similar cells have less of, and lack ISG15 that similar cells have. No pathway stands above chance."
        );
        assert!(
            of_concept(of(Some("7 active cells"))).ends_with("Pathways were not tested: 7 active cells.")
        );
    }
}

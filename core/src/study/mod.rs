//! Blinded rating of concepts beside neurons: what raters see, the key to it, and what their answers say.
//!
//! | file | idea |
//! |---|---|
//! | `evidence` | [`Evidence`]: the genes of one item, cell by cell, on a scale of its own |
//! | `draw` | which concepts and neurons, in which order |
//! | `blind` | [`blind`]: neutral names, repeats, files of one size |
//! | `handout` | [`Study`], [`Sheet`]: what raters get |
//! | `key` | [`Key`]: what they must not get |
//! | `answers` | [`Answers`]: what comes back |
//! | `joined` | [`Joined`]: answers that fit study and key, by rater |
//! | `ratings`, `agreement`, `contrast` | what they say |
//! | `tables` | the same as CSV, for command line and page |
//! | `cas` | the same in the Cell Annotation Schema |

mod agreement;
mod answers;
mod blind;
mod cas;
mod contrast;
mod draw;
mod evidence;
mod handout;
mod joined;
mod key;
mod ratings;
mod tables;

pub use agreement::{Agreement, agreement};
pub use answers::{Answer, Answers, Process, Rating, Which};
pub use blind::{Blinded, Chosen, blind};
pub use cas::annotations;
pub use contrast::{Contrast, contrast};
pub use draw::{drawn_concepts, drawn_neurons};
pub use evidence::{Evidence, EvidenceGene, Unfit};
pub use handout::{GeneName, GeneNames, Sheet, SheetGene, Study, StudyItem};
pub use joined::{Joined, Misfit, Question};
pub use key::{Key, KeyItem, Kind, LeftOut};
pub use ratings::{RatingCount, ratings};
pub use tables::{agreement_csv, contrast_csv, ratings_csv};

#[cfg(test)]
mod tests;

//! Readings that can be trusted: what a concept's cells have told apart from what they lack, genes that several cells
//! carry, labels that survive among all that were tested, and titles that say the most certain first.
//!
//! The paper's numbers stay as they are ([`crate::attribution`], [`crate::gsea`]); these are made of the same swaps.
//!
//! | file | idea |
//! |---|---|
//! | `sides` | [`Sides`]: presence and absence; prototypes [`at_edge`] of TopK |
//! | `carried` | [`Carried`]: genes counted on held-out prototypes |
//! | `typical` | [`TypicalPool`]: inactive cells that are no neighbours |
//! | `both_sides` | [`both_sides`]: all of that for one concept |
//! | `strata` | genes that may trade scores in a random ranking |
//! | `side_sets`, `contrast`, `labels` | [`label_side`]: the best set of a side, and how often chance does as well |
//! | `tail` | chances too small to count |
//! | `settle` | [`settle`]: which labels survive among all |
//! | `cells`, `claims` | what the cells are, and whether that says more than the base rate |
//! | `genes` | a side's genes as shown |
//! | `title`, `verdict` | words |
//! | `faithful` | deletion and insertion on held-out prototypes |
//! | `concept` | [`read_concept`]: all of it for one concept |

mod both_sides;
mod carried;
mod cells;
pub mod claims;
mod concept;
mod contrast;
mod faithful;
mod genes;
mod labels;
mod settle;
mod side_sets;
mod sides;
mod strata;
mod tail;
mod title;
mod typical;
pub mod verdict;

pub use both_sides::{BothSides, FurtherCells, Of, both_sides};
pub use carried::{ActivePart, Carried, are_enough, carried, headline, held_out, spread};
pub use cells::title_cells;
pub use concept::{ConceptReading, ConceptRequest, ReadingError, read_concept, side_deck};
pub use contrast::HITS;
pub use faithful::{held_out_curves, orders as held_out_orders};
pub use labels::{LabelledSide, SideRequest, SideScores, label_side};
pub use settle::{settle, settle_one};
pub use sides::{Sides, at_edge, by_prototype, sides};
pub use strata::{mean_counts, strata, strata_by_mean};
pub use title::{name_pathways, said_of_cells, title, title_parts};
pub use typical::TypicalPool;

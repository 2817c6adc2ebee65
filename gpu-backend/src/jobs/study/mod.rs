//! Blinded rating of a bundle's concepts beside its neurons.
//!
//! | file | idea |
//! |---|---|
//! | `new` | a bundle to a study that may be handed out, and its key |
//! | `form` | the study as a website that asks |
//! | `score` | answers and key to figures |
//! | `folder` | a study as it lies on disk |

mod folder;
pub mod form;
pub mod new;
pub mod score;

//! Pieces that several pages share.

pub mod bundle_file;
pub mod cell_map;
pub mod copy;
pub mod dictionary_map;
pub mod drawing;
pub mod figure_menu;
pub mod gene_card;
pub mod near;
pub mod points;
pub mod slices;
pub mod stackbar;
pub mod states;
pub mod title;

//! Count matrices, gene vocabularies and metadata columns.

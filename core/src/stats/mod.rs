//! Statistics used beside the concepts: differential expression, assignment, multiple testing.

//! Gene sets and preranked gene set enrichment analysis.

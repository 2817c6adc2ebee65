//! Whole-system tests of cellprism; the tests are in `tests/`.

//! Semi-NMF against the Python library overcomplete (0.3.0), in f64, from the same start; `tests/parity/overcomplete_library.py`
//! wrote the numbers.
#![allow(clippy::unwrap_used)] // all of this file is tests

use cellprism_core::sae::semi_nmf::{Options, fit_from};
use ndarray::Array2;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    embeddings: Vec<Vec<f64>>,
    first: Vec<Vec<f64>>,
    z: Vec<Vec<f64>>,
    d: Vec<Vec<f64>>,
    iterations: u32,
}

fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

fn largest(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn factorises_as_overcomplete_does() {
    let text = include_str!("../../tests/fixtures/overcomplete/semi_nmf.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    for case in cases {
        let (a, first) = (matrix(&case.embeddings), matrix(&case.first));
        let options = Options {
            concepts: first.ncols(),
            iterations: case.iterations,
            tolerance: 0.0,
            seed: 0,
            penalty: 0.0,
        };
        let found = fit_from(&a, first, &options, &mut |_| {}).unwrap();
        assert_eq!((found.iterations, found.stabiliser), (30, 1e-8));
        let (z, d) = (matrix(&case.z), matrix(&case.d));
        assert_eq!((found.z.dim(), found.d.dim()), (z.dim(), d.dim()));
        assert!(largest(&found.z, &z) < 1e-8, "{:e}", largest(&found.z, &z));
        assert!(largest(&found.d, &d) < 1e-8, "{:e}", largest(&found.d, &d));
    }
}

//! Differential expression and cell-cycle scores against scanpy, logistic regression against scikit-learn, on made-up cells
//! (`fixtures/scanpy_sklearn.py`).
#![allow(clippy::unwrap_used)] // all of this file is tests

use cellprism_core::{
    bundle::{read_f32, read_f64, read_u32},
    cells::CountMatrix,
    classification::{Features, Logistic, LogisticOptions},
    stats::{
        cell_cycle::{Phase, cell_cycle},
        differential::{Contrast, Method, Side, compare},
    },
};
use ndarray::Array2;
use safetensors::SafeTensors;

const GOLDEN: &[u8] = include_bytes!("fixtures/scanpy_sklearn.safetensors");

fn counts(golden: &SafeTensors<'_>) -> CountMatrix {
    let (shape, values) = read_f32(golden, "counts").unwrap();
    CountMatrix::from_dense(shape[0], shape[1], &values).unwrap()
}

fn close(ours: f64, theirs: f64, tolerance: f64) -> bool {
    ours == theirs || (ours - theirs).abs() <= tolerance * theirs.abs().max(1e-9)
}

#[test]
fn every_test_is_scanpys() {
    let golden = SafeTensors::deserialize(GOLDEN).unwrap();
    let (counts, groups) = (counts(&golden), read_u32(&golden, "group").unwrap().1);
    for reference in ["rest", "c"] {
        let side = |&group: &u32| match (group, reference) {
            (0, _) => Some(Side::Group),
            (2, _) | (_, "rest") => Some(Side::Reference),
            _ => None,
        };
        let contrast = Contrast::new(groups.iter().map(side).collect()).unwrap();
        for (name, method) in [
            ("t-test", Method::TTest),
            ("t-test_overestim_var", Method::TTestOverestimVar),
            ("wilcoxon", Method::Wilcoxon { correct_ties: false }),
            ("wilcoxon_ties", Method::Wilcoxon { correct_ties: true }),
        ] {
            let found = compare(&counts, &contrast, method);
            assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
            let (shape, theirs) = read_f64(&golden, &format!("de.a.{reference}.{name}")).unwrap();
            assert_eq!(found.len(), shape[0]);
            for gene in found {
                let theirs = &theirs[gene.gene * 5..][..5];
                let what = format!("gene {} against {reference} by {name}: {gene:?}, {theirs:?}", gene.gene);
                // scanpy keeps scores and fold changes as f32
                assert!(close(gene.score, theirs[0], 1e-6), "{what}");
                assert!(close(gene.log2_fold_change, theirs[1], 1e-6), "{what}");
                assert!(close(gene.p, theirs[2], 1e-9) && close(gene.p_adjusted, theirs[3], 1e-9), "{what}");
                assert!(close(gene.detected, theirs[4], 1e-15), "{what}");
            }
        }
    }
}

#[test]
fn scores_and_phases_are_scanpys() {
    let golden = SafeTensors::deserialize(GOLDEN).unwrap();
    let (s, g2m): (Vec<u32>, Vec<u32>) = ((0..120).step_by(11).collect(), (3..120).step_by(7).collect());
    let found = cell_cycle(&counts(&golden), &s, &g2m, s.len().min(g2m.len())).unwrap();
    let (scores, phases) =
        (read_f64(&golden, "cycle.scores").unwrap().1, read_u32(&golden, "cycle.phase").unwrap().1);
    for cell in 0..90 {
        assert!((found.s.scores[cell] - scores[2 * cell]).abs() < 1e-12);
        assert!((found.g2m.scores[cell] - scores[2 * cell + 1]).abs() < 1e-12);
        assert_eq!(found.phases[cell], [Phase::G1, Phase::S, Phase::G2M][phases[cell] as usize]);
    }
}

#[test]
fn regressions_are_scikit_learns() {
    let golden = SafeTensors::deserialize(GOLDEN).unwrap();
    let (shape, values) = read_f32(&golden, "features").unwrap();
    let features = Features::Dense(Array2::from_shape_vec((shape[0], shape[1]), values).unwrap());
    let groups: Vec<usize> = read_u32(&golden, "group").unwrap().1.iter().map(|&g| g as usize).collect();
    let options = LogisticOptions { c: 1.0, max_iterations: 10_000, tolerance: 1e-10 };
    let all: Vec<usize> = (0..groups.len()).collect();
    for (name, classes) in [("three", 3), ("two", 2)] {
        let rows: Vec<usize> = all.iter().copied().filter(|&row| groups[row] < classes).collect();
        let labels: Vec<usize> = rows.iter().map(|&row| groups[row]).collect();
        let fitted = Logistic::fit(&features, &rows, &labels, classes, &options).unwrap();
        assert!(fitted.converged());
        let (shape, theirs) = read_f64(&golden, &format!("logistic.{name}")).unwrap();
        for (row, class) in fitted.with_coefficients().enumerate() {
            for feature in 0..shape[1] - 1 {
                let (ours, theirs) = (fitted.coefficient(class, feature), theirs[row * shape[1] + feature]);
                assert!(
                    (ours - theirs).abs() < 1e-7,
                    "{name}, class {class}, feature {feature}: {ours}, {theirs}"
                );
            }
            // An intercept without a penalty is the flattest direction; with more than two classes a constant is added to none.
            assert!((fitted.intercept(class) - theirs[row * shape[1] + shape[1] - 1]).abs() < 1e-6);
        }
        let theirs: Vec<usize> = read_u32(&golden, &format!("logistic.{name}.predicted"))
            .unwrap()
            .1
            .iter()
            .map(|&class| class as usize)
            .collect();
        assert_eq!(fitted.predict(&features, &all), theirs);
    }
}

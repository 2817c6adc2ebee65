//! Eigenvalues of a symmetric matrix: Householder's reduction to three diagonals, then the QL method with implicit
//! shifts (Bowdler, Martin, Reinsch and Wilkinson 1968). Plain sums in a fixed order: the same bits everywhere.

use ndarray::{Array2, ArrayView2};

/// Most QL steps for one eigenvalue; a handful is usual.
const MOST_STEPS: usize = 60;

/// Eigenvalues of a symmetric matrix in rising order; only its lower triangle is read. O(d³).
///
/// # Panics
/// If the matrix is not square, or has a number that is not finite.
pub fn eigenvalues(matrix: ArrayView2<'_, f64>) -> Vec<f64> {
    assert!(matrix.is_square(), "a square matrix");
    assert!(matrix.iter().all(|v| v.is_finite()), "numbers are finite");
    let (mut diagonal, mut beside) = three_diagonals(matrix.to_owned());
    for from in 0..diagonal.len() {
        let mut steps = 0;
        loop {
            let small = |at: usize| {
                let size = diagonal[at].abs() + diagonal[at + 1].abs();
                beside[at].abs() <= f64::EPSILON * size
            };
            let to = (from..diagonal.len() - 1).find(|&at| small(at)).unwrap_or(diagonal.len() - 1);
            if to == from || steps == MOST_STEPS {
                break;
            }
            steps += 1;
            shifted_step(&mut diagonal, &mut beside, from, to);
        }
    }
    diagonal.sort_by(f64::total_cmp);
    diagonal
}

/// The diagonal, and what stands beside it (one number fewer, then a zero).
fn three_diagonals(mut a: Array2<f64>) -> (Vec<f64>, Vec<f64>) {
    let n = a.nrows();
    let (mut diagonal, mut beside) = (vec![0.0; n], vec![0.0; n]);
    let mut p = vec![0.0; n];
    for i in (1..n).rev() {
        // A reflection that leaves row i nothing left of its neighbour of the diagonal.
        let scale: f64 = (0..i).map(|k| a[[i, k]].abs()).sum();
        if i == 1 || scale == 0.0 {
            beside[i - 1] = a[[i, i - 1]];
            continue;
        }
        let mut square = 0.0;
        for k in 0..i {
            a[[i, k]] /= scale;
            square += a[[i, k]] * a[[i, k]];
        }
        let first = a[[i, i - 1]];
        let root = if first >= 0.0 { -square.sqrt() } else { square.sqrt() };
        beside[i - 1] = scale * root;
        square -= first * root;
        a[[i, i - 1]] = first - root;
        let mut along = 0.0;
        for j in 0..i {
            let mut sum = 0.0;
            for k in 0..=j {
                sum += a[[j, k]] * a[[i, k]];
            }
            for k in j + 1..i {
                sum += a[[k, j]] * a[[i, k]];
            }
            p[j] = sum / square;
            along += p[j] * a[[i, j]];
        }
        let half = along / (square + square);
        for j in 0..i {
            let f = a[[i, j]];
            p[j] -= half * f;
            let g = p[j];
            for (k, &pk) in p.iter().enumerate().take(j + 1) {
                a[[j, k]] -= f * pk + g * a[[i, k]];
            }
        }
    }
    for (i, value) in diagonal.iter_mut().enumerate() {
        *value = a[[i, i]];
    }
    (diagonal, beside)
}

/// One QL step between two places of the diagonal.
fn shifted_step(diagonal: &mut [f64], beside: &mut [f64], from: usize, to: usize) {
    let mut g = (diagonal[from + 1] - diagonal[from]) / (2.0 * beside[from]);
    let mut r = hypotenuse(g, 1.0);
    g = diagonal[to] - diagonal[from] + beside[from] / (g + r.copysign(g));
    let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
    for i in (from..to).rev() {
        let f = sine * beside[i];
        let b = cosine * beside[i];
        r = hypotenuse(f, g);
        beside[i + 1] = r;
        if r == 0.0 {
            // Split in two: the next step takes the parts apart.
            diagonal[i + 1] -= shift;
            beside[to] = 0.0;
            return;
        }
        sine = f / r;
        cosine = g / r;
        g = diagonal[i + 1] - shift;
        r = (diagonal[i] - g) * sine + 2.0 * cosine * b;
        shift = sine * r;
        diagonal[i + 1] = g + shift;
        g = cosine * r - b;
    }
    diagonal[from] -= shift;
    beside[from] = g;
    beside[to] = 0.0;
}

/// √(a² + b²) without overflow, of exact roots and divisions alone.
fn hypotenuse(a: f64, b: f64) -> f64 {
    let (large, small) = if a.abs() >= b.abs() { (a.abs(), b.abs()) } else { (b.abs(), a.abs()) };
    if large == 0.0 { 0.0 } else { large * (1.0 + (small / large).powi(2)).sqrt() }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        let found = eigenvalues(array![[2.0, 1.0], [1.0, 2.0]].view());
        assert!((found[0] - 1.0).abs() < 1e-14 && (found[1] - 3.0).abs() < 1e-14);
        // The path of n points: 2 − 2 cos(kπ/(n + 1)).
        let path = Array2::from_shape_fn((7, 7), |(i, j)| match i.abs_diff(j) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        for (k, value) in eigenvalues(path.view()).into_iter().enumerate() {
            let expected = 2.0 - 2.0 * ((k + 1) as f64 * std::f64::consts::PI / 8.0).cos();
            assert!((value - expected).abs() < 1e-13, "{value} {expected}");
        }
        assert!(eigenvalues(Array2::<f64>::zeros((3, 3)).view()).iter().all(|&v| v == 0.0));
        assert!(eigenvalues(Array2::<f64>::zeros((0, 0)).view()).is_empty());
    }

    proptest! {
        /// Sum, sum of squares and sum of cubes are those of the matrix: traces of its powers.
        #[test]
        fn the_traces_of_powers_are_kept(n in 1usize..14, seed in 0u64..1000, flat in 1usize..14) {
            let value = |i: u64| (i.wrapping_mul(seed + 7).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / f64::from(1 << 23) - 1.0;
            let rows = Array2::from_shape_fn((n, flat), |(i, j)| value((i * 31 + j + 1) as u64));
            let a = rows.dot(&rows.t());
            let found = eigenvalues(a.view());
            prop_assert!(found.windows(2).all(|w| w[0] <= w[1]));
            let (square, size) = (a.dot(&a), a.diag().sum().max(1.0));
            for (power, trace) in [(1, a.diag().sum()), (2, square.diag().sum()), (3, square.dot(&a).diag().sum())] {
                let sum: f64 = found.iter().map(|v| v.powi(power)).sum();
                prop_assert!((sum - trace).abs() < 1e-10 * size.powi(power), "{power}: {sum} {trace}");
            }
        }
    }
}

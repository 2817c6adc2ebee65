//! Local regression in one dimension: quadratic, tricube weights, interpolated between the vertices of a k-d tree.
//!
//! The method is that of Cleveland & Grosse (1991), *Computational methods for local regression*, with the defaults of
//! the netlib code behind R's `loess` and scikit-misc: cells of at most `floor(n · span · 0.2)` points, cut at the
//! median; at every vertex a local quadratic gives value and slope; a cubic Hermite blend in between.

/// Share of a neighbourhood that a cell of the tree may hold.
const CELL: f64 = 0.2;
/// By how much the bounding box is wider than the data, on either side.
const MARGIN: f64 = 0.005;
/// Singular values smaller than this times the largest are taken as zero.
const RANK_TOLERANCE: f64 = 100.0 * f64::EPSILON;

/// A fitted curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Loess {
    vertices: Vec<Vertex>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Vertex {
    x: f64,
    value: f64,
    slope: f64,
}

/// Why a curve cannot be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LoessError {
    /// A local quadratic needs at least four points.
    #[error("{points} points with a span of {span} leave {local} in each local fit, 4 are needed")]
    TooFewPoints {
        /// Points.
        points: usize,
        /// Span.
        span: f64,
        /// Points in a local fit.
        local: usize,
    },
    /// All points of a neighbourhood lie at one place.
    #[error("more than {local} points lie at x = {x}")]
    NoWidth {
        /// Points in a local fit.
        local: usize,
        /// Place.
        x: f64,
    },
    /// A coordinate is not finite.
    #[error("point {0} is not finite")]
    NotFinite(usize),
}

impl Loess {
    /// Fits `y` over `x`; `span` is the fraction of points in each local fit.
    ///
    /// # Errors
    /// If there are too few points, too many at one place, or some that are not finite.
    pub fn fit(x: &[f64], y: &[f64], span: f64) -> Result<Self, LoessError> {
        let n = x.len().min(y.len());
        if let Some(at) = (0..n).find(|&at| !(x[at].is_finite() && y[at].is_finite())) {
            return Err(LoessError::NotFinite(at));
        }
        let local = ((n as f64 * span).floor() as usize).min(n);
        if local < 4 {
            return Err(LoessError::TooFewPoints { points: n, span, local });
        }
        let mut points: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let most = (n as f64 * span * CELL).floor() as usize;
        let places = places(&points, most);
        let vertices = places.into_iter().map(|x| vertex(&points, local, x)).collect::<Result<_, _>>()?;
        Ok(Self { vertices })
    }

    /// The curve at `x`, which should lie within the data.
    pub fn at(&self, x: f64) -> f64 {
        let right = self.vertices.partition_point(|vertex| vertex.x < x).clamp(1, self.vertices.len() - 1);
        let (a, b) = (self.vertices[right - 1], self.vertices[right]);
        let width = b.x - a.x;
        let h = (x - a.x) / width;
        let (from_a, from_b) = ((1.0 - h).powi(2) * (1.0 + 2.0 * h), h.powi(2) * (3.0 - 2.0 * h));
        let (slope_a, slope_b) = (h * (1.0 - h).powi(2), h.powi(2) * (h - 1.0));
        from_a * a.value + from_b * b.value + (slope_a * a.slope + slope_b * b.slope) * width
    }
}

/// Where the tree has vertices: the ends of the widened range, and every cut. Sorted.
fn places(points: &[(f64, f64)], most: usize) -> Vec<f64> {
    let (low, high) = (points[0].0, points[points.len() - 1].0);
    let margin = MARGIN * (high - low).max(1e-10 * low.abs().max(high.abs()) + 1e-30);
    let mut places = vec![low - margin, high + margin];
    let mut cells = vec![(0, points.len() - 1, low - margin, high + margin)];
    while let Some((first, last, left, right)) = cells.pop() {
        if last - first < most || right <= left {
            continue;
        }
        let cut = cut(points, first, last);
        let x = points[cut].0;
        if x != left && x != right {
            places.push(x);
            cells.push((first, cut, left, x));
            if cut < last {
                cells.push((cut + 1, last, x, right));
            }
        }
    }
    places.sort_by(f64::total_cmp);
    places.dedup();
    places
}

/// The last point of the left half: the median, or the nearest place to it where neighbours differ.
fn cut(points: &[(f64, f64)], first: usize, last: usize) -> usize {
    let median = first.midpoint(last);
    for distance in 0..=(last - first) {
        for place in [median.checked_add(distance), median.checked_sub(distance)] {
            match place {
                Some(place) if (first..last).contains(&place) => {
                    if points[place].0 != points[place + 1].0 {
                        return place;
                    }
                }
                _ => return median,
            }
        }
    }
    median
}

/// Value and slope of the local quadratic at `x`.
fn vertex(points: &[(f64, f64)], local: usize, x: f64) -> Result<Vertex, LoessError> {
    let near = nearest(points, local, x);
    let radius = near.iter().map(|point| (point.0 - x).powi(2)).fold(0.0, f64::max);
    if radius <= 0.0 {
        return Err(LoessError::NoWidth { local, x });
    }
    let mut columns = [const { Vec::new() }; 3];
    let mut target = Vec::with_capacity(local);
    for &(at, y) in near {
        let from = at - x;
        let distance = (from.powi(2) / radius).sqrt();
        let weight = (1.0 - distance.powi(3)).powi(3).max(0.0).sqrt();
        for (power, column) in columns.iter_mut().enumerate() {
            column.push(weight * from.powi(power as i32));
        }
        target.push(weight * y);
    }
    let [value, slope, _] = least_squares(columns, target);
    Ok(Vertex { x, value, slope })
}

/// The `count` points nearest to `x`.
fn nearest(points: &[(f64, f64)], count: usize, x: f64) -> &[(f64, f64)] {
    let mut start = points.partition_point(|point| point.0 < x).saturating_sub(count);
    while start + count < points.len() && (points[start + count].0 - x).abs() < (points[start].0 - x).abs() {
        start += 1;
    }
    &points[start..start + count]
}

/// The least-squares solution of smallest norm: columns scaled to one length, Householder QR, then a pseudo-inverse of
/// the 3 × 3 triangle.
fn least_squares(mut columns: [Vec<f64>; 3], mut target: Vec<f64>) -> [f64; 3] {
    let mut lengths = [1.0; 3];
    for (column, length) in columns.iter_mut().zip(&mut lengths) {
        let norm = column.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm > 0.0 {
            *length = norm;
            column.iter_mut().for_each(|v| *v /= norm);
        }
    }
    let mut triangle = [[0.0; 3]; 3];
    for pivot in 0..3 {
        let norm = columns[pivot][pivot..].iter().map(|v| v * v).sum::<f64>().sqrt();
        let head = if columns[pivot][pivot] > 0.0 { -norm } else { norm };
        let mut mirror = columns[pivot][pivot..].to_vec();
        mirror[0] -= head;
        let square = mirror.iter().map(|v| v * v).sum::<f64>();
        let reflect = |vector: &mut [f64]| {
            if square > 0.0 {
                let dot: f64 = mirror.iter().zip(&*vector).map(|(m, v)| m * v).sum();
                vector.iter_mut().zip(&mirror).for_each(|(v, m)| *v -= 2.0 * dot / square * m);
            }
        };
        for column in &mut columns[pivot..] {
            reflect(&mut column[pivot..]);
        }
        reflect(&mut target[pivot..]);
        for (column, values) in columns.iter().enumerate().skip(pivot) {
            triangle[pivot][column] = values[pivot];
        }
    }
    let mut solution = pseudo_solve(triangle, [target[0], target[1], target[2]]);
    for (value, length) in solution.iter_mut().zip(lengths) {
        *value /= length;
    }
    solution
}

/// Solves a 3 × 3 system through its singular values, found by one-sided Jacobi rotations.
fn pseudo_solve(matrix: [[f64; 3]; 3], target: [f64; 3]) -> [f64; 3] {
    // Columns of `u` become left singular vectors times singular values; `v` collects the rotations.
    let mut u: [[f64; 3]; 3] = std::array::from_fn(|column| std::array::from_fn(|row| matrix[row][column]));
    let mut v = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let dot = |a: &[f64; 3], b: &[f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    for _sweep in 0..30 {
        let mut turned = false;
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            let (pp, qq, pq) = (dot(&u[p], &u[p]), dot(&u[q], &u[q]), dot(&u[p], &u[q]));
            if pq.abs() <= f64::EPSILON * (pp * qq).sqrt() || pq == 0.0 {
                continue;
            }
            turned = true;
            let zeta = (qq - pp) / (2.0 * pq);
            let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
            let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
            let sine = cosine * tangent;
            for vectors in [&mut u, &mut v] {
                let (left, right) = vectors.split_at_mut(q);
                for (a, b) in left[p].iter_mut().zip(&mut right[0]) {
                    (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
                }
            }
        }
        if !turned {
            break;
        }
    }
    let squares = [dot(&u[0], &u[0]), dot(&u[1], &u[1]), dot(&u[2], &u[2])];
    let tolerance = squares.iter().fold(0.0f64, |a, &b| a.max(b)).sqrt() * RANK_TOLERANCE;
    let mut solution = [0.0; 3];
    for at in 0..3 {
        if squares[at].sqrt() > tolerance {
            let amount = dot(&u[at], &target) / squares[at];
            for (value, direction) in solution.iter_mut().zip(&v[at]) {
                *value += amount * direction;
            }
        }
    }
    solution
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn too_few_or_coinciding_points_are_refused() {
        assert!(matches!(
            Loess::fit(&[1.0; 9], &[1.0; 9], 0.3),
            Err(LoessError::TooFewPoints { local: 2, .. })
        ));
        let x: Vec<f64> = (0..20).map(|i| if i < 15 { 0.5 } else { f64::from(i) }).collect();
        assert_eq!(Loess::fit(&x, &x, 0.5), Err(LoessError::NoWidth { local: 10, x: 0.5 }));
        assert_eq!(Loess::fit(&[0.0, f64::NAN], &[0.0; 2], 1.0), Err(LoessError::NotFinite(1)));
    }

    proptest! {
        #[test]
        fn a_quadratic_is_found_again(a in -2.0..2.0f64, b in -2.0..2.0f64, c in -2.0..2.0f64, n in 30usize..200, span in 0.2..0.9f64) {
            let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.618).fract() * 5.0 - 2.0).collect();
            let curve = |x: f64| a + b * x + c * x * x;
            let y: Vec<f64> = x.iter().map(|&x| curve(x)).collect();
            let fit = Loess::fit(&x, &y, span).unwrap();
            for &x in &x {
                // The blend is cubic, the curve quadratic: equal up to rounding.
                prop_assert!((fit.at(x) - curve(x)).abs() < 1e-9);
            }
        }
    }
}

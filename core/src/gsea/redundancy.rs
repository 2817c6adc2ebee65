//! Sets that say the same: results whose leading edges share most of their genes.

/// For each result the index of the one that stands for it, itself where it stands for others or for none.
///
/// Results come best first. One is represented by the best representative so far with whose leading edge its own has
/// at least the share `overlap` of genes in common, counted against the shorter of the two. Sets are grouped, never
/// merged: each keeps its numbers.
///
/// ```
/// use cellprism_core::gsea::representatives;
///
/// assert_eq!(representatives(&[&[0, 1, 2], &[0, 1], &[7, 8]], 0.5), [0, 0, 2]);
/// ```
pub fn representatives(leading_edges: &[&[u32]], overlap: f64) -> Vec<usize> {
    let genes =
        leading_edges.iter().flat_map(|edge| edge.iter()).max().map_or(0, |&place| place as usize + 1);
    let mut in_edge = vec![false; genes];
    let mut chosen: Vec<usize> = Vec::new();
    let mut out = Vec::with_capacity(leading_edges.len());
    for (i, &edge) in leading_edges.iter().enumerate() {
        edge.iter().for_each(|&place| in_edge[place as usize] = true);
        let like = |&&other: &&usize| {
            let other = leading_edges[other];
            let common = other.iter().filter(|&&place| in_edge[place as usize]).count();
            let shorter = edge.len().min(other.len());
            shorter > 0 && common as f64 >= overlap * shorter as f64
        };
        let representative = chosen.iter().find(like).copied();
        edge.iter().for_each(|&place| in_edge[place as usize] = false);
        if representative.is_none() {
            chosen.push(i);
        }
        out.push(representative.unwrap_or(i));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_like_results_stands_for_them() {
        let edges: [&[u32]; 5] = [&[1, 2, 3, 4], &[1, 2, 9], &[7, 8], &[2, 3], &[]];
        assert_eq!(representatives(&edges, 0.6), [0, 0, 2, 0, 4]);
        assert_eq!(representatives(&edges, 1.0), [0, 1, 2, 0, 4]);
    }
}

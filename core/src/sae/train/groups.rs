//! Test cells by whole groups, for instance all cells of some donors: cells of one donor resemble each other, and a
//! test that has some of them on both sides flatters.

use std::collections::BTreeMap;

use super::random::{Purpose, generator, shuffle};

/// Rows of groups drawn by the seed until they hold `share` of the cells, ascending; for
/// [`Split::Rows`](super::Split::Rows). Cells without a group (`None`) are never among them, and at least one group is
/// left out; so the result is empty where there are fewer than two.
pub fn rows_of_groups(group_of: &[Option<u16>], share: f64, seed: u64) -> Vec<u32> {
    let mut cells: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for (row, group) in group_of.iter().enumerate() {
        if let (Some(group), Ok(row)) = (group, u32::try_from(row)) {
            cells.entry(*group).or_default().push(row);
        }
    }
    let mut order: Vec<u32> = cells.keys().map(|&group| u32::from(group)).collect();
    shuffle(&mut generator(seed, Purpose::Split), &mut order);
    let wanted = share * group_of.len() as f64;
    let mut rows = Vec::new();
    for group in order.iter().skip(1) {
        if rows.len() as f64 >= wanted {
            break;
        }
        rows.extend(cells.get(&(*group as u16)).into_iter().flatten());
    }
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_whole() {
        let groups: Vec<Option<u16>> = (0..1000u16).map(|i| (i % 11 != 0).then_some(i % 7)).collect();
        for seed in 0..20 {
            let rows = rows_of_groups(&groups, 0.2, seed);
            let taken: Vec<u16> = rows.iter().filter_map(|&row| groups[row as usize]).collect();
            assert_eq!(taken.len(), rows.len(), "no cell without a group");
            let all = groups.iter().flatten().filter(|group| taken.contains(group)).count();
            assert_eq!(all, rows.len(), "all cells of each group");
            assert!((200..200 + 143).contains(&rows.len()), "{}", rows.len());
        }
        assert_ne!(rows_of_groups(&groups, 0.2, 1), rows_of_groups(&groups, 0.2, 2));
        assert_eq!(rows_of_groups(&groups, 0.99, 1).len(), rows_of_groups(&groups, 0.9, 1).len());
        assert!(rows_of_groups(&[Some(3); 9], 0.5, 1).is_empty());
    }
}

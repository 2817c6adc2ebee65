//! Products of 8-bit codes, the part of the search that touches every pair. They are whole numbers: every way to compute
//! them gives the same.

#![allow(unsafe_code)] // calling a function compiled for AVX-512 after asking the processor for it

/// Cells that are computed together.
pub(super) const PANEL: usize = 64;
/// Queries that are computed together.
pub(super) const QUERIES: usize = 6;
/// Dimensions that one instruction takes of each cell.
pub(super) const GROUP: usize = 4;

/// Codes of [`GROUP`] dimensions of a panel's cells, cell after cell.
pub(super) type Column = [[u8; GROUP]; PANEL];

/// `starts[q] + Σ_d query[q][d] · panel[d][cell]`.
pub(super) type Products = [[i32; PANEL]; QUERIES];

/// Products of some queries with all cells of a panel; `queries[q][g]` are the codes of dimensions 4g to 4g + 3.
pub(super) fn products(
    queries: [&[[i8; GROUP]]; QUERIES],
    starts: [i32; QUERIES],
    panel: &[Column],
) -> Products {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512vnni") && std::arch::is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has just said that it knows both.
        return unsafe { x86::products(queries, starts, panel) };
    }
    plain(queries, starts, panel)
}

fn plain(queries: [&[[i8; GROUP]]; QUERIES], starts: [i32; QUERIES], panel: &[Column]) -> Products {
    let mut sums = starts.map(|start| [start; PANEL]);
    for (query, sums) in queries.iter().zip(&mut sums) {
        for (word, column) in query.iter().zip(panel) {
            let word = word.map(i32::from);
            for (sum, codes) in sums.iter_mut().zip(column) {
                let codes = codes.map(i32::from);
                *sum += word[0] * codes[0] + word[1] * codes[1] + word[2] * codes[2] + word[3] * codes[3];
            }
        }
    }
    sums
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m512i, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_storeu_si512,
    };

    use super::{Column, GROUP, PANEL, Products, QUERIES};

    /// Sums of one register.
    const LANES: usize = 16;
    const REGISTERS: usize = PANEL / LANES;

    #[target_feature(enable = "avx512f,avx512vnni")]
    pub(super) fn products(
        queries: [&[[i8; GROUP]]; QUERIES],
        starts: [i32; QUERIES],
        panel: &[Column],
    ) -> Products {
        let mut sums = [[_mm512_set1_epi32(0); REGISTERS]; QUERIES];
        for (sums, start) in sums.iter_mut().zip(starts) {
            *sums = [_mm512_set1_epi32(start); REGISTERS];
        }
        let queries = queries.map(|query| &query[..panel.len()]);
        for (g, column) in panel.iter().enumerate() {
            let mut cells = [_mm512_set1_epi32(0); REGISTERS];
            for (cells, codes) in cells.iter_mut().zip(column.as_chunks::<LANES>().0) {
                // SAFETY: 16 cells of 4 bytes are the 64 bytes of a register.
                *cells = unsafe { _mm512_loadu_si512(codes.as_ptr().cast::<__m512i>()) };
            }
            for (query, sums) in queries.iter().zip(&mut sums) {
                let word = _mm512_set1_epi32(i32::from_ne_bytes(query[g].map(i8::cast_unsigned)));
                for (sum, cells) in sums.iter_mut().zip(cells) {
                    *sum = _mm512_dpbusd_epi32(*sum, cells, word);
                }
            }
        }
        let mut products = [[0; PANEL]; QUERIES];
        for (products, sums) in products.iter_mut().zip(sums) {
            for (products, sum) in products.as_chunks_mut::<LANES>().0.iter_mut().zip(sums) {
                // SAFETY: 16 numbers of 4 bytes are the 64 bytes of a register.
                unsafe { _mm512_storeu_si512(products.as_mut_ptr().cast::<__m512i>(), sum) };
            }
        }
        products
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_way_gives_the_same(
            codes in proptest::collection::vec(any::<i8>(), QUERIES * 3 * GROUP),
            cells in proptest::collection::vec(any::<u8>(), 3 * PANEL * GROUP),
            start in -1000i32..1000,
        ) {
            let words = codes.as_chunks::<GROUP>().0;
            let queries = std::array::from_fn(|q| &words[q * 3..q * 3 + 3]);
            let panel: Vec<Column> = cells
                .as_chunks::<{ PANEL * GROUP }>()
                .0
                .iter()
                .map(|column| std::array::from_fn(|cell| std::array::from_fn(|i| column[cell * GROUP + i])))
                .collect();
            prop_assert_eq!(products(queries, [start; QUERIES], &panel), plain(queries, [start; QUERIES], &panel));
        }
    }
}

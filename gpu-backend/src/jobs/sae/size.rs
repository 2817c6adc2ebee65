//! How many concepts a training gets where nobody says: the ladder of `cellprism run`.

use anyhow::Context as _;
use ndarray::ArrayView2;

use super::Basics;
use crate::{
    jobs::ladder::{self, Wish},
    work::progress::Progress,
};

/// Fills in c and k where c is left to the embeddings `x` [n, d]. Sizes are tried with plain options; a killed training tries
/// them again and finds the same.
///
/// # Errors
/// If options or embeddings make no sense, or training diverges.
pub fn settle(
    basics: &mut Basics,
    seed: u64,
    x: ArrayView2<'_, f32>,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    if basics.concepts > 0 {
        return Ok(());
    }
    let mut options = basics.options(x.nrows());
    options.seed = seed;
    let wish = Wish { options: &options, active: basics.active, epochs: basics.epochs, kept: None };
    let ladder = ladder::choose(x, &wish, progress)?;
    let rung = ladder.chosen().with_context(|| format!("no size fits {} cells", x.nrows()))?;
    basics.concepts = rung.c as usize;
    basics.active = Some(rung.k as usize);
    Ok(())
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::work::progress::Silent;

    #[test]
    fn a_size_that_is_given_stays_and_another_comes_from_the_cells() {
        let x = Array2::from_shape_fn((300, 8), |(cell, i)| {
            let noise = ((cell * 7 + i * 13) % 11) as f32 * 0.02;
            if i / 2 == cell % 4 { 2.0 + noise } else { noise }
        });
        let given = Basics { concepts: 7, ..Basics::default() };
        let mut asked = given.clone();
        settle(&mut asked, 0, x.view(), &Silent).unwrap();
        assert_eq!(asked, given);

        let mut open = Basics { epochs: Some(5), batch: 32, active: Some(1), ..Basics::default() };
        settle(&mut open, 0, x.view(), &Silent).unwrap();
        // effective rank 3 to 4, twice to twenty times that, at most one for ten cells
        assert!((6..=30).contains(&open.concepts), "{open:?}");
        assert_eq!(open.active, Some(1));
    }
}

//! Parts of a long page, each built in a task of its own: between two of them the browser paints and answers.

use leptos::prelude::*;

use crate::browser;

/// Builds a part.
pub type Slice = Box<dyn Fn() -> AnyView + Send + Sync>;

/// The parts, the first one at once.
pub fn in_turn(slices: Vec<Slice>) -> AnyView {
    let (ready, n) = (RwSignal::new(1usize), slices.len());
    leptos::task::spawn_local(async move {
        for next in 1..n {
            browser::pause(0).await;
            // Gone with its page.
            if ready.try_set(next + 1).is_some() {
                return;
            }
        }
    });
    let one = |(place, slice): (usize, Slice)| {
        let there = Memo::new(move |_| ready.get() > place);
        move || there.get().then(&slice)
    };
    slices.into_iter().enumerate().map(one).collect::<Vec<_>>().into_any()
}

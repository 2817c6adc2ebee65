//! A figure of the figure functions in the page: drawn again when the theme changes.

use leptos::prelude::*;

use super::{
    cell_map::Redraw,
    figure_menu::{Behind, Picture},
};
use crate::picture;

/// The picture of what stands behind a figure; `label` says in words what is seen.
pub fn view(behind: &Behind, label: String) -> AnyView {
    let redraw = expect_context::<Redraw>().0;
    let (behind, title) = (behind.clone(), behind.title.clone());
    let shown = RwSignal::new(None::<Result<(String, (f64, f64)), String>>);
    let forget = move || {
        if let Some(Some(Ok((address, _)))) = shown.try_get_untracked() {
            let _ = web_sys::Url::revoke_object_url(&address);
        }
    };
    Effect::new(move || {
        redraw.track();
        let drawn = behind.shown().and_then(|(svg, size)| {
            let address = picture::address_of(&svg).ok_or("this browser shows no SVG")?;
            Ok((address, size))
        });
        forget();
        shown.set(Some(drawn));
    });
    on_cleanup(forget);
    (move || match shown.get() {
        None => ().into_any(),
        Some(Err(why)) => view! { <p class="notice bad" role="alert">{why}</p> }.into_any(),
        Some(Ok((address, (width, height)))) => {
            let style = format!("aspect-ratio:{width}/{height}");
            // On a telephone it is moved, not made too small to be read.
            view! {
                <div class="scroll" tabindex="0" role="region" aria-label=format!("Figure: {title}")>
                    <img class="drawing" src=address alt=label.clone() style=style />
                </div>
            }
            .into_any()
        }
    })
    .into_any()
}

/// A published SVG with its size, as a picture.
pub fn published(svg: String) -> Option<Picture> {
    let size = picture::size_of(&svg)?;
    Some(Picture::Svg(svg.into(), size))
}

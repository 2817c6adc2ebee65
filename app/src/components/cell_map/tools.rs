//! The buttons under a map: what dragging does, nearer and further, pictures to keep.

use leptos::prelude::*;

use super::{live::Tool, surface::Surface, view::View};

/// The bar; `svg` and `png` save what is seen.
pub fn bar(surface: Surface, svg: impl Fn() + 'static, png: impl Fn() + 'static) -> AnyView {
    let tool = |own: Tool, name: &'static str, title: &'static str| {
        let pressed = move || (surface.live.tool.get() == own).to_string();
        view! { <button aria-pressed=pressed title=title on:click=move |_| surface.live.tool.set(own)>{name}</button> }
    };
    let whole = move || surface.live.view.get() == View::WHOLE;
    view! {
        <div class="maptools">
            <div class="seg" role="group" aria-label="Dragging">
                {tool(Tool::Move, "Move", "Dragging moves the map")}
                {tool(Tool::Rectangle, "Rectangle", "Dragging selects a rectangle (also with Shift)")}
                {tool(Tool::Lasso, "Lasso", "Dragging selects by a free line")}
            </div>
            <div class="seg" role="group" aria-label="Zoom">
                <button aria-label="Further away" title="Further away (−)" disabled=whole on:click=move |_| surface.further()>"−"</button>
                <button aria-label="Nearer" title="Nearer (+)" on:click=move |_| surface.nearer()>"+"</button>
                <button title="The whole map (0)" disabled=whole on:click=move |_| surface.live.view.set(View::WHOLE)>"Whole map"</button>
            </div>
            <span class="tools">
                <button title="Select the cells that are seen" on:click=move |_| surface.select_seen()>"Select what is seen"</button>
                <button on:click=move |_| svg()>"SVG"</button>
                <button on:click=move |_| png()>"PNG"</button>
            </span>
        </div>
    }
    .into_any()
}

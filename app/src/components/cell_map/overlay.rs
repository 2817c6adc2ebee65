//! A second set of points, laid over the bundle's cells: a reader's own cells among those of the paper.

use std::sync::Arc;

use super::key::Key;

/// Points of one's own. Give them to [`super::Live::over`]; they are drawn last, larger, and are the first to be hovered.
///
/// ```ignore
/// let live = Live::new();
/// live.over.set(Some(Arc::new(Overlay {
///     places: nearest.iter().map(|&row| points.map[row]).collect(), // 0 to 1, y upwards, as `Points::map`
///     colours: vec!["var(--accent)".into()],
///     codes: vec![0; nearest.len()],
///     key: Key::None,
///     says: Arc::new(move |i| vec![barcodes[i].clone(), "placed by its nearest cells".into()]),
/// })));
/// view! { <CellMap bundle points colouring label live=live /> }
/// ```
#[derive(Clone)]
pub struct Overlay {
    /// Places on the map, between 0 and 1, y upwards.
    pub places: Vec<[f32; 2]>,
    /// CSS colours.
    pub colours: Vec<String>,
    /// Each point's colour, by its place in `colours`; one a place.
    pub codes: Vec<u16>,
    /// What the colours mean, for saved pictures.
    pub key: Key,
    /// What is said of a point, a line each.
    pub says: Arc<dyn Fn(usize) -> Vec<String> + Send + Sync>,
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overlay").field("points", &self.places.len()).finish_non_exhaustive()
    }
}

//! Names beside groups of cells, never over them: each lies in the nearest empty room, with a line to its group.

use super::{colouring::Filter, view::Frame};

/// Most names.
const MOST: usize = 14;
/// Smallest share of the cells that are seen which gets a name.
const LEAST: f64 = 0.004;
/// Pixels of a square of the grid in which room is looked for.
const SQUARE: f64 = 6.0;
/// Height of a line of text in pixels.
const LINE: f64 = 15.0;

/// A name where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// The label.
    pub text: String,
    /// Middle of the text, in the map's coordinates.
    pub at: [f32; 2],
    /// Width of the text in pixels.
    pub width: f64,
    /// Where the line to its cells ends.
    pub to: [f32; 2],
}

struct Grid {
    wide: usize,
    high: usize,
    taken: Vec<bool>,
}

impl Grid {
    /// Sums over all squares above and to the left, so that any rectangle is looked up at once.
    fn sums(&self) -> Vec<u32> {
        let wide = self.wide + 1;
        let mut sums = vec![0u32; wide * (self.high + 1)];
        for y in 0..self.high {
            let mut row = 0;
            for x in 0..self.wide {
                row += u32::from(self.taken[y * self.wide + x]);
                sums[(y + 1) * wide + x + 1] = sums[y * wide + x + 1] + row;
            }
        }
        sums
    }
}

/// Names of the largest groups that are seen and find room. `codes` are the cells' labels, one a place of `map`; `width` is how
/// wide a text is in pixels.
pub fn place(
    labels: &[String],
    codes: &[u16],
    map: &[[f32; 2]],
    filter: &Filter,
    frame: &Frame,
    width: &dyn Fn(&str) -> f64,
) -> Vec<Tag> {
    let (wide, high) = ((frame.width / SQUARE) as usize, (frame.height / SQUARE) as usize);
    if wide < 8 || high < 8 {
        return Vec::new();
    }
    let square = |at: [f32; 2]| {
        let (x, y) = frame.at(at);
        let (x, y) = (x / SQUARE, y / SQUARE);
        (x >= 0.0 && y >= 0.0 && x < wide as f64 && y < high as f64).then(|| y as usize * wide + x as usize)
    };
    let mut all = vec![0u32; wide * high];
    let mut sizes = vec![0u32; labels.len()];
    let mut seen = 0u32;
    let squares: Vec<u32> = map.iter().map(|&at| square(at).map_or(u32::MAX, |s| s as u32)).collect();
    for (&at, &code) in squares.iter().zip(codes) {
        if at != u32::MAX {
            all[at as usize] += 1;
            seen += 1;
            if let Some(size) = sizes.get_mut(usize::from(code)) {
                *size += 1;
            }
        }
    }
    // Among very many cells there are single ones nearly everywhere.
    let stray = seen / 20_000;
    let mut grid = Grid { wide, high, taken: all.iter().map(|&n| n > stray).collect() };
    let mut order: Vec<usize> = (0..labels.len()).filter(|&code| filter.shows(code as u16)).collect();
    order.retain(|&code| f64::from(sizes[code]) >= LEAST * f64::from(seen.max(1)) && sizes[code] > 2);
    cellprism_core::order::sort_by_key(&mut order, |&code| (std::cmp::Reverse(sizes[code]), code));
    order.truncate(MOST);
    // Squares of all named groups in one walk over the cells.
    let mut slots = vec![usize::MAX; labels.len()];
    order.iter().enumerate().for_each(|(slot, &code)| slots[code] = slot * wide * high);
    let mut groups = vec![0u32; order.len() * wide * high];
    for (&at, &code) in squares.iter().zip(codes) {
        match slots.get(usize::from(code)) {
            Some(&slot) if slot != usize::MAX && at != u32::MAX => groups[slot + at as usize] += 1,
            _ => {}
        }
    }
    let mut tags = Vec::new();
    for (code, own) in order.into_iter().zip(groups.chunks(wide * high)) {
        if let Some(tag) = room(&mut grid, own, &labels[code], width(&labels[code]) + 4.0, frame) {
            tags.push(tag);
        }
    }
    tags
}

/// The nearest empty rectangle to the densest square of a group; taken from now on.
fn room(grid: &mut Grid, own: &[u32], text: &str, width: f64, frame: &Frame) -> Option<Tag> {
    let (w, h) = ((width / SQUARE).ceil() as usize + 1, (LINE / SQUARE).ceil() as usize);
    let (wide, high) = (grid.wide, grid.high);
    if w >= wide || h >= high {
        return None;
    }
    let densest = (0..own.len()).max_by_key(|&at| (own[at], std::cmp::Reverse(at)))?;
    let middle = |at: usize| ((at % wide) as f64 + 0.5, (at / wide) as f64 + 0.5);
    let (x, y) = middle(densest);
    let sums = grid.sums();
    let count = |left: usize, top: usize| {
        let of = |x: usize, y: usize| sums[y * (wide + 1) + x];
        of(left + w, top + h) + of(left, top) - of(left + w, top) - of(left, top + h)
    };
    // Distance to the rectangle's edge, not to its middle: a long name may begin beside its group.
    let gap = |v: f64, low: usize, length: usize| {
        (low as f64 - v).max(v - (low + length) as f64).max(0.0)
            + 0.15 * (v - low as f64 - length as f64 / 2.0).abs()
    };
    let mut best: Option<(f64, usize, usize)> = None;
    for top in 0..high - h {
        for left in 0..wide - w {
            let distance = gap(x, left, w).hypot(gap(y, top, h));
            if best.is_none_or(|(least, ..)| distance < least) && count(left, top) == 0 {
                best = Some((distance, left, top));
            }
        }
    }
    let (_, left, top) =
        best.filter(|(distance, ..)| *distance * SQUARE < 0.3 * frame.width.hypot(frame.height))?;
    for row in top..top + h {
        grid.taken[row * wide + left..row * wide + left + w].fill(true);
    }
    let (cx, cy) = (left as f64 + w as f64 / 2.0, top as f64 + h as f64 / 2.0);
    let core = own[densest].div_ceil(4);
    let nearest = (0..own.len()).filter(|&at| own[at] >= core).min_by(|&a, &b| {
        let far = |at: usize| (middle(at).0 - cx).hypot(middle(at).1 - cy);
        far(a).total_cmp(&far(b)).then(a.cmp(&b))
    })?;
    let on_map = |(x, y): (f64, f64)| frame.place(x * SQUARE, y * SQUARE).map(|v| v as f32);
    Some(Tag { text: text.to_owned(), at: on_map((cx, cy)), width, to: on_map(middle(nearest)) })
}

#[cfg(test)]
mod tests {
    use super::{super::view::View, *};

    #[test]
    fn names_lie_beside_their_groups_and_not_on_each_other() {
        let frame = Frame { width: 600.0, height: 500.0, margin: 5.0, view: View::WHOLE };
        let labels = ["CD4 T cells", "B cells", "a few"].map(str::to_owned);
        let mut map = Vec::new();
        let mut codes = Vec::new();
        for i in 0..3_000u16 {
            let (group, turn) = (i % 2, f32::from(i) * 2.399_963);
            let radius = 0.15 * (f32::from(i) / 3_000.0).sqrt();
            let (x, y) = if group == 0 { (0.3, 0.4) } else { (0.62, 0.45) };
            map.push([x + radius * turn.cos(), y + radius * turn.sin()]);
            codes.push(group);
        }
        codes[7] = 2;
        let width = |text: &str| 6.8 * text.len() as f64;
        let tags = place(&labels, &codes, &map, &Filter::All, &frame, &width);
        assert_eq!(tags.iter().map(|t| t.text.as_str()).collect::<Vec<_>>(), ["CD4 T cells", "B cells"]);
        let boxes: Vec<_> = tags.iter().map(|tag| (frame.at(tag.at), tag.width)).collect();
        for &((x, y), width) in &boxes {
            let under = map.iter().map(|&at| frame.at(at));
            let inside = |&(px, py): &(f64, f64)| (px - x).abs() < width / 2.0 && (py - y).abs() < 6.0;
            assert_eq!(under.filter(inside).count(), 0);
        }
        let ((ax, ay), ((bx, by), wide)) = (boxes[0].0, boxes[1]);
        assert!((ax - bx).abs() > wide / 2.0 || (ay - by).abs() >= LINE - 1.0);
        assert_eq!(place(&labels, &codes, &map, &Filter::Only(1), &frame, &width).len(), 1);
    }
}

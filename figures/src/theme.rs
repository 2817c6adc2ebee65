//! Colours of a figure.

use plotters::style::RGBColor;

/// Colours that a figure is drawn in. Categories are Okabe and Ito's; everything else follows the explorer's tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    /// Behind everything.
    pub page: RGBColor,
    /// Words and axes.
    pub ink: RGBColor,
    /// Numbers at ticks.
    pub soft: RGBColor,
    /// What is there for comparison.
    pub faint: RGBColor,
    /// Grid.
    pub line: RGBColor,
    /// The one accent: concepts.
    pub accent: RGBColor,
    /// Lightness only, from nothing to most.
    pub ramp: [RGBColor; 6],
    /// Values below zero, from least to most: as light or dark as the ramp's, in another hue.
    pub below: [RGBColor; 5],
    /// Okabe and Ito: orange, sky, green, yellow, blue, vermillion, purple, black.
    pub categories: [RGBColor; 8],
}

/// A colour of the theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Words and axes.
    Ink,
    /// Numbers at ticks.
    Soft,
    /// What is there for comparison.
    Faint,
    /// Grid.
    Line,
    /// Behind everything.
    Page,
    /// Concepts.
    Accent,
    /// A step of the ramp, 0 to 5.
    Ramp(usize),
    /// A step for values below zero, 0 to 4.
    Below(usize),
    /// One of Okabe and Ito's; beyond eight they come again.
    Category(usize),
    /// The same mixed with the ground, or what is there for comparison at `CATEGORIES`: a category, and a step of `PALER`.
    Paler(usize, usize),
    /// Words on a category: most of those are the same in every theme, and so is this.
    OnCategory,
}

/// Categories with a colour of their own.
pub(crate) const CATEGORIES: usize = 8;
/// Shares of the colour that steps of [`Colour::Paler`] keep.
pub(crate) const PALER: [f64; 3] = [0.7, 0.52, 0.34];

/// Nearly the ink on white, but never replaced by that of another theme.
const ON_CATEGORY: RGBColor = rgb(0x1b_1b_1f);

const fn rgb(hex: u32) -> RGBColor {
    RGBColor((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

impl Theme {
    /// On white.
    pub const fn light() -> Self {
        Self {
            page: rgb(0xff_ff_ff),
            ink: rgb(0x1b_1b_20),
            soft: rgb(0x4a_4a_53),
            faint: rgb(0x8f_8f_8f),
            line: rgb(0xe2_e2_dd),
            accent: rgb(0x5a_3c_c2),
            ramp: [
                rgb(0xf3_f3_f0),
                rgb(0xc3_b5_f0),
                rgb(0xa0_8a_e3),
                rgb(0x81_63_d3),
                rgb(0x5a_3c_c3),
                rgb(0x35_19_8a),
            ],
            below: [rgb(0xf2_dc_b8), rgb(0xdf_b9_74), rgb(0xbf_8f_3a), rgb(0x8f_66_1a), rgb(0x5b_3d_08)],
            categories: [
                rgb(0xe6_9f_00),
                rgb(0x56_b4_e9),
                rgb(0x00_9e_73),
                rgb(0xf0_e4_42),
                rgb(0x00_72_b2),
                rgb(0xd5_5e_00),
                rgb(0xcc_79_a7),
                rgb(0x00_00_00),
            ],
        }
    }

    /// On black.
    pub const fn dark() -> Self {
        let light = Self::light();
        let [orange, sky, green, yellow, _, vermillion, purple, _] = light.categories;
        Self {
            page: rgb(0x12_12_15),
            ink: rgb(0xed_ed_f2),
            soft: rgb(0xbc_bc_c7),
            faint: rgb(0x9a_9a_9a),
            line: rgb(0x30_30_38),
            accent: rgb(0xb5_a4_ff),
            ramp: [
                rgb(0x21_21_27),
                rgb(0x4a_3f_82),
                rgb(0x67_53_b8),
                rgb(0x87_70_de),
                rgb(0xad_9b_f7),
                rgb(0xde_d5_ff),
            ],
            below: [rgb(0x4f_40_21), rgb(0x7d_62_2c), rgb(0xa8_83_3a), rgb(0xd0_a9_57), rgb(0xf3_de_b4)],
            categories: [orange, sky, green, yellow, rgb(0x2f_8f_c9), vermillion, purple, rgb(0xf5_f5_f7)],
        }
    }

    /// A colour by what it is for.
    pub fn of(&self, colour: Colour) -> RGBColor {
        match colour {
            Colour::Ink => self.ink,
            Colour::Soft => self.soft,
            Colour::Faint => self.faint,
            Colour::Line => self.line,
            Colour::Page => self.page,
            Colour::Accent => self.accent,
            Colour::Ramp(step) => self.ramp[step.min(self.ramp.len() - 1)],
            Colour::Below(step) => self.below[step.min(self.below.len() - 1)],
            Colour::OnCategory => ON_CATEGORY,
            Colour::Paler(place, step) => self.paler(place, PALER[step % PALER.len()]),
            Colour::Category(place) => self.categories[place % self.categories.len()],
        }
    }

    fn paler(&self, place: usize, share: f64) -> RGBColor {
        let colour = self.categories.get(place).copied().unwrap_or(self.faint);
        let mix =
            |own: u8, page: u8| (f64::from(own) * share + f64::from(page) * (1.0 - share)).round() as u8;
        RGBColor(mix(colour.0, self.page.0), mix(colour.1, self.page.1), mix(colour.2, self.page.2))
    }

    /// Ink or page, or the dark for categories: whichever can be read on a colour.
    pub fn readable_on(&self, colour: Colour) -> Colour {
        let light = |RGBColor(r, g, b): RGBColor| {
            let linear = |v: u8| (f64::from(v) / 255.0).powf(2.2);
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        };
        let contrast = |a: RGBColor, b: RGBColor| {
            let (a, b) = (light(a) + 0.05, light(b) + 0.05);
            a.max(b) / a.min(b)
        };
        let ground = self.of(colour);
        if matches!(colour, Colour::Category(_))
            && contrast(ON_CATEGORY, ground) >= contrast(Self::light().page, ground)
        {
            return Colour::OnCategory;
        }
        if contrast(self.ink, ground) >= contrast(self.page, ground) { Colour::Ink } else { Colour::Page }
    }

    /// Every colour with the one that takes its place in another theme: for pages that switch.
    pub fn pairs(&self, other: &Self) -> Vec<(RGBColor, RGBColor)> {
        let all = |theme: &Self| {
            let own = [theme.page, theme.ink, theme.soft, theme.faint, theme.line, theme.accent];
            let paler =
                (0..=CATEGORIES).flat_map(|place| PALER.iter().map(move |&share| theme.paler(place, share)));
            let others = theme.ramp.into_iter().chain(theme.below).chain(theme.categories);
            own.into_iter().chain(others).chain(paler).collect::<Vec<_>>()
        };
        all(self).into_iter().zip(all(other)).filter(|(a, b)| a != b).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_colour_has_one_meaning() {
        // a page that switches themes replaces colours one by one
        let theme = Theme::light();
        let mut from: Vec<_> =
            theme.pairs(&Theme::dark()).into_iter().map(|(a, _)| (a.0, a.1, a.2)).collect();
        let n = from.len();
        from.sort_unstable();
        from.dedup();
        assert_eq!(from.len(), n);
    }

    #[test]
    fn words_on_colours_can_be_read() {
        for theme in [Theme::light(), Theme::dark()] {
            let (dark, light) = (Colour::Ramp(5), Colour::Ramp(0));
            assert_ne!(theme.readable_on(dark), theme.readable_on(light));
        }
        for theme in [Theme::light(), Theme::dark()] {
            assert_eq!(theme.readable_on(Colour::Category(3)), Colour::OnCategory);
        }
    }
}

//! Drawings with captions; their colours in the dark.

use cellprism_figures::Theme;

use super::{Content, html::escaped};

/// All figures.
pub fn section(content: Content<'_>) -> String {
    let mut out = String::from("<section id=\"figures\"><h2>Results</h2>\n");
    for (number, drawing) in content.drawings.iter().enumerate() {
        let tables: Vec<String> = drawing
            .tables
            .iter()
            .filter(|name| content.tables.iter().any(|table| table.name == **name))
            .map(|name| format!("<a href=\"#table-{name}\">{name}</a>"))
            .collect();
        let item = if drawing.item.is_empty() {
            String::new()
        } else {
            format!(" <span class=\"item\">{}</span>", escaped(&drawing.item))
        };
        out += &format!(
            "<figure id=\"figure-{}\"><h3>{}{item}</h3>\n{}\n<figcaption><b>Figure {}.</b> {} Drawn from {}.</figcaption></figure>\n",
            drawing.name,
            escaped(&drawing.title),
            drawing.svg.trim(),
            number + 1,
            escaped(&drawing.caption),
            tables.join(" and ")
        );
    }
    out + "</section>\n"
}

/// Rules that give drawings the colours of the dark: paper stays light.
pub fn dark() -> String {
    let mut out = String::from("@media screen and (prefers-color-scheme: dark) {\n");
    for (light, dark) in Theme::light().pairs(&Theme::dark()) {
        let hex = |c: &cellprism_figures::Rgb| format!("#{:02X}{:02X}{:02X}", c.0, c.1, c.2);
        let (from, to) = (hex(&light), hex(&dark));
        for what in ["fill", "stroke"] {
            out += &format!("svg.figure [{what}=\"{from}\"] {{ {what}: {to}; }}\n");
        }
    }
    out + "}\n"
}

//! Trunk's index.html: the elements marked `data-trunk`, and the page that they become.

use anyhow::{Context, Result, bail};

/// Something that a marked element asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asset {
    /// A program of the app's crate that the page starts.
    Main { bin: String },
    /// A program of the app's crate that the page starts in a web worker; with a script that loads it, if asked for.
    Worker { bin: String, loader: bool },
    /// A style sheet.
    Css { href: String },
    /// A script.
    Script { src: String },
    /// The page's icon.
    Icon { href: String },
    /// A file that is copied.
    CopyFile { href: String },
    /// A folder that is copied, to its own name or the one given.
    CopyFolder { href: String, to: Option<String> },
}

/// A page: the text between marked elements, and those.
#[derive(Debug)]
pub(super) struct Page {
    /// Text before each asset; one more piece than assets.
    pieces: Vec<String>,
    /// The marked elements, in order.
    pub assets: Vec<Asset>,
}

impl Page {
    /// Reads a page.
    ///
    /// # Errors
    /// If a marked element isn't understood.
    pub(super) fn parse(html: &str) -> Result<Self> {
        let mut pieces = Vec::new();
        let mut assets = Vec::new();
        let (mut rest, mut before) = (html, String::new());
        while let Some(start) = rest.find('<') {
            let (text, tail) = rest.split_at(start);
            before.push_str(text);
            if let Some(after) = tail.strip_prefix("<!--") {
                let end = after.find("-->").map_or(tail.len(), |end| end + "<!---->".len());
                before.push_str(&tail[..end]);
                rest = &tail[end..];
                continue;
            }
            let end = end_of_tag(tail).context("index.html ends inside an element")?;
            let (tag, tail) = tail.split_at(end);
            let attributes = attributes(tag);
            rest = tail;
            if attributes.iter().any(|(name, _)| name == "data-trunk") {
                pieces.push(std::mem::take(&mut before));
                assets.push(asset(tag, &attributes)?);
                rest = rest.strip_prefix("</script>").unwrap_or(rest);
            } else {
                before.push_str(tag);
            }
        }
        before.push_str(rest);
        pieces.push(before);
        Ok(Self { pieces, assets })
    }

    /// The page with each marked element replaced.
    pub(super) fn render(&self, replacement: impl Fn(&Asset) -> String) -> String {
        let mut html = String::new();
        for (index, piece) in self.pieces.iter().enumerate() {
            html.push_str(piece);
            if let Some(asset) = self.assets.get(index) {
                html.push_str(&replacement(asset));
            }
        }
        html
    }
}

fn asset(tag: &str, attributes: &[(String, String)]) -> Result<Asset> {
    let find =
        |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let need = |wanted: &str| find(wanted).with_context(|| format!("index.html: {tag} has no {wanted}"));
    if tag.starts_with("<script") {
        return Ok(Asset::Script { src: need("src")? });
    }
    let rel = need("rel")?;
    Ok(match rel.as_str() {
        "rust" => {
            let bin = find("data-bin").unwrap_or_else(|| "cellprism-app".to_owned());
            match find("data-type").as_deref() {
                None | Some("main") => Asset::Main { bin },
                Some("worker") => Asset::Worker { bin, loader: find("data-loader-shim").is_some() },
                Some(other) => bail!("index.html: data-type=\"{other}\" is not one that this build knows"),
            }
        }
        "css" => Asset::Css { href: need("href")? },
        "icon" => Asset::Icon { href: need("href")? },
        "copy-file" => Asset::CopyFile { href: need("href")? },
        "copy-dir" => Asset::CopyFolder { href: need("href")?, to: find("data-target-path") },
        other => bail!("index.html: rel=\"{other}\" is not one that this build knows"),
    })
}

/// The length of a tag, quotes respected.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (position, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '>') => return Some(position + 1),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

/// The attributes of a tag; a bare one has an empty value.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let inside = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
    let mut rest = inside.find(char::is_whitespace).map_or("", |space| &inside[space..]).trim_start();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(after) => match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            },
        };
        found.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html>
<html><head><!-- <link data-trunk rel="css" href="no.css"> -->
<title>a < b</title><link rel="canonical" href="x">
<link data-trunk rel="css" href="app/style/app.css" />
<link data-trunk rel="rust" data-bin="cellprism-worker" data-type="worker" data-loader-shim>
<script data-trunk src='app/theme.js'></script>
</head><body></body></html>"#;

    #[test]
    fn marked_elements_are_found_and_replaced() {
        let page = Page::parse(PAGE).unwrap();
        assert_eq!(
            page.assets,
            [
                Asset::Css { href: "app/style/app.css".into() },
                Asset::Worker { bin: "cellprism-worker".into(), loader: true },
                Asset::Script { src: "app/theme.js".into() },
            ]
        );
        let html = page.render(|_| "*".into());
        assert_eq!(html.matches('*').count(), 3);
        assert!(html.contains("no.css") && html.contains(r#"<link rel="canonical" href="x">"#));
        assert!(!html.contains("data-trunk rel=\"rust\"") && !html.contains("</script>"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let error = Page::parse(r#"<link data-trunk rel="tailwind-css" href="x">"#).unwrap_err();
        assert!(error.to_string().contains("tailwind-css"), "{error}");
    }
}

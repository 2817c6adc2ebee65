//! Every page stands in the contents, and every relative link leads to a file and a heading.

use std::{collections::BTreeSet, fs};

use crate::{docs, pages};

#[test]
fn every_page_stands_in_the_contents_once() {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let listed: Vec<String> = targets(&summary).into_iter().map(|(target, _)| target).collect();
    let there: BTreeSet<String> =
        pages().into_iter().map(|(name, _)| name).filter(|name| name != "SUMMARY.md").collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), there);
    assert_eq!(listed.len(), there.len(), "a page is listed twice: {listed:?}");
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for (name, text) in pages() {
        let folder = docs().join(&name).parent().unwrap().to_owned();
        for (target, heading) in targets(&text) {
            let path = if target.is_empty() { docs().join(&name) } else { folder.join(&target) };
            let Ok(content) = fs::read(&path) else {
                broken.push(format!("{name}: {target}"));
                continue;
            };
            if let Some(heading) = heading.filter(|_| path.extension().is_some_and(|ending| ending == "md"))
                && !headings(&String::from_utf8_lossy(&content)).contains(&heading)
            {
                broken.push(format!("{name}: {target}#{heading}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Relative links of a page, outside its code: file and heading.
fn targets(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code && !line.starts_with("    ") {
            for part in line.split("](").skip(1) {
                let Some((target, _)) = part.split_once(')') else { continue };
                if !target.contains("://") {
                    let (file, heading) =
                        target.split_once('#').map_or((target, None), |(a, b)| (a, Some(b.to_owned())));
                    found.push((file.to_owned(), heading));
                }
            }
        }
    }
    found
}

/// The names that mdBook gives a page's headings.
fn headings(text: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let kept = |c: char| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || "-_".contains(c) => Some(c.to_ascii_lowercase()),
            _ => None,
        };
        line.trim_start_matches('#').trim().chars().filter_map(kept).collect()
    };
    text.lines().filter(|line| line.starts_with('#')).map(name).collect()
}

#[test]
fn links_and_headings_are_found() {
    let text = "# One, two\n[a](b.md#c) and [d](https://e)\n```sh\n[x](y)\n```\n";
    assert_eq!(targets(text), [("b.md".to_owned(), Some("c".to_owned()))]);
    assert!(headings(text).contains("one-two"));
}

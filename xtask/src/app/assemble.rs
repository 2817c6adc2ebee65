//! The finished folder: page, programs, style sheets and files, with relative links only.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    bind::{Aim, bind},
    compile::compile,
    cut,
    effort::{CUT, Effort},
    index_html::{Asset, Page},
};
use crate::{
    project,
    setup::{Options, WasmOpt, wasm_target},
    step::{say, step},
};

/// The script that starts the app; a file, so that a content security policy need not allow inline scripts.
const START: &str = "start.js";

/// Builds the app into `target/app`.
///
/// # Errors
/// If a tool cannot be set up, the app doesn't compile, or index.html asks for what isn't there.
pub(crate) fn build(options: Options, effort: Effort) -> Result<PathBuf> {
    let index = project::root().join("index.html");
    let html = fs::read_to_string(&index).with_context(|| format!("cannot read {}", index.display()))?;
    let page = Page::parse(&html)?;
    let toolchain = wasm_target::ensure(options)?;
    let opt = match effort {
        Effort::Full => WasmOpt::ensure()?,
        Effort::Quick => None,
    };
    if opt.is_none() && effort == Effort::Full {
        say("  no Node.js with npm: the app is left larger than wasm-opt would make it");
    }
    let programs: Vec<(&str, Aim)> = page.assets.iter().filter_map(program_of).collect();
    let bins: Vec<&str> = programs.iter().map(|(bin, _)| *bin).collect();
    let files = step("app, compiled for the browser", || compile(toolchain, &bins, effort))?;
    let partial = project::target().join("app.partial");
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir_all(&partial)?;
    let bound = project::target().join("wasm/bound");
    for ((bin, aim), file) in programs.iter().zip(&files) {
        let cut = effort == Effort::Full && *bin == CUT;
        copy_folder(&bind(file, bin, *aim, cut, opt.as_ref(), &bound)?, &partial)?;
    }
    let _ = fs::remove_file(partial.join("stamp"));
    for asset in &page.assets {
        put(asset, &partial)?;
    }
    let is_cut = |bin: &str| partial.join(cut::link(bin)).exists();
    let html = page.render(|asset| element(asset, is_cut));
    fs::write(partial.join("index.html"), with_policy(&html)?)?;
    let app = project::app();
    let _ = fs::remove_dir_all(&app);
    fs::rename(&partial, &app)?;
    Ok(app)
}

/// What the page may do: scripts, styles and workers from its own folder, WebAssembly, and data also from elsewhere by https
/// (or from this computer), for `?bundle=`. It is part of the page, so that it holds on every static host. Trunk's server
/// adds inline scripts, so the policy is no part of index.html itself.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self' https: http://localhost:* http://127.0.0.1:*; \
    worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'";

/// The page with its policy, which must come before anything that loads.
fn with_policy(html: &str) -> Result<String> {
    let charset = "<meta charset=\"utf-8\">";
    let Some((before, after)) = html.split_once(charset) else { bail!("index.html has no {charset}") };
    let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">");
    Ok(format!("{before}{charset}\n{meta}{after}"))
}

/// The script that starts the app, and says so where it cannot.
fn start(bin: &str) -> String {
    format!(
        "import {{ head }} from './head.js';\nconst read = head();\n\
         // What can be read already is painted first; a page in the background is not painted.\n\
         const painted = () => new Promise((done) => {{\n  \
         requestAnimationFrame(() => setTimeout(done)); setTimeout(done, 1000);\n}});\n\
         const said = (text) => {{\n  const place = document.getElementById('boot-said');\n  \
         if (place) {{ place.textContent = text; place.setAttribute('role', 'alert'); }}\n}};\n\
         if (typeof WebAssembly === 'undefined') {{\n  \
         said('This browser runs no WebAssembly, or is set not to; cellprism computes in the page and needs it.');\n\
         }} else {{\n  try {{\n    \
         await read;\n    await painted();\n    \
         const program = fetch('./{bin}_bg.wasm');\n    \
         const {{ default: init }} = await import('./{bin}.js');\n    \
         await init({{ module_or_path: program }});\n  }} catch (error) {{\n    \
         said(`The page could not start: ${{error.message}}. Is every file of the site there? Reload to try again.`);\n    \
         throw error;\n  }}\n}}\n"
    )
}

fn program_of(asset: &Asset) -> Option<(&str, Aim)> {
    match asset {
        Asset::Main { bin } => Some((bin, Aim::Size)),
        Asset::Worker { bin, .. } => Some((bin, Aim::Speed)),
        _ => None,
    }
}

/// Puts an asset's files in place.
fn put(asset: &Asset, app: &Path) -> Result<()> {
    match asset {
        Asset::Main { bin } => {
            fs::write(app.join(START), start(bin))?;
        }
        Asset::Worker { bin, loader: true } => {
            let script = format!(
                "import init from './{bin}.js';\nawait init({{ module_or_path: './{bin}_bg.wasm' }});\n"
            );
            fs::write(app.join(format!("{bin}_loader.js")), script)?;
        }
        Asset::Worker { loader: false, .. } => {}
        Asset::Css { href }
        | Asset::Icon { href }
        | Asset::CopyFile { href }
        | Asset::Script { src: href } => {
            copy_file(&source(href), &app.join(file_name(href)))?;
        }
        Asset::CopyFolder { href, to } => {
            copy_folder(&source(href), &app.join(to.as_deref().unwrap_or(file_name(href))))?;
        }
    }
    Ok(())
}

/// What stands for an asset in the finished page; a program that `is_cut` begins with the script that fetches its parts.
fn element(asset: &Asset, is_cut: impl Fn(&str) -> bool) -> String {
    match asset {
        Asset::Main { bin } => format!(
            "<link rel=\"modulepreload\" href=\"./{bin}.js\">\n    {}<script type=\"module\" src=\"./{START}\"></script>",
            if is_cut(bin) {
                format!("<link rel=\"modulepreload\" href=\"./{}\">\n    ", cut::link(bin))
            } else {
                String::new()
            }
        ),
        Asset::Css { href } => format!("<link rel=\"stylesheet\" href=\"./{}\">", file_name(href)),
        Asset::Icon { href } => format!("<link rel=\"icon\" href=\"./{}\">", file_name(href)),
        Asset::Script { src } => format!("<script src=\"./{}\"></script>", file_name(src)),
        Asset::Worker { .. } | Asset::CopyFile { .. } | Asset::CopyFolder { .. } => String::new(),
    }
}

fn source(href: &str) -> PathBuf {
    project::root().join(href.trim_start_matches("./"))
}

fn file_name(href: &str) -> &str {
    href.trim_end_matches('/').rsplit('/').next().unwrap_or(href)
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        bail!("index.html asks for two files that would both be {}", to.display());
    }
    fs::copy(from, to)
        .with_context(|| format!("index.html asks for {}, which cannot be copied", from.display()))?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finished_page_has_relative_links_and_no_inline_script() {
        let page = Page::parse(
            r#"<link data-trunk rel="css" href="app/app.css"><link data-trunk rel="rust" data-bin="cellprism-app">"#,
        )
        .unwrap();
        let html = page.render(|asset| element(asset, |_| true));
        assert!(html.contains(r#"modulepreload" href="./cellprism-app_parts.js""#), "{html}");
        assert!(html.contains(r#"href="./app.css""#) && html.contains(r#"src="./start.js""#), "{html}");
        assert!(!html.contains("=\"/") && !html.contains("data-trunk"), "{html}");
    }

    #[test]
    fn the_policy_comes_first_and_the_start_says_what_is_missing() {
        let html =
            with_policy("<head><meta charset=\"utf-8\"><script src=\"./a.js\"></script></head>").unwrap();
        assert!(html.find("Content-Security-Policy").unwrap() < html.find("<script").unwrap());
        assert!(!POLICY.contains('"') && POLICY.contains("'wasm-unsafe-eval'"));
        assert!(with_policy("<head></head>").is_err());
        assert!(start("x").contains("import('./x.js')") && start("x").contains("no WebAssembly"));
    }
}

//! `cellprism serve`: bundles in a browser.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args as ClapArgs;

use super::{Global, runtime::RuntimeArgs};
use super::{stderr::errln, stdout::outln};
use crate::{
    http::{Access, Content, OnnxRuntime, Server, Shelf, Token, router},
    site::App,
};

/// Show bundles in a browser.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cellprism serve --bundle bundle\n  cellprism serve --bundle a --bundle b --bind 0.0.0.0:8080 --token-file token.txt\n\nThe connection is not encrypted: on a network, put a proxy with TLS before it."
)]
pub struct Args {
    /// Bundle folder; the first is shown first
    #[arg(long = "bundle", value_name = "DIR")]
    bundles: Vec<PathBuf>,
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    bind: String,
    /// File with a token that every request must carry; needed on any address but this computer's own
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Another name under which this computer may be asked, for instance a proxy's
    #[arg(long = "allow-host", value_name = "NAME")]
    hosts: Vec<String>,
    /// The built app (default: CELLPRISM_APP, beside this program, the cache that `cargo xtask` fills)
    #[arg(long, value_name = "DIR")]
    app: Option<PathBuf>,
    #[command(flatten)]
    runtime: RuntimeArgs,
}

impl Args {
    /// To show bundles on this computer, the first one first.
    pub fn of(bundles: Vec<PathBuf>, bind: String, app: Option<PathBuf>) -> Self {
        Self { bundles, bind, token_file: None, hosts: Vec::new(), app, runtime: RuntimeArgs::default() }
    }
}

/// Runs the command until Ctrl-C.
///
/// # Errors
/// If a bundle or the app cannot be read, or the address cannot be used.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    if args.bundles.is_empty() {
        bail!(
            "no bundle to show: give one with --bundle DIR, again for each further one. `cellprism run` writes \
             bundles; `cellprism demo` makes one of embedded cells and shows it"
        );
    }
    let token = args.token_file.as_deref().map(Token::read).transpose()?;
    let shelf = Shelf::open(&args.bundles)?;
    let shown = shelf.list();
    let runtime = OnnxRuntime::look_for(args.runtime.onnxruntime.as_deref());
    let content = Content { app: App::find(args.app.as_deref())?, shelf, runtime };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::bind(&args.bind, token.is_some()).await?;
        let url = format!("http://{}/", server.address);
        if global.json {
            outln!("{}", serde_json::json!({"url": url, "bundles": shown}));
        }
        if !global.quiet {
            for bundle in &shown {
                errln!("{}: {url}?bundle={}", bundle.title, bundle.path);
            }
            errln!("open {url} in a browser; Ctrl-C ends it");
        }
        server.run(router(content, Access { token, hosts: args.hosts })).await
    })
}

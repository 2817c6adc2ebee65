//! `cellprism serve`: bundles in a browser, and jobs over HTTP.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, bail};
use clap::Args as ClapArgs;

use super::{Global, jobs_of_server::JobArgs, runtime::RuntimeArgs};
use super::{stderr::errln, stdout::outln};
use crate::{
    files::bundle::BundleFolder,
    http::{Access, Api, Content, OnnxRuntime, Server, Shelf, Token, Tokens, router},
    queue::{self, Backend},
    site::{App, greet},
};

/// Show bundles in a browser; with --data-dir also take jobs.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cellprism serve --bundle bundle\n  cellprism serve --bundle a --bundle b --bind 0.0.0.0:8080 --token-file token.txt\n  cellprism serve --data-dir state --models models --datasets cells\n\nThe connection is not encrypted: on a network, put a proxy with TLS before it (docs/backend.md)."
)]
pub struct Args {
    /// Bundle folder; the first is shown first
    #[arg(long = "bundle", value_name = "DIR")]
    bundles: Vec<PathBuf>,
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    bind: String,
    /// File with a token that every request must carry; a token is needed on any address but this computer's own
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// File with tokens, each with a name, a role (read, submit, admin), the SHA-256 of the token, and quotas: a table [[token]] each
    #[arg(long, value_name = "TOML")]
    tokens: Option<PathBuf>,
    /// Another name under which this computer may be asked, for instance a proxy's
    #[arg(long = "allow-host", value_name = "NAME")]
    hosts: Vec<String>,
    /// The built app (default: CELLPRISM_APP, beside this program, the cache that `cargo xtask` fills)
    #[arg(long, value_name = "DIR")]
    app: Option<PathBuf>,
    #[command(flatten)]
    jobs: JobArgs,
    #[command(flatten)]
    runtime: RuntimeArgs,
}

impl Args {
    /// To show bundles on this computer, the first one first.
    pub fn of(bundles: Vec<PathBuf>, bind: String, app: Option<PathBuf>) -> Self {
        let (jobs, runtime) = (JobArgs::none(), RuntimeArgs::default());
        Self { bundles, bind, token_file: None, tokens: None, hosts: Vec::new(), app, jobs, runtime }
    }

    /// Whether jobs are taken.
    pub fn has_jobs(&self) -> bool {
        self.jobs.data_dir.is_some()
    }

    /// Whether each line of the log is a JSON object.
    pub fn logs_json(&self) -> bool {
        self.jobs.logs_json()
    }

    fn tokens(&self) -> anyhow::Result<Tokens> {
        let one = self.token_file.as_deref().map(Token::read).transpose()?.map(Tokens::of);
        let many = self.tokens.as_deref().map(Tokens::read).transpose()?;
        Ok(match (one, many) {
            (Some(one), Some(many)) => one.and(many),
            (one, many) => one.or(many).unwrap_or_default(),
        })
    }
}

/// Runs the command until Ctrl-C.
///
/// # Errors
/// If a bundle, the app or the folder of jobs cannot be used, or the address cannot.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    if args.bundles.is_empty() && !args.has_jobs() {
        bail!(
            "no bundle to show: give one with --bundle DIR, again for each further one, or take jobs with --data-dir DIR. \
             `cellprism run` writes bundles; `cellprism demo` makes one of embedded cells and shows it"
        );
    }
    let tokens = args.tokens()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::bind(&args.bind, !tokens.is_empty()).await?;
        let shelf = Arc::new(Shelf::open(&args.bundles)?);
        let mut app = App::find(args.app.as_deref())?;
        if let Some(first) = args.bundles.first() {
            let greeted =
                BundleFolder::open(first).and_then(|(folder, manifest)| greet(&mut app, &folder, &manifest));
            if let Err(error) = greeted {
                tracing::warn!("the page begins without the words of {}: {error:#}", first.display());
            }
        }
        let library = args.runtime.onnxruntime.as_deref();
        let onnxruntime = OnnxRuntime::look_for(library);
        let api = match &args.jobs.data_dir {
            None => None,
            Some(root) => {
                let settings = args.jobs.settings(library)?;
                let backend = Arc::new(Backend::open(root, settings)?);
                let api = Api::new(backend.clone(), shelf.clone(), onnxruntime.clone())
                    .context("the bundles of finished jobs")?;
                let (shown, folder) = (shelf.clone(), backend.clone());
                queue::start(&backend, move |job| {
                    if let Err(error) = shown.add(job, &folder.folder.bundle(job)) {
                        tracing::error!(job, "its bundle cannot be shown: {error:#}");
                    }
                });
                Some(Arc::new(api))
            }
        };
        let shown = shelf.list();
        let url = format!("http://{}/", server.address);
        if global.json {
            outln!("{}", serde_json::json!({"url": url, "bundles": shown}));
        }
        if !global.quiet {
            for bundle in &shown {
                errln!("{}: {url}?bundle={}", bundle.title, bundle.path);
            }
            if api.is_some() {
                errln!("jobs: {url}api/v1/jobs, documented at {url}docs");
            }
            errln!("open {url} in a browser; Ctrl-C ends it");
        }
        let content = Content { app, shelf, runtime: onnxruntime, api };
        server.run(router(content, Access { tokens, hosts: args.hosts })).await
    })
}

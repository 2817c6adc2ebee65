//! `cellprism --server URL jobs …`: jobs of a server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Map, Value, json};

use super::{Global, stderr::errln, stdout::outln};
use crate::{
    client::{Client, Told},
    state,
    work::{progress::Progress, regular},
};

/// Jobs of a server (`cellprism serve --data-dir`).
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism --server http://localhost:8080 jobs submit --cells cells.h5ad --model scvi --gene-sets GO.gmt --concepts 500 --watch\n  cellprism --server http://localhost:8080 jobs fetch JOB --out bundle"
)]
pub struct Args {
    /// The server (default: what stands before `jobs`, CELLPRISM_SERVER, http://127.0.0.1:8080)
    #[arg(long, value_name = "URL", global = true)]
    server: Option<String>,
    /// File with the token that the server asks for
    #[arg(long, value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

/// What is done.
#[derive(Debug, Subcommand)]
enum What {
    /// Upload files and submit a job
    Submit(Box<Submit>),
    /// Jobs, the newest first
    List {
        /// Only those in this state: queued, running, succeeded, failed, cancelled
        #[arg(long)]
        state: Option<String>,
    },
    /// Follow a job until it ends
    Watch {
        /// Its id
        job: String,
    },
    /// Stop a job; nothing of it is left
    Cancel {
        /// Its id
        job: String,
    },
    /// Fetch the bundle of a job that is done
    Fetch {
        /// Its id
        job: String,
        /// Bundle folder to write
        #[arg(long, value_name = "BUNDLE")]
        out: PathBuf,
    },
}

/// A job; what is not said is as `cellprism run` has it.
#[derive(Debug, ClapArgs)]
struct Submit {
    /// Cells with raw counts (.h5ad), which are uploaded
    #[arg(long, value_name = "H5AD", required_unless_present = "dataset")]
    cells: Option<PathBuf>,
    /// … or the id of a dataset that is there
    #[arg(long, value_name = "ID", conflicts_with = "cells")]
    dataset: Option<String>,
    /// Id of a model of the server
    #[arg(long, value_name = "ID")]
    model: String,
    /// Gene sets (.gmt or .gmt.gz), which are uploaded
    #[arg(long, value_name = "GMT", num_args = 1..)]
    gene_sets: Vec<PathBuf>,
    /// … or ids of libraries that are there
    #[arg(long, value_name = "ID", num_args = 1..)]
    libraries: Vec<String>,
    /// Concepts in the dictionary
    #[arg(long)]
    concepts: Option<u32>,
    /// Active concepts per cell
    #[arg(long)]
    active: Option<u32>,
    /// Passes over the cells
    #[arg(long)]
    epochs: Option<u32>,
    /// Seed of training
    #[arg(long)]
    seed: Option<u64>,
    /// Metadata columns, the one that names cells first
    #[arg(long, value_name = "COL,...", value_delimiter = ',')]
    labels: Vec<String>,
    /// cpu, cuda or cuda:N of the server
    #[arg(long)]
    device: Option<String>,
    /// Any option of `cellprism run` with _ for -, its value as JSON or as a word, for instance min_size=5
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = option)]
    options: Vec<(String, Value)>,
    /// Follow the job until it ends
    #[arg(long)]
    watch: bool,
}

fn option(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("say NAME=VALUE, for instance min_size=5")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    Ok((name.replace('-', "_"), value))
}

/// Runs the command.
///
/// # Errors
/// What the server or the network says, or if the job fails.
pub fn run(args: Args, server: Option<String>, global: &Global) -> anyhow::Result<()> {
    let from_environment = || std::env::var("CELLPRISM_SERVER").ok();
    let address = args.server.or(server).or_else(from_environment);
    let address = address.unwrap_or_else(|| "http://127.0.0.1:8080".into());
    let token = args.token_file.as_deref().map(token).transpose()?;
    let client = Client::new(&address, token)?;
    match args.what {
        What::Submit(asked) => {
            let watch = asked.watch;
            let job = submit(&client, *asked, global).with_context(|| address.clone())?;
            let id = job["id"].as_str().unwrap_or_default().to_owned();
            if !watch {
                return say(global, &job, &format!("job {id} is {}", word(&job["state"])));
            }
            watched(&client, &id, global)
        }
        What::List { state } => {
            let which = state.map_or_else(String::new, |state| format!("?state={state}"));
            let jobs = client.get(&format!("jobs{which}"))?;
            if global.json {
                outln!("{jobs}");
                return Ok(());
            }
            for job in jobs.as_array().into_iter().flatten() {
                outln!(
                    "{}  {:<9}  {}  {} {}/{}",
                    word(&job["id"]),
                    word(&job["state"]),
                    word(&job["created"]),
                    word(&job["stage"]),
                    job["done"],
                    job["total"]
                );
            }
            Ok(())
        }
        What::Watch { job } => watched(&client, &job, global),
        What::Cancel { job } => {
            let job = client.post(&format!("jobs/{job}/cancel"), &json!({}), None)?;
            say(global, &job, &format!("job {} stops", word(&job["id"])))
        }
        What::Fetch { job, out } => {
            let found = client.get(&format!("jobs/{job}"))?;
            let Some(bundle) = found["bundle"].as_str() else {
                bail!("job {job} is {}: its bundle is there once it has succeeded", word(&found["state"]));
            };
            let files = client.fetch(bundle, &out, &global.progress())?;
            say(global, &json!({"bundle": out, "files": files}), &format!("{}: {files} files", out.display()))
        }
    }
}

fn token(file: &Path) -> anyhow::Result<String> {
    let text =
        regular::text(file, regular::SETTINGS).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.trim().to_owned())
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn say(global: &Global, json: &Value, words: &str) -> anyhow::Result<()> {
    if global.json {
        outln!("{json}");
    } else if !global.quiet {
        errln!("{words}");
    }
    Ok(())
}

/// Uploads what is not there yet, and submits.
fn submit(client: &Client, asked: Submit, global: &Global) -> anyhow::Result<Value> {
    let progress = global.progress();
    let upload = |path: &Path| -> anyhow::Result<String> {
        let length =
            std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
        let steps = progress.begin("upload", length, "bytes");
        let id = client.upload(path, &*steps).with_context(|| path.display().to_string())?;
        steps.finish();
        Ok(id)
    };
    let name =
        |path: &Path| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let dataset = match (&asked.cells, asked.dataset) {
        (_, Some(id)) => json!(id),
        (Some(cells), None) => {
            let body = json!({"upload": upload(cells)?, "name": name(cells)});
            client.post("datasets", &body, None)?["id"].clone()
        }
        (None, None) => bail!("give --cells or --dataset"),
    };
    let mut libraries: Vec<Value> = Vec::new();
    for path in &asked.gene_sets {
        let body = json!({"upload": upload(path)?, "name": name(path)});
        libraries.push(client.post("gene-sets", &body, None)?["id"].clone());
    }
    libraries.extend(asked.libraries.into_iter().map(Value::from));
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("dataset", Some(dataset));
    put("model", Some(json!(asked.model)));
    put("gene_sets", Some(json!(libraries)));
    put("concepts", asked.concepts.map(Value::from));
    put("active", asked.active.map(Value::from));
    put("epochs", asked.epochs.map(Value::from));
    put("seed", asked.seed.map(Value::from));
    put("labels", (!asked.labels.is_empty()).then(|| json!(asked.labels)));
    put("device", asked.device.map(Value::from));
    for (name, value) in asked.options {
        put(&name, Some(value));
    }
    // A request that was sent, and whose answer was lost, makes no second job.
    let once = state::fresh()?;
    Ok(client.post("jobs", &Value::Object(body), Some(&once))?)
}

fn watched(client: &Client, job: &str, global: &Global) -> anyhow::Result<()> {
    let ended = client.watch(job, &mut |told| tell(told, global))?;
    if global.json {
        outln!("{ended}");
    }
    match word(&ended["state"]) {
        "succeeded" => {
            let words = format!("job {job} has succeeded: jobs fetch {job} --out BUNDLE");
            say(&Global { json: false, ..*global }, &ended, &words)
        }
        "failed" => bail!("job {job} has failed: {}", word(&ended["error"])),
        state => bail!("job {job} is {state}"),
    }
}

fn tell(told: &Told, global: &Global) {
    if global.quiet {
        return;
    }
    let data = &told.data;
    match told.kind.as_str() {
        "progress" => {
            errln!("{}: {}/{} {}", word(&data["stage"]), data["done"], data["total"], word(&data["unit"]))
        }
        "log" => errln!("{}", word(&data["line"])),
        _ => errln!("{}", word(&data["state"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_json_or_words() {
        assert_eq!(option("min-size=5"), Ok(("min_size".into(), json!(5))));
        assert_eq!(option("attribution=screened"), Ok(("attribution".into(), json!("screened"))));
        assert_eq!(option("labels=[\"a\"]"), Ok(("labels".into(), json!(["a"]))));
        assert!(option("neurons").is_err());
    }
}

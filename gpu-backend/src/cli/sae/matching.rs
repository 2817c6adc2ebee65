//! `cellprism sae match`.

use std::path::PathBuf;

use cellprism_core::sae::matching::Shape;

use crate::{
    cli::{
        Global,
        stderr::err,
        stdout::{out, outln},
    },
    jobs::sae::matching::{self, Matching},
};

/// Options of `sae match`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Pairs maximise the sum of cosines (Hungarian method) over the concepts that are alive: a dictionary that cellprism\ntrained says which are; of others all count. A match is stable where its cosine is above the 95 % point of a null:\none dictionary is replaced by random directions, as many, and matched in the same way. With --embeddings the random\ndirections have the embeddings' covariance, random cells are told as well, and each pair has the correlation of its\nactivations; without, they are equally likely everywhere, which is easier to exceed.\n\nExample:\n  cellprism sae match --left seed0/ --right seed1/ --embeddings embeddings.safetensors --json"
)]
pub struct Args {
    /// One sparse autoencoder
    #[arg(long, value_name = "DIR")]
    left: PathBuf,
    /// Another, of embeddings of the same size and model
    #[arg(long, value_name = "DIR")]
    right: PathBuf,
    /// Embeddings of shared cells (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: Option<PathBuf>,
    /// Seed of the random dictionaries
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let Args { left, right, embeddings, seed } = args;
    let with_cells = embeddings.is_some();
    let found = matching::run(&matching::Options { left, right, embeddings, seed })?;
    if global.json {
        outln!("{}", serde_json::to_string(&found)?);
    } else {
        out!("{}", table(&found, with_cells));
        err!("{}", in_words(&found));
    }
    Ok(())
}

fn table(found: &Matching, with_cells: bool) -> String {
    let mut out = String::from("left\tright\tcosine\tstable");
    out += if with_cells { "\tcorrelation\n" } else { "\n" };
    for matched in &found.pairs {
        let (pair, stable) = (&matched.pair, if matched.stable { "yes" } else { "no" });
        out += &format!("{}\t{}\t{:.6}\t{stable}", pair.left.0, pair.right.0, pair.cosine);
        if with_cells {
            out += &matched.correlation.map_or_else(|| "\t".into(), |r| format!("\t{r:.6}"));
        }
        out.push('\n');
    }
    out
}

fn in_words(found: &Matching) -> String {
    let (Some(mean), Some(null)) = (found.mean_cosine, found.null) else {
        return "no pairs: one of the two dictionaries has no concept that is alive\n".into();
    };
    let mut out = String::new();
    for (name, side) in [("left", &found.left), ("right", &found.right)] {
        let note = if side.alive_known { "alive" } else { "counted; it does not say which are dead" };
        out += &format!("{name}: {} of {} concepts {note}\n", side.alive, side.concepts);
    }
    let what = match null.shape {
        Shape::Isotropic => {
            "random directions, equally likely everywhere (--embeddings draws them as the cells spread),"
        }
        _ => "random directions with the embeddings' covariance",
    };
    out += &format!(
        "{} pairs, mean cosine {mean:.4}; {what} reach {:.4}, 95 % of them at most {:.4}\n",
        found.pairs.len(),
        null.mean,
        null.p95
    );
    if let Some(cells) = found.null_of_cells {
        out += &format!("random cells reach {:.4}, 95 % of them at most {:.4}\n", cells.mean, cells.p95);
    }
    out + &format!("{} of {} matches are stable\n", found.stable, found.pairs.len())
}

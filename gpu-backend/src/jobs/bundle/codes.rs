//! Which cells activate which concepts, encoded some thousand cells at a time: at once, or by shares that are kept and put
//! together.

use cellprism_core::{
    bundle::{Tensors, read_f32, read_u32},
    concepts::Activations,
    sae::{Codes, SaeWeights},
};
use ndarray::{ArrayView2, Axis};
use safetensors::SafeTensors;

use super::work::Work;
use crate::{
    jobs::ENCODED,
    work::{progress::Progress, share::Share},
};

/// The folder of kept codes.
pub const CODES: &str = "codes";

/// Encodes a share of the cells and keeps the codes.
///
/// # Errors
/// If they cannot be written.
pub fn keep_share(
    sae: &SaeWeights,
    embeddings: ArrayView2<'_, f32>,
    work: &Work,
    share: Share,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    let encoder = sae.encoder();
    let pieces = share.range(embeddings.nrows().div_ceil(ENCODED));
    let steps = progress.begin("activate", pieces.len() as u64, "pieces");
    for (place, some) in embeddings.axis_chunks_iter(Axis(0), ENCODED).enumerate() {
        if pieces.contains(&place) {
            if read(place, some.nrows(), sae, work).is_none() {
                let codes = encoder.encode(some);
                let mut file = Tensors::default();
                let shape = [some.nrows(), codes.k];
                file.u32("concepts", &shape, codes.indices);
                file.f32("activations", &shape, codes.values);
                work.keep_bytes(&name(place), &file.to_bytes()?)?;
            }
            steps.advance(1);
        }
    }
    steps.finish();
    Ok(())
}

/// Activations of all cells: kept codes are read, the others computed.
pub fn activations(sae: &SaeWeights, embeddings: ArrayView2<'_, f32>, work: &Work) -> Activations {
    let encoder = sae.encoder();
    let mut found = Activations::none(sae.config.d_sae);
    for (place, some) in embeddings.axis_chunks_iter(Axis(0), ENCODED).enumerate() {
        let codes = read(place, some.nrows(), sae, work).unwrap_or_else(|| encoder.encode(some));
        found.append(some.nrows(), codes.k, &codes.indices, &codes.values);
    }
    found.shrink();
    found
}

/// Codes that are kept, where they are whole.
fn read(place: usize, cells: usize, sae: &SaeWeights, work: &Work) -> Option<Codes> {
    let bytes = work.stage_bytes(&name(place))?;
    let file = SafeTensors::deserialize(&bytes).ok()?;
    let (shape, indices) = read_u32(&file, "concepts").ok()?;
    let (other, values) = read_f32(&file, "activations").ok()?;
    let k = *shape.get(1)?;
    let within = indices.iter().all(|&concept| (concept as usize) < sae.config.d_sae);
    (shape == other && shape[0] == cells && within).then_some(Codes { k, indices, values })
}

fn name(place: usize) -> String {
    format!("{CODES}/{place:06}")
}

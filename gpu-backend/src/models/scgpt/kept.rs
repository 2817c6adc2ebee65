//! Embeddings of swapped cells that other concepts may ask for again: those of the latest prototypes, in bounded memory.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use cellprism_core::ids::CellId;

/// Memory for them.
const KEPT_BYTES: usize = 512 << 20;

/// One prototype.
#[derive(Debug, Default)]
struct Prototype {
    base: Option<Arc<[f32]>>,
    /// With single bins replaced.
    swaps: HashMap<(u32, u16), Arc<[f32]>>,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Kept {
    prototypes: HashMap<CellId, Prototype>,
    /// Oldest first.
    order: VecDeque<CellId>,
    bytes: usize,
    /// Sequences that went through the model so far.
    pub passes: u64,
}

/// What is known of a prototype.
pub struct Found {
    /// Its own embedding.
    pub base: Option<Arc<[f32]>>,
    /// Those of the swaps that were asked for.
    pub swaps: Vec<Option<Arc<[f32]>>>,
}

impl Kept {
    /// What is known of these swaps.
    pub fn find(&self, prototype: CellId, wanted: &[(u32, u16)]) -> Found {
        let known = self.prototypes.get(&prototype);
        Found {
            base: known.and_then(|known| known.base.clone()),
            swaps: wanted.iter().map(|swap| known.and_then(|known| known.swaps.get(swap).cloned())).collect(),
        }
    }

    /// Keeps a prototype's embedding and some swaps, and drops the oldest prototypes until the rest fits.
    pub fn keep(
        &mut self,
        prototype: CellId,
        base: &Arc<[f32]>,
        swaps: impl Iterator<Item = ((u32, u16), Arc<[f32]>)>,
    ) {
        let known = self.prototypes.entry(prototype).or_insert_with(|| {
            self.order.push_back(prototype);
            Prototype::default()
        });
        known.base = Some(base.clone());
        for (swap, row) in swaps {
            let bytes = size_of_val(&row[..]);
            if known.swaps.insert(swap, row).is_none() {
                self.bytes += bytes;
            }
        }
        while self.bytes > KEPT_BYTES
            && let Some(oldest) = self.order.front().copied().filter(|&oldest| oldest != prototype)
        {
            self.order.pop_front();
            let forgotten = self.prototypes.remove(&oldest).unwrap_or_default();
            self.bytes -= forgotten.swaps.values().map(|row| size_of_val(&row[..])).sum::<usize>();
        }
    }
}

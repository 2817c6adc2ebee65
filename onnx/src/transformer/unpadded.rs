//! The same graph for batches of equal length: without the mask, ONNX Runtime's attention on the processor runs in
//! blocks that never hold a whole row of scores for every pair of positions.

use prost::Message;

use super::{ATTENTION, MASK};
use crate::{graph::PRODUCER, proto};

/// The graph of a `model.onnx` without its input `mask`, or `None` where it has none (a model written by hand).
///
/// # Errors
/// If the file is no ONNX model.
pub fn without_padding(model: &[u8]) -> Result<Option<Vec<u8>>, prost::DecodeError> {
    let mut model = proto::Model::decode(model)?;
    // Files of other programs may hold what the few messages here would lose.
    let Some(graph) = model.graph.as_mut().filter(|_| model.producer_name == PRODUCER) else {
        return Ok(None);
    };
    let (operator, place) = ATTENTION;
    let before = graph.input.len();
    graph.input.retain(|input| input.name != MASK);
    for node in graph.node.iter_mut().filter(|node| node.op_type == operator) {
        if node.input.get(place).is_some_and(|name| name == MASK) {
            node.input.truncate(place);
        }
    }
    let read_elsewhere = graph.node.iter().any(|node| node.input.iter().any(|name| name == MASK));
    Ok((graph.input.len() < before && !read_elsewhere).then(|| model.encode_to_vec()))
}

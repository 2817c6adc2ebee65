//! A model in half precision: weights and everything computed between them are 16-bit floats, what is fed and what comes
//! out stay 32-bit. For embedding on accelerators; differences of single genes are smaller than its rounding.

use half::f16;
use prost::Message;

use crate::{
    folder::{ImportError, ModelFolder},
    graph::Element,
    proto,
};

impl ModelFolder {
    /// The same model in half precision, recorded in its card.
    ///
    /// # Errors
    /// If a weight is beyond the largest 16-bit float, 65,504, or the graph computes in other types by itself.
    pub fn in_half_precision(mut self) -> Result<Self, ImportError> {
        let unsupported = |what: String| ImportError::Unsupported(format!("half precision: {what}"));
        let model = self.files.get("model.onnx").map_or(&[][..], Vec::as_slice);
        let model = half_precision(model).map_err(unsupported)?;
        self.files.insert("model.onnx".into(), model);
        self.card.precision = "float16".into();
        self.files.insert("model.json".into(), self.card.to_json()?.into_bytes());
        Ok(self)
    }
}

/// The file of a graph in half precision.
fn half_precision(model: &[u8]) -> Result<Vec<u8>, String> {
    let mut model = proto::Model::decode(model).map_err(|e| e.to_string())?;
    let graph = model.graph.as_mut().ok_or("no graph")?;
    if let Some(node) = graph
        .node
        .iter()
        .find(|node| node.op_type == "Cast" || node.attribute.iter().any(|a| a.t.is_some() || a.g.is_some()))
    {
        return Err(format!("operator {} has types of its own", node.name));
    }
    for tensor in &mut graph.initializer {
        to_half(tensor)?;
    }
    let fed: Vec<String> = floats(&graph.input);
    let given: Vec<String> = floats(&graph.output);
    let inside = |name: &str| format!("{name}_half");
    for node in &mut graph.node {
        for name in node.input.iter_mut().filter(|name| fed.contains(name) || given.contains(name)) {
            *name = inside(name);
        }
        for name in node.output.iter_mut().filter(|name| given.contains(name)) {
            *name = inside(name);
        }
    }
    let narrow = fed.iter().map(|name| cast(name, &inside(name), Element::F16));
    let wide = given.iter().map(|name| cast(&inside(name), name, Element::F32));
    graph.node = narrow.chain(std::mem::take(&mut graph.node)).chain(wide).collect();
    Ok(model.encode_to_vec())
}

/// Names of the tensors of 32-bit floats.
fn floats(values: &[proto::ValueInfo]) -> Vec<String> {
    let is_float = |value: &&proto::ValueInfo| {
        let tensor = value.kind.as_ref().and_then(|kind| kind.tensor.as_ref());
        tensor.is_some_and(|tensor| tensor.element == Element::F32.code())
    };
    values.iter().filter(is_float).map(|value| value.name.clone()).collect()
}

fn cast(from: &str, to: &str, element: Element) -> proto::Node {
    let target = proto::Attribute {
        name: "to".into(),
        i: Some(element.code().into()),
        kind: 2,
        ..proto::Attribute::default()
    };
    proto::Node {
        input: vec![from.into()],
        output: vec![to.into()],
        name: format!("Cast_{to}"),
        op_type: "Cast".into(),
        attribute: vec![target],
        domain: String::new(),
    }
}

fn to_half(tensor: &mut proto::Tensor) -> Result<(), String> {
    if tensor.data_type != Element::F32.code() {
        return Ok(());
    }
    let raw = tensor.raw_data.take().unwrap_or_default();
    let mut narrow = Vec::with_capacity(raw.len() / 2);
    for bytes in raw.as_chunks::<4>().0 {
        let value = f32::from_le_bytes(*bytes);
        let half = f16::from_f32(value);
        if half.is_infinite() && value.is_finite() {
            return Err(format!("{} holds {value}, more than a 16-bit float can", tensor.name));
        }
        narrow.extend_from_slice(&half.to_le_bytes());
    }
    tensor.data_type = Element::F16.code();
    tensor.raw_data = Some(narrow);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Dim, Graph};

    fn graph(factor: f32) -> Vec<u8> {
        let rows = [Dim::name("n"), Dim::fixed(2)];
        let mut g = Graph::new("scaled");
        let x = g.input("x", Element::F32, &rows);
        let places = g.input("places", Element::I64, &[Dim::name("m")]);
        let factor = g.constant("factor", &[], &[factor]);
        let y = g.op("Mul", &[x, factor]);
        let y = g.op("Gather", &[y, places]);
        g.output(y, "y", Element::F32, &rows);
        g.to_bytes(17)
    }

    #[test]
    fn inside_is_half_and_the_ends_are_not() {
        let bytes = half_precision(&graph(1.0 / 3.0)).unwrap();
        let graph = proto::Model::decode(bytes.as_slice()).unwrap().graph.unwrap();
        let nodes: Vec<_> = graph
            .node
            .iter()
            .map(|n| (n.op_type.as_str(), n.input[0].as_str(), n.output[0].as_str()))
            .collect();
        assert_eq!(
            nodes,
            [
                ("Cast", "x", "x_half"),
                ("Mul", "x_half", "Mul"),
                ("Gather", "Mul", "y_half"),
                ("Cast", "y_half", "y")
            ]
        );
        assert_eq!(graph.node[2].input[1], "places");
        let factor = &graph.initializer[0];
        assert_eq!((factor.data_type, factor.raw_data.as_deref()), (10, Some(&[0x55, 0x35][..])));
        assert_eq!(floats(&graph.input), ["x"]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(half_precision(&graph(70_000.0)).unwrap_err().contains("factor holds 70000"));
        assert!(half_precision(b"\xff").is_err());
    }
}

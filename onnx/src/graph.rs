//! A small builder of ONNX graphs: values are typed handles, names are made unique, operators are listed in
//! the order they are added, which is an order in which they can run.
//!
//! ```
//! use cellprism_onnx::graph::{Dim, Element, Graph};
//! let mut g = Graph::new("double");
//! let x = g.input("x", Element::F32, &[Dim::name("n"), Dim::fixed(3)]);
//! let two = g.constant("two", &[], &[2.0f32]);
//! let y = g.op("Mul", &[x, two]);
//! g.output(y, "y", Element::F32, &[Dim::name("n"), Dim::fixed(3)]);
//! let file: Vec<u8> = g.to_bytes(18);
//! assert!(!file.is_empty());
//! ```

mod tensor;

use std::collections::BTreeMap;

use prost::Message;

pub use tensor::{Dim, Element, Number};

use crate::proto;

/// Format version that goes with operator sets 17 and 18.
const IR_VERSION: i64 = 8;
/// What files name as the program that wrote them.
pub const PRODUCER: &str = "cellprism";
/// Domain of ONNX Runtime's own operators, for instance fused attention.
pub const MICROSOFT: &str = "com.microsoft";

/// A tensor in a graph: an input, a constant or an output of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Value(usize);

impl Value {
    /// An optional input that is left out.
    pub const ABSENT: Self = Self(0);
}

/// An attribute's value.
#[derive(Clone, Debug)]
pub enum Setting {
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f32),
    /// Text.
    Text(String),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Numbers.
    Floats(Vec<f32>),
    /// A tensor.
    Tensor(proto::Tensor),
    /// A graph.
    Graph(Graph),
}

impl Setting {
    /// A tensor of shape `[1]`, as `ConstantOfShape` takes its value.
    pub fn one<T: Number>(value: T) -> Self {
        Self::Tensor(tensor::tensor(&[1], &[value]))
    }
}

impl From<i64> for Setting {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f32> for Setting {
    fn from(value: f32) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Setting {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<Vec<i64>> for Setting {
    fn from(value: Vec<i64>) -> Self {
        Self::Ints(value)
    }
}

/// A graph being built.
#[derive(Clone, Debug)]
pub struct Graph {
    name: String,
    names: Vec<String>,
    taken: BTreeMap<String, usize>,
    nodes: Vec<Node>,
    constants: Vec<(Value, proto::Tensor)>,
    inputs: Vec<(Value, proto::Type)>,
    outputs: Vec<(Value, proto::Type)>,
    metadata: Vec<proto::Entry>,
}

#[derive(Clone, Debug)]
struct Node {
    operator: String,
    domain: &'static str,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
    settings: Vec<(String, Setting)>,
}

impl Graph {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            names: vec![String::new()],
            taken: BTreeMap::new(),
            nodes: Vec::new(),
            constants: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            metadata: Vec::new(),
        }
    }

    /// Adds an input. Its name stays as it is; two inputs must not share one.
    pub fn input(&mut self, name: &str, element: Element, shape: &[Dim]) -> Value {
        let value = self.value(name);
        self.inputs.push((value, tensor::type_of(element, shape)));
        value
    }

    /// Declares `value` as the output `name` and returns it under that name.
    ///
    /// An input or constant, or a value that is an output already, is copied.
    pub fn output(&mut self, value: Value, name: &str, element: Element, shape: &[Dim]) -> Value {
        let made_here = self.nodes.iter().any(|node| node.outputs.contains(&value));
        let declared = self.outputs.iter().any(|&(other, _)| other == value);
        let value = if made_here && !declared { value } else { self.op("Identity", &[value]) };
        self.taken.insert(name.into(), 1);
        self.names[value.0] = name.into();
        self.outputs.push((value, tensor::type_of(element, shape)));
        value
    }

    /// Adds a constant of the given shape (`&[]`: a scalar), row-major.
    ///
    /// # Panics
    /// If the shape does not hold as many values.
    pub fn constant<T: Number>(&mut self, name: &str, shape: &[usize], values: &[T]) -> Value {
        let value = self.value(name);
        self.constants.push((value, tensor::tensor(shape, values)));
        value
    }

    /// Applies a standard operator with one output and no attributes.
    pub fn op(&mut self, operator: &str, inputs: &[Value]) -> Value {
        self.op_with(operator, inputs, &[])
    }

    /// Applies a standard operator with one output.
    pub fn op_with(&mut self, operator: &str, inputs: &[Value], settings: &[(&str, Setting)]) -> Value {
        let [output] = self.op_many(operator, inputs, settings);
        output
    }

    /// Applies a standard operator with several outputs.
    pub fn op_many<const N: usize>(
        &mut self,
        operator: &str,
        inputs: &[Value],
        settings: &[(&str, Setting)],
    ) -> [Value; N] {
        self.op_in("", operator, inputs, settings)
    }

    /// Applies an operator of another domain, for instance [`MICROSOFT`].
    pub fn op_in<const N: usize>(
        &mut self,
        domain: &'static str,
        operator: &str,
        inputs: &[Value],
        settings: &[(&str, Setting)],
    ) -> [Value; N] {
        let outputs = std::array::from_fn(|_| self.value(operator));
        self.nodes.push(Node {
            operator: operator.into(),
            domain,
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
            settings: settings.iter().map(|(name, setting)| ((*name).into(), setting.clone())).collect(),
        });
        outputs
    }

    /// Attaches text that programs reading the file can show.
    pub fn describe(&mut self, key: &str, value: &str) {
        self.metadata.push(proto::Entry { key: key.into(), value: value.into() });
    }

    /// The whole file, for one version of the standard operators.
    pub fn to_bytes(&self, opset: i64) -> Vec<u8> {
        self.to_model(opset).encode_to_vec()
    }

    /// The model message.
    pub fn to_model(&self, opset: i64) -> proto::Model {
        let set = |domain: &str, version| proto::OperatorSet { domain: Some(domain.into()), version };
        let mut opset_import = vec![set("", opset)];
        if self.nodes.iter().any(|node| node.domain == MICROSOFT) {
            opset_import.push(set(MICROSOFT, 1));
        }
        proto::Model {
            ir_version: IR_VERSION,
            producer_name: PRODUCER.into(),
            graph: Some(self.to_proto()),
            opset_import,
            metadata: self.metadata.clone(),
        }
    }

    fn to_proto(&self) -> proto::Graph {
        let name = |value: &Value| self.names[value.0].clone();
        let info = |(value, kind): &(Value, proto::Type)| proto::ValueInfo {
            name: name(value),
            kind: Some(kind.clone()),
        };
        let node = |(index, node): (usize, &Node)| proto::Node {
            input: node.inputs.iter().map(name).collect(),
            output: node.outputs.iter().map(name).collect(),
            name: format!("{}_{index}", node.operator),
            op_type: node.operator.clone(),
            attribute: node.settings.iter().map(|(name, setting)| attribute(name, setting)).collect(),
            domain: node.domain.into(),
        };
        proto::Graph {
            node: self.nodes.iter().enumerate().map(node).collect(),
            name: self.name.clone(),
            initializer: self
                .constants
                .iter()
                .map(|(value, tensor)| proto::Tensor { name: name(value), ..tensor.clone() })
                .collect(),
            input: self.inputs.iter().map(info).collect(),
            output: self.outputs.iter().map(info).collect(),
        }
    }

    /// A new value called `name`, or `name_2`, `name_3` … where that is taken.
    fn value(&mut self, name: &str) -> Value {
        let mut unique = name.to_owned();
        let mut count = self.taken.get(name).copied().unwrap_or(0);
        while count > 0 && self.taken.contains_key(&unique) {
            count += 1;
            unique = format!("{name}_{count}");
        }
        self.taken.insert(name.into(), count.max(1));
        if unique != name {
            self.taken.insert(unique.clone(), 1);
        }
        self.names.push(unique);
        Value(self.names.len() - 1)
    }
}

fn attribute(name: &str, setting: &Setting) -> proto::Attribute {
    let empty = proto::Attribute { name: name.into(), ..Default::default() };
    match setting {
        Setting::Float(f) => proto::Attribute { f: Some(*f), kind: 1, ..empty },
        Setting::Int(i) => proto::Attribute { i: Some(*i), kind: 2, ..empty },
        Setting::Text(s) => proto::Attribute { s: Some(s.clone().into_bytes()), kind: 3, ..empty },
        Setting::Tensor(t) => proto::Attribute { t: Some(t.clone()), kind: 4, ..empty },
        Setting::Graph(g) => proto::Attribute { g: Some(g.to_proto()), kind: 5, ..empty },
        Setting::Floats(floats) => proto::Attribute { floats: floats.clone(), kind: 6, ..empty },
        Setting::Ints(ints) => proto::Attribute { ints: ints.clone(), kind: 7, ..empty },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_outputs_keep_theirs() {
        let mut g = Graph::new("g");
        let x = g.input("x", Element::F32, &[Dim::name("n")]);
        let a = g.op("Relu", &[x]);
        let b = g.op("Relu", &[a]);
        g.output(b, "y", Element::F32, &[Dim::name("n")]);
        g.output(x, "same", Element::F32, &[Dim::name("n")]);
        g.output(b, "twice", Element::F32, &[Dim::name("n")]);
        let graph = g.to_proto();
        let made: Vec<_> = graph.node.iter().map(|node| node.output[0].as_str()).collect();
        assert_eq!(made, ["Relu", "y", "same", "twice"]);
        assert_eq!(graph.node[3].input, ["y"]);
    }

    #[test]
    fn zero_and_unset_attributes_differ() {
        let mut g = Graph::new("g");
        let x = g.input("x", Element::F32, &[Dim::fixed(4)]);
        g.op_with("Flatten", &[x], &[("axis", 0.into())]);
        let bytes = g.to_bytes(18);
        let model = proto::Model::decode(bytes.as_slice()).unwrap();
        assert_eq!(model.graph.unwrap().node[0].attribute[0].i, Some(0));
    }
}

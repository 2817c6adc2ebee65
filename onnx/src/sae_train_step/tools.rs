//! Small combinations of operators.

use super::TrainStep;
use crate::graph::{Element, Graph, Setting, Value};

/// A graph being written for a step.
pub(super) struct Tools<'a> {
    pub step: &'a TrainStep,
    pub graph: Graph,
}

impl<'a> Tools<'a> {
    pub(super) fn new(step: &'a TrainStep) -> Self {
        Self { step, graph: Graph::new("sae_train_step") }
    }

    pub(super) fn finish(self) -> Graph {
        self.graph
    }

    /// An operator without settings.
    pub(super) fn op(&mut self, kind: &str, inputs: &[Value]) -> Value {
        self.graph.op(kind, inputs)
    }

    /// A scalar of the step's element type.
    pub(super) fn scalar(&mut self, value: f64) -> Value {
        match self.step.element {
            Element::F64 => self.graph.constant("number", &[], &[value]),
            _ => self.graph.constant("number", &[], &[value as f32]),
        }
    }

    /// −2/(B·d), ∂loss/∂error over error.
    pub(super) fn error_slope(&mut self) -> Value {
        self.scalar(-2.0 / (self.step.batch as f64 * self.step.d as f64))
    }

    /// One f64, shape [1].
    pub(super) fn double(&mut self, value: f64) -> Value {
        self.graph.constant("double", &[1], &[value])
    }

    /// Whole numbers, shape [n].
    pub(super) fn ints(&mut self, values: &[usize]) -> Value {
        let values: Vec<i64> = values.iter().map(|&v| v as i64).collect();
        self.graph.constant("ints", &[values.len()], &values)
    }

    /// Zeros of a shape; not stored in the file.
    pub(super) fn zeros(&mut self, shape: &[usize]) -> Value {
        let shape = self.ints(shape);
        let zero = match self.step.element {
            Element::F64 => Setting::one(0.0f64),
            _ => Setting::one(0.0f32),
        };
        self.graph.op_with("ConstantOfShape", &[shape], &[("value", zero)])
    }

    /// Cast.
    pub(super) fn cast(&mut self, value: Value, to: Element) -> Value {
        self.graph.op_with("Cast", &[value], &[("to", i64::from(to.code()).into())])
    }

    /// `x` where `mask`, else 0.
    pub(super) fn keep(&mut self, x: Value, mask: Value) -> Value {
        let mask = self.cast(mask, self.step.element);
        self.op("Mul", &[x, mask])
    }

    /// Sum over an axis.
    pub(super) fn sum(&mut self, x: Value, axis: usize, keep: bool) -> Value {
        let axis = self.ints(&[axis]);
        self.graph.op_with("ReduceSum", &[x, axis], &[("keepdims", i64::from(keep).into())])
    }

    /// How many are true, shape [1].
    pub(super) fn count(&mut self, mask: Value) -> Value {
        let ones = self.cast(mask, Element::I64);
        self.sum(ones, 0, true)
    }

    /// Sum of squares, shape [1].
    pub(super) fn squares(&mut self, x: Value) -> Value {
        let sum = self.graph.op_with("ReduceSumSquare", &[x], &[("keepdims", 0.into())]);
        let one = self.ints(&[1]);
        self.op("Reshape", &[sum, one])
    }

    /// Mean of squares over batch and dimensions, shape [1].
    pub(super) fn mean_square(&mut self, x: Value) -> Value {
        let sum = self.squares(x);
        let share = self.scalar(1.0 / (self.step.batch as f64 * self.step.d as f64));
        self.op("Mul", &[sum, share])
    }

    /// A dimension of size 1 put in.
    pub(super) fn unsqueeze(&mut self, x: Value, axis: usize) -> Value {
        let axis = self.ints(&[axis]);
        self.op("Unsqueeze", &[x, axis])
    }

    /// A dimension of size 1 taken out.
    pub(super) fn squeeze(&mut self, x: Value, axis: usize) -> Value {
        let axis = self.ints(&[axis]);
        self.op("Squeeze", &[x, axis])
    }

    /// `aᵀ·b`.
    pub(super) fn transposed_product(&mut self, a: Value, b: Value) -> Value {
        self.graph.op_with("Gemm", &[a, b], &[("transA", 1.into())])
    }

    /// The k largest along an axis: values, indices.
    pub(super) fn top(&mut self, x: Value, k: usize, axis: i64, sorted: bool) -> [Value; 2] {
        let k = self.ints(&[k]);
        self.graph.op_many("TopK", &[x, k], &[("axis", axis.into()), ("sorted", i64::from(sorted).into())])
    }

    /// `updates` put into `into` at `indices`, which are unique along the axis.
    pub(super) fn scatter(&mut self, into: Value, indices: Value, updates: Value, axis: i64) -> Value {
        self.graph.op_with("ScatterElements", &[into, indices, updates], &[("axis", axis.into())])
    }

    /// Declares an output.
    pub(super) fn output(&mut self, value: Value, name: &str) -> Value {
        let of = name.trim_end_matches("_out");
        let dims = self.step.dims(of);
        self.graph.output(value, name, self.step.element(of), &dims)
    }
}

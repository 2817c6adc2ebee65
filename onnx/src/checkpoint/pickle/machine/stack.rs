//! The values on the stack and the objects that they name, counted against what a pickle may hold.

use super::{MOST_VALUES, Machine};
use crate::checkpoint::{
    CheckpointError,
    pickle::object::{Id, Object, Value},
};

impl Machine<'_> {
    /// Makes an object of the arena.
    pub(in crate::checkpoint::pickle) fn make(&mut self, object: Object) -> Result<Id, CheckpointError> {
        self.hold(1)?;
        self.arena.objects.push(object);
        Ok((self.arena.objects.len() - 1) as Id)
    }

    pub(super) fn make_items(&mut self, items: Vec<Value>) -> Result<Id, CheckpointError> {
        self.hold(items.len())?;
        self.make(Object::Items(items))
    }

    /// Counts values that stay in memory.
    pub(in crate::checkpoint::pickle) fn hold(&mut self, more: usize) -> Result<(), CheckpointError> {
        self.held += more;
        if self.held > MOST_VALUES {
            return Err(self.too_much(MOST_VALUES, "values"));
        }
        Ok(())
    }

    pub(in crate::checkpoint::pickle) fn pairs(
        &self,
        items: &[Value],
    ) -> Result<Vec<(Value, Value)>, CheckpointError> {
        let pairs = items.chunks_exact(2);
        if !pairs.remainder().is_empty() {
            return Err(self.wrong("a key without a value"));
        }
        Ok(pairs.map(|pair| (pair[0], pair[1])).collect())
    }

    pub(in crate::checkpoint::pickle) fn push(&mut self, value: Value) -> Result<(), CheckpointError> {
        if self.stack.len() >= MOST_VALUES {
            return Err(self.too_much(MOST_VALUES, "values on the stack"));
        }
        self.stack.push(value);
        Ok(())
    }

    pub(in crate::checkpoint::pickle) fn pop(&mut self) -> Result<Value, CheckpointError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(self.wrong("a value is missing"));
        }
        self.stack.pop().ok_or_else(|| self.wrong("a value is missing"))
    }

    pub(super) fn top(&self) -> Result<Value, CheckpointError> {
        self.stack.last().copied().ok_or_else(|| self.wrong("a value is missing"))
    }

    pub(super) fn since_mark(&mut self) -> Result<Vec<Value>, CheckpointError> {
        let mark = self.marks.pop().ok_or_else(|| self.wrong("the end of a list that never began"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }
}

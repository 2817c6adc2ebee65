//! The stack machine that a pickle is a program for, without the means to run anything.

use std::collections::HashMap;

use super::{
    globals,
    object::{Arena, Id, Object, Span, Value},
    opcodes as op,
};
use crate::checkpoint::CheckpointError;

/// Largest pickle.
const MOST_BYTES: usize = 2 << 30;
/// Most values on the stack, memo entries and objects, which take up to 100 bytes each together. A checkpoint of
/// 100,000 gene names and a thousand tensors stays far below.
const MOST_VALUES: usize = 4_000_000;
/// Deepest nesting of unfinished lists, tuples and dictionaries.
const MOST_MARKS: usize = 10_000;

/// The machine: input, stack, memo and the objects made so far.
pub(super) struct Machine<'a> {
    pub input: &'a [u8],
    /// Start of the current opcode, for messages.
    pub opcode_at: usize,
    at: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    held: usize,
    pub arena: Arena,
}

impl<'a> Machine<'a> {
    pub(super) fn new(input: &'a [u8]) -> Result<Self, CheckpointError> {
        if input.len() > MOST_BYTES {
            return Err(CheckpointError::TooMuch { at: 0, limit: MOST_BYTES, what: "bytes" });
        }
        let (stack, marks, memo) = (Vec::new(), Vec::new(), HashMap::new());
        Ok(Self { input, opcode_at: 0, at: 0, stack, marks, memo, held: 0, arena: Arena::default() })
    }

    /// Runs to the end.
    pub(super) fn run(mut self) -> Result<(Arena, Value), CheckpointError> {
        if self.input.is_empty() {
            return Err(self.wrong("it is empty"));
        }
        loop {
            self.opcode_at = self.at;
            let opcode = self.byte()?;
            if opcode == op::STOP {
                let root = self.pop()?;
                return Ok((self.arena, root));
            }
            self.step(opcode)?;
        }
    }

    fn step(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        match opcode {
            op::PROTO => self.protocol(),
            op::FRAME => self.frame(),
            op::MARK => self.mark(),
            op::POP | op::POP_MARK | op::DUP => self.shuffle(opcode),
            op::NONE => self.push(Value::None),
            op::NEWTRUE => self.push(Value::Bool(true)),
            op::NEWFALSE => self.push(Value::Bool(false)),
            op::BININT | op::BININT1 | op::BININT2 | op::LONG1 | op::LONG4 | op::BINFLOAT => {
                self.number(opcode)
            }
            op::BINUNICODE | op::SHORT_BINUNICODE | op::BINUNICODE8 => self.text(opcode),
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => self.bytes(opcode),
            op::EMPTY_LIST | op::EMPTY_TUPLE | op::EMPTY_DICT | op::EMPTY_SET => self.empty(opcode),
            op::LIST | op::TUPLE | op::DICT | op::FROZENSET => self.collect(opcode),
            op::TUPLE1 => self.tuple(1),
            op::TUPLE2 => self.tuple(2),
            op::TUPLE3 => self.tuple(3),
            op::APPEND | op::APPENDS | op::ADDITEMS => self.append(opcode),
            op::SETITEM | op::SETITEMS => self.set_items(opcode),
            op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => self.remember(opcode),
            op::BINGET | op::LONG_BINGET => self.recall(opcode),
            op::GLOBAL | op::STACK_GLOBAL => self.global(opcode),
            op::REDUCE | op::NEWOBJ | op::NEWOBJ_EX => self.construct(opcode),
            op::BUILD => self.build(),
            op::BINPERSID => self.persistent(),
            other => Err(self.refuse(format!("opcode {} (0x{other:02x})", op::refused_name(other)))),
        }
    }

    fn protocol(&mut self) -> Result<(), CheckpointError> {
        match self.byte()? {
            2..=5 => Ok(()),
            other => Err(self.wrong(format!("pickle protocol {other}; 2 to 5 are read"))),
        }
    }

    fn frame(&mut self) -> Result<(), CheckpointError> {
        let len = self.length(8)?;
        if len > self.input.len() - self.at {
            return Err(
                self.wrong(format!("a frame of {len} bytes, but only {} follow", self.input.len() - self.at))
            );
        }
        Ok(())
    }

    fn mark(&mut self) -> Result<(), CheckpointError> {
        if self.marks.len() >= MOST_MARKS {
            return Err(self.too_much(MOST_MARKS, "nested lists, tuples and dictionaries"));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn shuffle(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        match opcode {
            op::POP => self.pop().map(drop),
            op::POP_MARK => self.since_mark().map(drop),
            _ => {
                let top = self.top()?;
                self.push(top)
            }
        }
    }

    fn number(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let value = match opcode {
            op::BININT => Value::Int(i64::from(i32::from_le_bytes(self.array()?))),
            op::BININT1 => Value::Int(i64::from(self.byte()?)),
            op::BININT2 => Value::Int(i64::from(u16::from_le_bytes(self.array()?))),
            op::BINFLOAT => Value::Float(f64::from_be_bytes(self.array()?)),
            _ => {
                let len = self.length(if opcode == op::LONG1 { 1 } else { 4 })?;
                integer(self.take(len)?)
            }
        };
        self.push(value)
    }

    fn text(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let span = self.span(match opcode {
            op::SHORT_BINUNICODE => 1,
            op::BINUNICODE => 4,
            _ => 8,
        })?;
        if std::str::from_utf8(span.of(self.input)).is_err() {
            return Err(self.wrong("text that is not UTF-8"));
        }
        self.push(Value::Text(span))
    }

    fn bytes(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let span = self.span(match opcode {
            op::SHORT_BINBYTES => 1,
            op::BINBYTES => 4,
            _ => 8,
        })?;
        self.push(Value::Bytes(span))
    }

    fn empty(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let value = match opcode {
            op::EMPTY_DICT => Value::Dict(self.make(Object::Pairs(Vec::new()))?),
            op::EMPTY_LIST => Value::List(self.make(Object::Items(Vec::new()))?),
            op::EMPTY_SET => Value::Set(self.make(Object::Items(Vec::new()))?),
            _ => Value::Tuple(self.make(Object::Items(Vec::new()))?),
        };
        self.push(value)
    }

    fn collect(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let items = self.since_mark()?;
        let value = match opcode {
            op::DICT => {
                let pairs = self.pairs(&items)?;
                Value::Dict(self.make(Object::Pairs(pairs))?)
            }
            op::LIST => Value::List(self.make_items(items)?),
            op::TUPLE => Value::Tuple(self.make_items(items)?),
            _ => Value::Set(self.make_items(items)?),
        };
        self.push(value)
    }

    fn tuple(&mut self, len: usize) -> Result<(), CheckpointError> {
        let mut items = Vec::with_capacity(len);
        for _ in 0..len {
            items.push(self.pop()?);
        }
        items.reverse();
        let id = self.make_items(items)?;
        self.push(Value::Tuple(id))
    }

    fn append(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let new = if opcode == op::APPEND { vec![self.pop()?] } else { self.since_mark()? };
        self.hold(new.len())?;
        match self.top()? {
            Value::List(id) | Value::Set(id) => {
                if let Some(Object::Items(items)) = self.arena.objects.get_mut(id as usize) {
                    items.extend(new);
                }
                Ok(())
            }
            Value::Opaque => Ok(()),
            other => Err(self.wrong(format!("items appended to {}", kind(other)))),
        }
    }

    fn set_items(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let new = if opcode == op::SETITEM {
            let value = self.pop()?;
            vec![self.pop()?, value]
        } else {
            self.since_mark()?
        };
        self.hold(new.len())?;
        let new = self.pairs(&new)?;
        match self.top()? {
            Value::Dict(id) => {
                if let Some(Object::Pairs(pairs)) = self.arena.objects.get_mut(id as usize) {
                    pairs.extend(new);
                }
                Ok(())
            }
            Value::Opaque => Ok(()),
            other => Err(self.wrong(format!("keys set in {}", kind(other)))),
        }
    }

    fn remember(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let index = match opcode {
            op::BINPUT => u32::from(self.byte()?),
            op::LONG_BINPUT => u32::from_le_bytes(self.array()?),
            _ => self.memo.len() as u32,
        };
        if self.memo.len() >= MOST_VALUES {
            return Err(self.too_much(MOST_VALUES, "remembered values"));
        }
        let top = self.top()?;
        self.memo.insert(index, top);
        Ok(())
    }

    fn recall(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let index = match opcode {
            op::BINGET => u32::from(self.byte()?),
            _ => u32::from_le_bytes(self.array()?),
        };
        match self.memo.get(&index) {
            Some(&value) => self.push(value),
            None => Err(self.wrong(format!("value {index} is recalled but was never remembered"))),
        }
    }

    fn global(&mut self, opcode: u8) -> Result<(), CheckpointError> {
        let (module, name) = if opcode == op::GLOBAL {
            let module = self.line()?;
            (module, self.line()?)
        } else {
            let name = self.pop()?;
            let module = self.pop()?;
            match (module, name) {
                (Value::Text(module), Value::Text(name)) => (module, name),
                _ => return Err(self.wrong("a name that is not text")),
            }
        };
        let text = |span: Span| String::from_utf8_lossy(span.of(self.input)).into_owned();
        let (module, name) = (text(module), text(name));
        match globals::known(&module, &name) {
            Some(global) => self.push(Value::Global(global)),
            None => Err(self.refuse(short(format!("{module}.{name}")))),
        }
    }

    /// A line of text, as the oldest opcode for names has it.
    fn line(&mut self) -> Result<Span, CheckpointError> {
        let rest = &self.input[self.at..];
        let len = rest
            .iter()
            .take(4096)
            .position(|&byte| byte == b'\n')
            .ok_or_else(|| self.wrong("a name without end"))?;
        let span = Span { start: self.at as u32, len: len as u32 };
        self.at += len + 1;
        Ok(span)
    }

    /// Makes an object of the arena.
    pub(super) fn make(&mut self, object: Object) -> Result<Id, CheckpointError> {
        self.hold(1)?;
        self.arena.objects.push(object);
        Ok((self.arena.objects.len() - 1) as Id)
    }

    fn make_items(&mut self, items: Vec<Value>) -> Result<Id, CheckpointError> {
        self.hold(items.len())?;
        self.make(Object::Items(items))
    }

    /// Counts values that stay in memory.
    pub(super) fn hold(&mut self, more: usize) -> Result<(), CheckpointError> {
        self.held += more;
        if self.held > MOST_VALUES {
            return Err(self.too_much(MOST_VALUES, "values"));
        }
        Ok(())
    }

    pub(super) fn pairs(&self, items: &[Value]) -> Result<Vec<(Value, Value)>, CheckpointError> {
        let pairs = items.chunks_exact(2);
        if !pairs.remainder().is_empty() {
            return Err(self.wrong("a key without a value"));
        }
        Ok(pairs.map(|pair| (pair[0], pair[1])).collect())
    }

    pub(super) fn push(&mut self, value: Value) -> Result<(), CheckpointError> {
        if self.stack.len() >= MOST_VALUES {
            return Err(self.too_much(MOST_VALUES, "values on the stack"));
        }
        self.stack.push(value);
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<Value, CheckpointError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(self.wrong("a value is missing"));
        }
        self.stack.pop().ok_or_else(|| self.wrong("a value is missing"))
    }

    fn top(&self) -> Result<Value, CheckpointError> {
        self.stack.last().copied().ok_or_else(|| self.wrong("a value is missing"))
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, CheckpointError> {
        let mark = self.marks.pop().ok_or_else(|| self.wrong("the end of a list that never began"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn span(&mut self, width: usize) -> Result<Span, CheckpointError> {
        let len = self.length(width)?;
        let start = self.at;
        self.take(len)?;
        Ok(Span { start: start as u32, len: len as u32 })
    }

    /// A length of `width` bytes.
    fn length(&mut self, width: usize) -> Result<usize, CheckpointError> {
        let mut wide = [0u8; 8];
        wide[..width].copy_from_slice(self.take(width)?);
        usize::try_from(u64::from_le_bytes(wide)).map_err(|_| self.wrong("a length larger than memory"))
    }

    fn byte(&mut self) -> Result<u8, CheckpointError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CheckpointError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], CheckpointError> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.input.len());
        let end = end.ok_or_else(|| self.wrong("it is cut short"))?;
        let taken = &self.input[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub(super) fn wrong(&self, what: impl Into<String>) -> CheckpointError {
        CheckpointError::Pickle { at: self.opcode_at, what: what.into() }
    }

    pub(super) fn refuse(&self, name: impl Into<String>) -> CheckpointError {
        CheckpointError::Refused { at: self.opcode_at, name: name.into() }
    }

    fn too_much(&self, limit: usize, what: &'static str) -> CheckpointError {
        CheckpointError::TooMuch { at: self.opcode_at, limit, what }
    }
}

/// A little-endian integer in two's complement of any length.
fn integer(bytes: &[u8]) -> Value {
    if bytes.len() > 8 {
        return Value::Opaque;
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut wide = if negative { [0xff; 8] } else { [0; 8] };
    wide[..bytes.len()].copy_from_slice(bytes);
    Value::Int(i64::from_le_bytes(wide))
}

/// What a value is, for messages.
pub(super) fn kind(value: Value) -> &'static str {
    match value {
        Value::None => "None",
        Value::Bool(_) => "a truth value",
        Value::Int(_) => "an integer",
        Value::Float(_) => "a float",
        Value::Text(_) => "text",
        Value::Bytes(_) | Value::Latin1(_) => "bytes",
        Value::List(_) => "a list",
        Value::Tuple(_) => "a tuple",
        Value::Set(_) => "a set",
        Value::Dict(_) => "a dictionary",
        Value::Storage(_) => "a storage",
        Value::Tensor(_) => "a tensor",
        Value::Array(_) => "an array",
        Value::Dtype(_) => "an element type",
        Value::Global(_) => "a name",
        Value::Opaque => "an object that is not read",
    }
}

/// Names come from the file: shown in full up to a length that fits a message.
fn short(name: String) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let shown: String = name.chars().take(120).map(clean).collect();
    if shown.chars().count() < name.chars().count() { shown + "…" } else { shown }
}

//! The stack machine that a pickle is a program for, without the means to run anything.
//!
//! | file | idea |
//! |---|---|
//! | `input` | the bytes that it reads |
//! | `stack` | the values and objects that it holds |
//! | `refusals` | what it says where it stops |

mod input;
mod refusals;
mod stack;

use std::collections::HashMap;

use self::{input::integer, refusals::short};
use super::{
    globals,
    object::{Arena, Object, Span, Value},
    opcodes as op,
};
use crate::checkpoint::CheckpointError;

pub(super) use self::refusals::kind;

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
}

//! Opcodes by name; Python's `pickletools` documents them.

macro_rules! opcodes {
    ($($name:ident = $byte:literal),* $(,)?) => {
        $(pub(super) const $name: u8 = $byte;)*
    };
}

opcodes! {
    PROTO = 0x80, FRAME = 0x95, STOP = b'.', MARK = b'(', POP = b'0', POP_MARK = b'1', DUP = b'2',
    NONE = b'N', NEWTRUE = 0x88, NEWFALSE = 0x89, BININT = b'J', BININT1 = b'K', BININT2 = b'M',
    LONG1 = 0x8a, LONG4 = 0x8b, BINFLOAT = b'G',
    BINUNICODE = b'X', SHORT_BINUNICODE = 0x8c, BINUNICODE8 = 0x8d,
    BINBYTES = b'B', SHORT_BINBYTES = b'C', BINBYTES8 = 0x8e, BYTEARRAY8 = 0x96,
    EMPTY_LIST = b']', LIST = b'l', APPEND = b'a', APPENDS = b'e',
    EMPTY_TUPLE = b')', TUPLE = b't', TUPLE1 = 0x85, TUPLE2 = 0x86, TUPLE3 = 0x87,
    EMPTY_DICT = b'}', DICT = b'd', SETITEM = b's', SETITEMS = b'u',
    EMPTY_SET = 0x8f, ADDITEMS = 0x90, FROZENSET = 0x91,
    BINPUT = b'q', LONG_BINPUT = b'r', MEMOIZE = 0x94, BINGET = b'h', LONG_BINGET = b'j',
    GLOBAL = b'c', STACK_GLOBAL = 0x93, REDUCE = b'R', NEWOBJ = 0x81, NEWOBJ_EX = 0x92, BUILD = b'b',
    BINPERSID = b'Q',
}

/// Name of an opcode that is refused, for the message.
pub(super) fn refused_name(byte: u8) -> &'static str {
    match byte {
        b'i' => "INST",
        b'o' => "OBJ",
        b'P' => "PERSID",
        0x82 => "EXT1",
        0x83 => "EXT2",
        0x84 => "EXT4",
        b'I' => "INT",
        b'L' => "LONG",
        b'F' => "FLOAT",
        b'S' => "STRING",
        b'V' => "UNICODE",
        b'g' => "GET",
        b'p' => "PUT",
        b'T' => "BINSTRING",
        b'U' => "SHORT_BINSTRING",
        0x97 => "NEXT_BUFFER",
        0x98 => "READONLY_BUFFER",
        _ => "unknown",
    }
}

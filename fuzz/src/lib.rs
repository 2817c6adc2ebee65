//! What the targets share: the functions are those of `tests/src/parsers`.

/// Reads content by the parser of that name.
///
/// # Panics
/// If there is no such parser, or reading breaks a promise.
pub fn read(parser: &str, content: &[u8]) -> bool {
    let parser = cellprism_tests::parsers::parser(parser).expect("a parser of that name");
    (parser.read)(content)
}

//! Pickles written by hand to stand for much, or for nothing.

use super::*;

fn text(text: &str) -> Vec<u8> {
    let mut out = b"X".to_vec();
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
    out
}

fn pickle(parts: &[&[u8]]) -> Vec<u8> {
    [b"\x80\x02", &parts.concat()[..], b"."].concat()
}

fn dtype(code: &str) -> Vec<u8> {
    [b"cnumpy\ndtype\n", &text(code)[..], b"\x85R"].concat()
}

#[test]
fn an_element_type_is_ascii() {
    for code in ["é8", "<é", "\u{130}", "<", "", "f\u{661}", "U99999999999"] {
        let said = Pickle::read(&pickle(&[&dtype(code)])).unwrap_err().to_string();
        assert!(said.contains("element type"), "{code}: {said}");
    }
    assert!(Pickle::read(&pickle(&[&dtype("<f8")])).is_ok());
}

/// An array of a million references to one long text, in 2 MB: as labels they would be 8 GB.
#[test]
fn references_are_no_copies() {
    let mut bytes =
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01".to_vec();
    bytes.extend(b"J");
    bytes.extend(1_000_000i32.to_le_bytes());
    bytes.extend(b"\x85");
    bytes.extend(dtype("O8"));
    bytes.extend(b"\x89](");
    bytes.extend(text(&"x".repeat(8000)));
    bytes.extend(b"q\x01");
    bytes.extend(b"h\x01".repeat(999_999));
    bytes.extend(b"etb");
    let bytes = pickle(&[&bytes]);
    assert!(bytes.len() < 2_100_000);
    let pickle = Pickle::read(&bytes).unwrap();
    let error = pickle.root().array().unwrap().labels("var_names").unwrap_err();
    assert!(error.to_string().contains("over and over"), "{error}");
}

#[test]
fn a_list_that_is_read_again_and_again_is_no_many_lists() {
    let list = [b"](", &text(&"x".repeat(1000)).repeat(100)[..], b"e"].concat();
    let bytes = pickle(&[&list]);
    let pickle = Pickle::read(&bytes).unwrap();
    let read = (0..10_000).take_while(|_| pickle.root().labels().is_ok()).count();
    assert!((10..2000).contains(&read), "{read}");
    assert!(pickle.root().labels().unwrap_err().to_string().contains("over and over"));
}

#[test]
fn objects_have_a_limit() {
    let said = Pickle::read(&pickle(&[&b"}".repeat(5_000_000)])).unwrap_err().to_string();
    assert!(said.contains("no checkpoint needs that"), "{said}");
}

/// Opcodes with short arguments, so that the machine gets far: marks, memo, containers, reduce, build, numbers.
#[test]
fn pickles_of_random_opcodes_end() {
    use rand_core::{Rng, SeedableRng};
    let pieces: [&[u8]; 26] = [
        b"(",
        b")",
        b"]",
        b"}",
        b"N",
        b"0",
        b"1",
        b"2",
        b"K\x03",
        b"M\x00\x01",
        b"J\xff\xff\xff\x7f",
        b"q\x00",
        b"q\x01",
        b"h\x00",
        b"h\x01",
        b"a",
        b"e",
        b"s",
        b"u",
        b"t",
        b"\x85",
        b"\x86",
        b"R",
        b"b",
        b"X\x01\x00\x00\x00a",
        b"ccollections\nOrderedDict\n",
    ];
    let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(3);
    let mut below = |bound: usize| (random.next_u64() % bound as u64) as usize;
    let mut fine = 0;
    for _ in 0..20_000 {
        let parts: Vec<&[u8]> = (0..below(60)).map(|_| pieces[below(pieces.len())]).collect();
        fine +=
            usize::from(Pickle::read(&pickle(&parts)).is_ok_and(|read| read.root().entries().count() < 1000));
    }
    assert!(fine > 100, "{fine}");
}

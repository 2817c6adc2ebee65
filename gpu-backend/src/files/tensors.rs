//! Writing safetensors files.

use std::collections::BTreeMap;

use safetensors::Dtype;

pub use cellprism_core::bundle::Tensors;

/// The first bytes of a file of these tensors, whose numbers follow in the order given: byte for byte what [`Tensors`] writes
/// of tensors that are in the order of their names, for files that are too large to be made in memory.
pub fn header(metadata: &BTreeMap<String, String>, tensors: &[(&str, Dtype, &[usize])]) -> Vec<u8> {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let mut parts = Vec::new();
    if !metadata.is_empty() {
        let each = metadata.iter().map(|(key, value)| format!("{}:{}", text(key), text(value)));
        parts.push(format!("\"__metadata__\":{{{}}}", each.collect::<Vec<_>>().join(",")));
    }
    let mut start = 0;
    for (name, dtype, shape) in tensors {
        let end = start + shape.iter().product::<usize>() * dtype.bitsize() / 8;
        let extents = shape.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let name = text(name);
        parts.push(format!(
            "{name}:{{\"dtype\":\"{dtype:?}\",\"shape\":[{extents}],\"data_offsets\":[{start},{end}]}}"
        ));
        start = end;
    }
    let mut header = format!("{{{}}}", parts.join(",")).into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_what_the_whole_file_begins_with() {
        for names in [&[][..], &["cells", "a \"quoted\" name"]] {
            let mut file = Tensors::default();
            let mut metadata = BTreeMap::new();
            for name in names {
                file.metadata(name, format!("é\n{name}"));
                metadata.insert((*name).to_owned(), format!("é\n{name}"));
            }
            file.f32("a", &[2, 3], [1.0; 6]);
            file.f32("b", &[1], [2.0]);
            let whole = file.to_bytes().unwrap();
            let ours = header(&metadata, &[("a", Dtype::F32, &[2, 3]), ("b", Dtype::F32, &[1])]);
            assert_eq!(whole[..ours.len()], ours[..]);
            assert_eq!(whole.len(), ours.len() + 28);
        }
    }
}

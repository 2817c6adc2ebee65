//! The file that `torch.save` writes of a state dictionary: a pickle and one entry for each tensor, in a zip archive.

/// Tensors by name.
#[derive(Default)]
pub struct StateDict(Vec<(String, Vec<usize>, Vec<f32>)>);

impl StateDict {
    /// Adds one.
    pub fn put(&mut self, name: &str, shape: &[usize], values: Vec<f32>) {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        self.0.push((name.into(), shape.to_vec(), values));
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut pickle = b"\x80\x02}(".to_vec();
        let mut entries = Vec::new();
        for (number, (name, shape, values)) in self.0.iter().enumerate() {
            text(&mut pickle, name);
            pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
            text(&mut pickle, "storage");
            pickle.extend(b"ctorch\nFloatStorage\n");
            text(&mut pickle, &number.to_string());
            text(&mut pickle, "cpu");
            number_of(&mut pickle, values.len());
            pickle.extend(b"tQK\x00");
            sizes(&mut pickle, shape);
            let strides: Vec<usize> = (0..shape.len()).map(|i| shape[i + 1..].iter().product()).collect();
            sizes(&mut pickle, &strides);
            pickle.extend(b"\x89ccollections\nOrderedDict\n)RtR");
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            entries.push((format!("archive/data/{number}"), bytes));
        }
        pickle.extend(b"u.");
        entries.insert(0, ("archive/data.pkl".to_owned(), pickle));
        zip(&entries)
    }
}

fn text(pickle: &mut Vec<u8>, text: &str) {
    pickle.push(b'X');
    pickle.extend((text.len() as u32).to_le_bytes());
    pickle.extend(text.as_bytes());
}

fn number_of(pickle: &mut Vec<u8>, number: usize) {
    pickle.push(b'J');
    pickle.extend((number as i32).to_le_bytes());
}

fn sizes(pickle: &mut Vec<u8>, sizes: &[usize]) {
    pickle.push(b'(');
    sizes.iter().for_each(|&size| number_of(pickle, size));
    pickle.push(b't');
}

/// An archive of stored entries.
fn zip(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let place = out.len() as u32;
        let mut common = Vec::new();
        common.extend([20_u16, 0, 0, 0, 0].iter().flat_map(|field| field.to_le_bytes()));
        let size = content.len() as u32;
        common.extend([crc32fast::hash(content), size, size].iter().flat_map(|field| field.to_le_bytes()));
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(content);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(place.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, count) = (out.len() as u32, entries.len() as u16);
    out.extend(&directory);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend([count, count].iter().flat_map(|field| field.to_le_bytes()));
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

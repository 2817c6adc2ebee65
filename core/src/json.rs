//! JSON to values. In the browser the reader is erased: compiled into every type's own code, as it is elsewhere for speed, it
//! would be a seventh of the page.

use serde::de::DeserializeOwned;

/// Reads a value from the bytes of a JSON file.
///
/// ```
/// let numbers: Vec<u32> = cellprism_core::json::from_slice(b"[1, 2]")?;
/// assert_eq!(numbers, [1, 2]);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
/// If they are no JSON, or not of this value.
#[cfg(not(target_family = "wasm"))]
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(bytes)
}

/// Reads a value from the bytes of a JSON file.
///
/// # Errors
/// If they are no JSON, or not of this value.
#[cfg(target_family = "wasm")]
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    use serde::de::Error as _;

    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = {
        let mut erased = <dyn erased_serde::Deserializer<'_>>::erase(&mut reader);
        erased_serde::deserialize(&mut erased).map_err(serde_json::Error::custom)?
    };
    reader.end()?;
    Ok(value)
}

/// Makes a value of JSON that is read already.
///
/// # Errors
/// If it is not of this value.
pub fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> serde_json::Result<T> {
    #[cfg(target_family = "wasm")]
    {
        use serde::de::Error as _;

        let mut erased = <dyn erased_serde::Deserializer<'_>>::erase(value);
        erased_serde::deserialize(&mut erased).map_err(serde_json::Error::custom)
    }
    #[cfg(not(target_family = "wasm"))]
    serde_json::from_value(value)
}

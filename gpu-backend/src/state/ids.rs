//! Names that nobody can guess.

use super::StateError;

/// A name of 20 hexadecimal digits, drawn from the system's generator.
///
/// # Errors
/// If the system has none.
pub fn fresh() -> Result<String, StateError> {
    let mut bytes = [0_u8; 10];
    getrandom::fill(&mut bytes).map_err(|error| StateError::NoRandomness(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

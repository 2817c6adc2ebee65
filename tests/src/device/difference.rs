//! How far two results lie apart.

use std::{error::Error, fs, path::Path};

use safetensors::SafeTensors;
use serde_json::Value;

/// Why there is nothing to compare.
type Failed = Box<dyn Error>;

/// Largest difference between a tensor in two files, as a share of the largest value where `relative`.
pub fn of_tensors(one: &Path, other: &Path, name: &str, relative: bool) -> Result<f64, Failed> {
    let (one, other) = (tensor(one, name)?, tensor(other, name)?);
    of(&one, &other, relative)
}

/// Largest relative difference between the losses of two trainings, step by step.
pub fn of_losses(one: &Path, other: &Path, steps: usize) -> Result<f64, Failed> {
    let (one, other) = (losses(one)?, losses(other)?);
    if one.len() != steps {
        return Err(format!("{} steps were made, not {steps}", one.len()).into());
    }
    let mut most = 0.0_f64;
    for (a, b) in one.iter().zip(&other) {
        most = most.max(of(&[*a], &[*b], true)?);
    }
    Ok(if one.len() == other.len() { most } else { f64::INFINITY })
}

/// Largest difference between two lists; what is no number, or missing, is infinitely far away.
fn of(one: &[f64], other: &[f64], relative: bool) -> Result<f64, Failed> {
    if one.is_empty() {
        return Err("there is nothing to compare".into());
    }
    if one.len() != other.len() || one.iter().chain(other).any(|value| !value.is_finite()) {
        return Ok(f64::INFINITY);
    }
    let most = one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let scale = one.iter().map(|value| value.abs()).fold(0.0, f64::max);
    Ok(if relative && most > 0.0 { most / scale } else { most })
}

fn tensor(file: &Path, name: &str) -> Result<Vec<f64>, Failed> {
    let bytes = fs::read(file)?;
    let file = SafeTensors::deserialize(&bytes)?;
    let tensor = file.tensor(name)?;
    Ok(tensor.data().as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect())
}

fn losses(folder: &Path) -> Result<Vec<f64>, Failed> {
    let text = fs::read_to_string(folder.join("metrics.jsonl"))?;
    let loss = |line: &str| -> Result<f64, Failed> {
        let metrics: Value = serde_json::from_str(line)?;
        metrics["loss"].as_f64().ok_or_else(|| "a step without a loss".into())
    };
    text.lines().map(loss).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_difference_counts_and_no_number_is_far_away() {
        let far = |one: &[f64], other: &[f64], relative| of(one, other, relative).unwrap();
        assert_eq!(far(&[1.0, -4.0], &[1.5, -4.0], false), 0.5);
        assert_eq!(far(&[1.0, -4.0], &[1.5, -4.0], true), 0.125);
        assert_eq!(far(&[0.0], &[0.0], true), 0.0);
        assert_eq!(far(&[0.0], &[1e-9], true), f64::INFINITY);
        assert_eq!(far(&[1.0], &[f64::NAN], false), f64::INFINITY);
        assert_eq!(far(&[1.0, 2.0], &[1.0], false), f64::INFINITY);
        assert!(of(&[], &[], false).is_err());
    }
}

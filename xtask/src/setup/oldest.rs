//! The oldest compiler that the project's code can be built with.

use anyhow::{Result, bail};

use super::target::TARGET;

/// The oldest compiler that the project's code is written for.
const OLDEST_COMPILER: &str = env!("CARGO_PKG_RUST_VERSION");

/// Refuses a compiler that is too old for the project's code.
pub(super) fn check_version(version: &str) -> Result<()> {
    if numbers(version) < numbers(OLDEST_COMPILER) {
        bail!(
            "the distribution's Rust compiler is {version}, and {OLDEST_COMPILER} is needed: add the distribution's \
             security updates to the sources of apt, or run `rustup target add {TARGET}` where there is a network"
        );
    }
    Ok(())
}

/// `1.96.0+dfsg1-1~deb12u2` → 1, 96, 0.
fn numbers(version: &str) -> Vec<u32> {
    let upstream = version.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
    upstream.split('.').map_while(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_older_than_the_code_is_refused() {
        assert_eq!(numbers("1.96.0+dfsg1-1~deb12u2"), [1, 96, 0]);
        assert_eq!(numbers("1.95"), [1, 95]);
        assert!(check_version("1.96.0+dfsg1-1~deb12u2").is_ok());
        assert!(check_version(OLDEST_COMPILER).is_ok());
        let refused = check_version("1.85.0+dfsg3-1~deb12u3").unwrap_err().to_string();
        assert!(refused.contains("1.85.0") && refused.contains("rustup target add"), "{refused}");
    }
}

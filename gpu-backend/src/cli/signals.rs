//! What the system tells the program.

/// A file that grows beyond what is allowed (`ulimit -f`) is an error like that of a full disk: it is said, and what is
/// finished stays. By default it would end the program without a word.
///
/// # Errors
/// If the system does not let us listen.
#[cfg(unix)]
pub fn say_that_a_file_is_too_large() -> std::io::Result<()> {
    // Whoever listens gets the error from the write itself; the flag is not looked at.
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default()).map(|_| ())
}

/// Elsewhere there is no such limit.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn say_that_a_file_is_too_large() -> std::io::Result<()> {
    Ok(())
}

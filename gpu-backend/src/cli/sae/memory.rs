//! Whether a training fits the machine.

/// Bytes that programs can still take, where the system says (Linux).
pub fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Refuses what would not fit.
pub fn check(needed: u64) -> anyhow::Result<()> {
    let gb = |bytes: u64| bytes as f64 / 1e9;
    if let Some(available) = available()
        && needed > available
    {
        anyhow::bail!(
            "training would need about {:.1} GB of memory, {:.1} GB are free: use fewer concepts or cells",
            gb(needed),
            gb(available)
        );
    }
    Ok(())
}

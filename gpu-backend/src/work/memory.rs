//! Whether work fits the machine: asked before memory is taken, since taking too much ends the program; and how much was taken.

/// Bytes that this program can still take, where the system says (Linux): those of the machine, of its control
/// group, or of the program's own limit (`ulimit -v`), whichever are the fewest.
pub fn available() -> Option<u64> {
    [machine(), control_group(), own_limit()].into_iter().flatten().min()
}

/// What is left of the address space, where it is limited.
fn own_limit() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let most: u64 = line.split_whitespace().next()?.parse().ok()?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let used = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let used: u64 = used.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(most.saturating_sub(used * 1024))
}

fn control_group() -> Option<u64> {
    let read = |name: &str| std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok();
    let most: u64 = read("memory.max")?.trim().parse().ok()?;
    // Cached files count as used there, but give way.
    let held =
        read("memory.stat")?.lines().find_map(|line| line.strip_prefix("anon ")?.parse::<u64>().ok())?;
    Some(most.saturating_sub(held))
}

fn machine() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Most bytes that this program has held at once, mapped files included, where the system says (Linux).
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(most.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Refuses what would not fit.
///
/// # Errors
/// If more is needed than is free.
pub fn check(needed: u64) -> anyhow::Result<()> {
    let gb = |bytes: u64| bytes as f64 / 1e9;
    if let Some(available) = available()
        && needed > available
    {
        anyhow::bail!(
            "this would need about {:.1} GB of memory, {:.1} GB are free: use fewer concepts or cells",
            gb(needed),
            gb(available)
        );
    }
    Ok(())
}

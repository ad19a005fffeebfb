//! What the kernel knows of a process and of the sockets.

use anyhow::{Context as _, Result};
use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// `/proc` counts CPU time in hundredths of a second on every Linux that runs here.
const TICK: Duration = Duration::from_millis(10);

/// The CPU time that a process and its ended children's threads used so far (`utime` + `stime`).
pub fn cpu(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    parse_cpu(&fs::read_to_string(&path).with_context(|| path.clone())?).with_context(|| path)
}

fn parse_cpu(stat: &str) -> Option<Duration> {
    // The name may hold anything, also brackets and spaces; it ends at the last bracket.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u32>().ok();
    Some(TICK * (ticks(11)? + ticks(12)?))
}

/// The memory that a process has in RAM, in bytes (`VmRSS`).
pub fn memory(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).with_context(|| path.clone())?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().with_context(|| path)?;
    Ok(kibibytes * 1024)
}

/// How many datagrams were lost because a socket's receive buffer was full, by local port.
pub fn udp_drops() -> Result<HashMap<u16, u64>> {
    let mut drops = HashMap::new();
    for path in ["/proc/net/udp", "/proc/net/udp6"] {
        for line in fs::read_to_string(path).with_context(|| path)?.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let port = fields.get(1).and_then(|local| u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok());
            let lost = fields.last().and_then(|lost| lost.parse::<u64>().ok());
            if let (Some(port), Some(lost)) = (port, lost) {
                *drops.entry(port).or_default() += lost;
            }
        }
    }
    Ok(drops)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_process_is_there() {
        let pid = std::process::id();
        assert!(memory(pid).unwrap() > 1024 * 1024);
        cpu(pid).unwrap();
        udp_drops().unwrap();
    }

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14";
        assert_eq!(parse_cpu(stat), Some(Duration::from_secs(3)));
        assert_eq!(parse_cpu("7 (a) S 1"), None);
    }
}

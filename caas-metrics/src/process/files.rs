//! The files of `/proc/self`, and what they say.
//!
//! Not here: names of metrics. The files are described in proc(5). There are crates that read them: `procfs`
//! brings five others, and most of what it parses is not needed here. Invariant: a file that is missing, or
//! that is not as expected, makes its own numbers missing and no others.

use std::{fs, sync::OnceLock};

/// What the system says of this process now.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) cpu_seconds: Option<f64>,
    pub(super) heap_bytes: Option<u64>,
    pub(super) max_fds: Option<u64>,
    pub(super) open_fds: Option<u64>,
    pub(super) resident_bytes: Option<u64>,
    /// Unix time.
    pub(super) start_seconds: Option<f64>,
    pub(super) threads: Option<u64>,
    pub(super) virtual_bytes: Option<u64>,
    pub(super) virtual_max_bytes: Option<u64>,
}

/// Ticks in a second, in which Linux counts for programs: `sysconf(_SC_CLK_TCK)`. It has been this number
/// on every architecture that Rust knows, whatever the kernel's own `HZ` is.
const TICKS: f64 = 100.0;

impl Reading {
    pub(super) fn now() -> Self {
        let mut reading = Self { open_fds: open_fds(), ..Self::default() };
        reading.take_stat(&read("/proc/self/stat"), boot_seconds());
        reading.take_status(&read("/proc/self/status"));
        reading.take_limits(&read("/proc/self/limits"));
        reading
    }

    /// Takes over a line like `1 (name) S 0 1 …`. Its fields have numbers in proc(5).
    fn take_stat(&mut self, stat: &str, boot_seconds: Option<u64>) {
        // A name may have parentheses and spaces. What follows it has none.
        let Some((_, fields)) = stat.rsplit_once(')') else { return };
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        self.cpu_seconds =
            field(14).zip(field(15)).map(|(user, system)| (user as f64 + system as f64) / TICKS);
        self.start_seconds =
            boot_seconds.zip(field(22)).map(|(boot, ticks)| boot as f64 + ticks as f64 / TICKS);
        (self.threads, self.virtual_bytes) = (field(20), field(23));
    }

    /// Takes over lines like `VmRSS:     2056 kB`. `stat` has the resident memory too, but in pages, whose
    /// size only a system call says.
    fn take_status(&mut self, status: &str) {
        let bytes = |name| Some(value(status, name)?.parse::<u64>().ok()?.saturating_mul(1024));
        (self.resident_bytes, self.heap_bytes) = (bytes("VmRSS:"), bytes("VmData:"));
    }

    /// Takes over lines like `Max open files     1024     524288     files`: the soft limit comes first.
    fn take_limits(&mut self, limits: &str) {
        let limit = |name| match value(limits, name)? {
            "unlimited" => Some(u64::MAX),
            number => number.parse().ok(),
        };
        self.max_fds = limit("Max open files");
        self.virtual_max_bytes = limit("Max address space");
    }
}

/// The first word after a name at the beginning of a line.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()
}

/// A file as text; nothing if it cannot be read.
fn read(path: &str) -> String {
    // The name of a process is any bytes.
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// When the system began, as Unix time. In a container too, it is the moment from which `stat` counts.
///
/// It is read once. Later the system may say another second, when its clock has been set, and a start that
/// moves looks like another process.
fn boot_seconds() -> Option<u64> {
    static BOOT: OnceLock<u64> = OnceLock::new();
    if let Some(boot) = BOOT.get() {
        return Some(*boot);
    }
    let boot = value(&read("/proc/stat"), "btime")?.parse().ok()?;
    Some(*BOOT.get_or_init(|| boot))
}

/// How many file descriptors are open.
fn open_fds() -> Option<u64> {
    const FOLDER: &str = "/proc/self/fd";
    // Since Linux 6.2 the size of the folder is their number.
    match fs::metadata(FOLDER).ok()?.len() {
        0 => counted(FOLDER),
        count => Some(count),
    }
}

/// How many entries a folder of descriptors has, without the one that reads it.
fn counted(folder: &str) -> Option<u64> {
    let entries = fs::read_dir(folder).ok()?.flatten().count();
    Some((entries as u64).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_rest_of_the_line() {
        let stat = "7 (a) S 1 (b) R 1 7 7 0 -1 4194304 98 0 0 0 250 50 0 0 20 0 12 0 1338067 3133440 380 \
                    18446744073709551615 0";
        let mut reading = Reading::default();
        reading.take_stat(stat, Some(1_795_760_403));
        let expected = Reading {
            cpu_seconds: Some(3.0),
            start_seconds: Some(1_795_773_783.67),
            threads: Some(12),
            virtual_bytes: Some(3_133_440),
            ..Reading::default()
        };
        assert_eq!(reading, expected);
    }

    #[test]
    fn what_is_missing_makes_only_its_own_numbers_missing() {
        let mut reading = Reading::default();
        reading.take_stat("", Some(1));
        reading.take_stat("7 (a) S 1 7", Some(1));
        reading.take_status("Name:\ta\n");
        reading.take_limits("Limit  Soft Limit  Hard Limit  Units\n");
        assert_eq!(reading, Reading::default());

        let stat = "7 (a) R 1 7 7 0 -1 4194304 98 0 0 0 1 1 0 0 20 0 1 0 7 8 9";
        reading.take_stat(stat, None);
        assert_eq!((reading.cpu_seconds, reading.start_seconds), (Some(0.02), None));
        assert_eq!((reading.threads, reading.virtual_bytes), (Some(1), Some(8)));
    }

    #[test]
    fn a_limit_is_the_soft_one_and_may_be_none() {
        let limits = "\
Limit                     Soft Limit           Hard Limit           Units
Max open files            1024                 524288               files
Max address space         unlimited            unlimited            bytes
";
        let mut reading = Reading::default();
        reading.take_limits(limits);
        assert_eq!((reading.max_fds, reading.virtual_max_bytes), (Some(1024), Some(u64::MAX)));
    }

    #[test]
    fn memory_is_in_bytes() {
        let mut reading = Reading::default();
        reading.take_status("VmHWM:\t    3000 kB\nVmRSS:\t    2056 kB\nVmData:\t    7 kB\n");
        assert_eq!(reading.resident_bytes, Some(2_105_344));
        assert_eq!(reading.heap_bytes, Some(7_168));
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn both_ways_to_count_descriptors_agree() {
        // Other tests open files meanwhile.
        let agree = || counted("/proc/self/fd") == open_fds();
        assert!((0..1000).any(|_| agree()));
    }
}

//! What the versions of Prometheus call the options that our files and tests need.

/// A version of Prometheus: major and minor number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl Version {
    /// Reads what `prometheus --version` prints: `prometheus, version 2.42.0+ds (branch: …`.
    pub fn parse(printed: &str) -> Option<Self> {
        let mut numbers = printed.split("version ").nth(1)?.split('.').map(str::parse);
        Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    /// The option of a job that keeps `…_bucket`, `…_sum` and `…_count` of histograms that have native
    /// buckets too.
    pub fn classic_option(self) -> Option<&'static str> {
        match self {
            _ if self < Self(2, 45) => None,
            _ if self < Self(3, 0) => Some("scrape_classic_histograms"),
            _ => Some("always_scrape_classic_histograms"),
        }
    }
}

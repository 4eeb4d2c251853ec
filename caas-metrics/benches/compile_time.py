#!/usr/bin/env python3
"""What caas-metrics and its peers cost a compiler: crates, a clean build, families, functions.

Packages are generated in a temporary folder. Figures are seconds of processor time of cargo and all
that it starts (least of some rounds), since other programs on the machine only stretch the clock.
Nothing is incremental. `--quick` takes one round of each; names on the command line choose parts:
`hello`, `features`, `families`, `functions`.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

OURS = Path(__file__).resolve().parent.parent
COUNT = 1000
TIMEOUT = 900
ENVIRONMENT = os.environ | {"CARGO_INCREMENTAL": "0"}


@dataclass
class Package:
    """A generated package: the lines of its dependencies, and its source."""
    name: str
    dependencies: list[str]
    source: str


def ours(options: str = "") -> str:
    return f'caas-metrics = {{ path = "{OURS}"{options} }}'


MINIMAL = ours(", default-features = false")
LABELS = "pub method: String, pub status: u16"


# --- hello, world -------------------------------------------------------------------------------

HELLO_OURS = """
caas_metrics::metrics! {
    /// Hellos said.
    pub counter HellosTotal { name: &str }
}
fn main() { HellosTotal { name: "world" }.inc(); }
"""

HELLO_CLIENT = """
use prometheus_client::{encoding::EncodeLabelSet, metrics::{counter::Counter, family::Family}};
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Labels { name: String }
fn main() {
    Family::<Labels, Counter>::default().get_or_create(&Labels { name: "world".into() }).inc();
}
"""

HELLO_MEASURED = """
use measured::{CounterVec, LabelGroup, lasso::ThreadedRodeo};
#[derive(LabelGroup, Clone, Copy)]
#[label(set = LabelsSet)]
struct Labels<'a> { #[label(dynamic_with = ThreadedRodeo, default)] name: &'a str }
fn main() { CounterVec::<LabelsSet>::new().inc(Labels { name: "world" }); }
"""

HELLO_PROMETHEUS = """
fn main() {
    let opts = prometheus::Opts::new("hellos_total", "Hellos said.");
    prometheus::IntCounterVec::new(opts, &["name"]).unwrap().with_label_values(&["world"]).inc();
}
"""

HELLO_METRICS = """
fn main() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("hellos", "name" => "world").increment(1);
    });
}
"""

HELLO = [
    # What anything with macros and a registry filled by the linker needs: the floor for us.
    Package("inventory + syn, with our features",
            ['inventory = "0.3"', 'syn = { version = "3", default-features = false, features = '
             '["parsing", "printing", "proc-macro"] }'], "fn main() {}"),
    Package("caas-metrics, default-features = false", [MINIMAL], HELLO_OURS),
    Package("caas-metrics", [ours()], HELLO_OURS),
    Package("prometheus-client", ['prometheus-client = "0.26"'], HELLO_CLIENT),
    Package("measured", ['measured = { version = "0.0.25", features = ["lasso"] }'], HELLO_MEASURED),
    Package("prometheus, default-features = false",
            ['prometheus = { version = "0.14", default-features = false }'], HELLO_PROMETHEUS),
    Package("metrics + metrics-exporter-prometheus, default-features = false",
            ['metrics = "0.24"',
             'metrics-exporter-prometheus = { version = "0.18", default-features = false }'],
            HELLO_METRICS),
]


# --- declared families --------------------------------------------------------------------------

def families_ours() -> str:
    each = "/// Events.\npub counter Events{n}Total {{ method: &str, status: u16 }}\n"
    return "caas_metrics::metrics! {\n" + "".join(each.format(n=n) for n in range(COUNT)) + "}\n"


def families_client() -> str:
    use = ("use std::sync::LazyLock;\nuse prometheus_client::{encoding::EncodeLabelSet, "
           "metrics::{counter::Counter, family::Family}};\n")
    each = """
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Labels{n} {{ {labels} }}
pub static EVENTS_{n}: LazyLock<Family<Labels{n}, Counter>> = LazyLock::new(Family::default);
"""
    return use + "".join(each.format(n=n, labels=LABELS) for n in range(COUNT))


def families_measured() -> str:
    use = "use measured::{CounterVec, LabelGroup, MetricGroup, lasso::ThreadedRodeo};\n"
    each = """
#[derive(LabelGroup, Clone, Copy)]
#[label(set = Labels{n}Set)]
pub struct Labels{n}<'a> {{
    #[label(dynamic_with = ThreadedRodeo, default)] method: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)] status: &'a str,
}}
"""
    fields = "".join(f"    pub events_{n}: CounterVec<Labels{n}Set>,\n" for n in range(COUNT))
    group = "#[derive(MetricGroup)]\n#[metric(new())]\npub struct Metrics {\n" + fields + "}\n"
    return use + "".join(each.format(n=n) for n in range(COUNT)) + group


FAMILIES = [
    Package("caas-metrics", [MINIMAL], families_ours()),
    Package("prometheus-client", ['prometheus-client = "0.26"'], families_client()),
    Package("measured", ['measured = { version = "0.0.25", features = ["lasso"] }'],
            families_measured()),
]


# --- annotated functions ------------------------------------------------------------------------

DECLARED = """
caas_metrics::metrics! {
    /// Calls.
    pub counter CallsTotal { name: &str }
    /// Time of calls in seconds.
    pub histogram CallSeconds { name: &str }
}
"""


def functions(attribute: str, declared: str = "") -> str:
    each = """
{attribute}
pub fn parse_{n}(text: &str) -> Result<u64, std::num::ParseIntError> {{
    let number: u64 = text.trim().parse()?;
    let doubled = number.saturating_mul(2);
    if doubled > 100 {{ Ok(doubled) }} else {{ Ok(number + {n}) }}
}}
"""
    return declared + "".join(each.format(n=n, attribute=attribute) for n in range(COUNT))


FUNCTIONS = [
    Package("#[caas_metrics::timed(Family { … })]", [MINIMAL],
            functions('#[caas_metrics::timed(CallSeconds { name: "parse" })]', DECLARED)),
    Package("#[caas_metrics::counted(Family { … })]", [MINIMAL],
            functions('#[caas_metrics::counted(CallsTotal { name: "parse" })]', DECLARED)),
    Package("#[caas_metrics::timed]", [MINIMAL], functions("#[caas_metrics::timed]", DECLARED)),
    Package("#[caas_metrics::counted]", [MINIMAL], functions("#[caas_metrics::counted]", DECLARED)),
    Package("#[tracing::instrument]", ['tracing = "0.1"'], functions("#[tracing::instrument]")),
    Package("#[fastrace::trace]", ['fastrace = { version = "0.7", features = ["enable"] }'], functions("#[fastrace::trace]")),
    Package("#[autometrics::autometrics]",
            ['autometrics = { version = "3", features = ["prometheus-0_14"] }'],
            functions("#[autometrics::autometrics]")),
]


# --- measuring ----------------------------------------------------------------------------------

def write(folder: Path, package: Package, root: str) -> None:
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "subject"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n'
        "[dependencies]\n" + "\n".join(package.dependencies) + "\n")
    (folder / "src" / root).write_text(package.source)


def cargo(folder: Path, *arguments: str) -> float:
    """Seconds of processor time that a cargo command took."""
    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    environment = ENVIRONMENT | {"CARGO_TARGET_DIR": str(folder / "target")}
    done = subprocess.run(["cargo", *arguments], cwd=folder, env=environment, timeout=TIMEOUT,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return used() - before


def crates(folder: Path) -> int:
    """Crates that are compiled beside the package itself."""
    tree = subprocess.run(["cargo", "tree", "--prefix", "none", "-e", "normal,build"], cwd=folder,
                          check=True, capture_output=True, text=True).stdout
    names = {" ".join(line.split()[:2]) for line in tree.splitlines() if line}
    return len(names) - 1


def clean_builds(base: Path, rounds: int, packages: list[Package]) -> list[tuple[int, float]]:
    """Of each package its crates, and seconds to build all of them with one job."""
    seconds = [[] for _ in packages]
    counts = [0 for _ in packages]
    for _ in range(rounds):
        for place, package in enumerate(packages):
            folder = base / f"clean-{place}"
            write(folder, package, "main.rs")
            counts[place] = crates(folder)
            cargo(folder, "fetch")
            shutil.rmtree(folder / "target", ignore_errors=True)
            seconds[place].append(cargo(folder, "build", "--quiet", "-j1"))
            shutil.rmtree(folder)
    return [(count, min(found)) for count, found in zip(counts, seconds)]


def hello(base: Path, rounds: int) -> None:
    print("\n| hello, world | crates | clean build with one job, s |\n|---|--:|--:|")
    for package, (count, seconds) in zip(HELLO, clean_builds(base, rounds, HELLO)):
        print(f"| {package.name} | {count} | {seconds:.1f} |")


def features(base: Path, rounds: int) -> None:
    """What each of our features adds to a build without any."""
    names = tomllib.loads((OURS / "Cargo.toml").read_text())["features"]
    names = [name for name in names if name != "default"]
    packages = [Package("none", [MINIMAL], HELLO_OURS)]
    for name in names:
        with_one = ours(f', default-features = false, features = ["{name}"]')
        packages.append(Package(f"`{name}`", [with_one], HELLO_OURS))
    (none, *others) = clean_builds(base, rounds, packages)
    print("\n| feature | crates | clean build with one job, s |\n|---|--:|--:|")
    print(f"| none | {none[0]} | {none[1]:.1f} |")
    for package, (count, seconds) in zip(packages[1:], others):
        print(f"| {package.name} | +{count - none[0]} | {seconds - none[1]:+.1f} |")


def check(folder: Path, package: Package, source: str) -> float:
    write(folder, Package(package.name, package.dependencies, source), "lib.rs")
    return cargo(folder, "check", "--quiet")


def per_item(base: Path, rounds: int, title: str, rows: list[tuple[Package, str]]) -> None:
    """Milliseconds of an item over the source without it, in a package of the same crates."""
    print(f"\n| {title} | `cargo check` of {COUNT}, s | each, ms |\n|---|--:|--:|")
    for place, (package, without) in enumerate(rows):
        folder = base / f"{title.split()[0]}-{place}"
        try:
            check(folder, package, "")  # The crates it depends on.
            # A blank line more each time, so that cargo sees a change.
            blank = ["\n" * (n + 1) for n in range(rounds)]
            plain = min(check(folder, package, without + b) for b in blank)
            full = min(check(folder, package, package.source + b) for b in blank)
        except RuntimeError as error:
            print(f"| {package.name} | does not compile | – |")
            print(error, file=sys.stderr)
            continue
        print(f"| {package.name} | {full:.2f} | {(full - plain) * 1000 / COUNT:.2f} |", flush=True)


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    rounds = 1 if "--quick" in sys.argv[1:] else 3
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        if not words or "hello" in words:
            hello(base, rounds)
        if not words or "features" in words:
            features(base, rounds)
        if not words or "families" in words:
            per_item(base, rounds, "families", [(package, "") for package in FAMILIES])
        if not words or "functions" in words:
            rows = [(package, functions("", DECLARED if package.dependencies == [MINIMAL] else ""))
                    for package in FUNCTIONS]
            per_item(base, rounds, "functions", rows)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Instructions of our hot paths, counted by callgrind and compared with `instructions.txt`.

Timings are noisy, counts are not. Each path runs once, and then several times; the difference is what
the repeats take. The least of three differences counts, since hashes have another seed in each process.
A path fails if it takes more than TOLERANCE above its committed count, if it has no committed count, or
if it no longer exists. `--bless` writes the present counts.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOLERANCE = 0.10
HERE = Path(__file__).parent
COMMITTED = HERE / "instructions.txt"


def build() -> Path:
    """Builds without the peers, and returns the program."""
    command = ["cargo", "build", "--quiet", "--release", "-p", "caas-metrics-benches",
               "--no-default-features", "--features", "tsc"]
    subprocess.run(command, cwd=HERE, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target")
    return Path(target) / "release" / "caas-metrics-benches"


def instructions(program: Path, path: str, times: int) -> int:
    """All instructions of a process that repeats a path this often."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
                        program, "repeat", path, str(times)],
                       check=True, capture_output=True)
        return int(re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.M).group(1))


def measure(program: Path) -> dict[str, float]:
    listed = subprocess.run([program, "repeat"], check=True, capture_output=True, text=True)
    counts = {}
    for line in listed.stdout.splitlines():
        path, each, times = line.split("\t")
        more = min(instructions(program, path, 1 + int(times)) - instructions(program, path, 1)
                   for _ in range(3))
        counts[path] = more / int(times) / int(each)
    return counts


def committed() -> dict[str, float]:
    if not COMMITTED.exists():
        return {}
    pairs = (line.rsplit(maxsplit=1) for line in COMMITTED.read_text().splitlines())
    return {path: float(count) for path, count in pairs}


def compare(now: dict[str, float], before: dict[str, float]) -> bool:
    """Prints all paths; whether none takes too much."""
    good = now.keys() == before.keys()
    for path in sorted(now.keys() | before.keys()):
        if path not in now or path not in before:
            print(f"{path:36} {'is new' if path in now else 'is gone'}: bless it")
            continue
        change = now[path] / before[path] - 1
        verdict = "TOO MUCH" if change > TOLERANCE else "ok"
        good &= change <= TOLERANCE
        print(f"{path:36} {before[path]:10.1f} -> {now[path]:10.1f} {change:+7.1%}  {verdict}")
    return good


def main() -> int:
    now = measure(build())
    if "--bless" in sys.argv[1:]:
        COMMITTED.write_text("".join(f"{path:36} {now[path]:10.1f}\n" for path in now))
        print(COMMITTED.read_text(), end="")
        return 0
    return 0 if compare(now, committed()) else 1


if __name__ == "__main__":
    sys.exit(main())

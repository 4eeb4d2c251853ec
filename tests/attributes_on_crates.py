#!/usr/bin/env python3
"""Puts the attributes on every function of published crates and sees what becomes of them.

    tests/attributes_on_crates.py [--position below|above] [--attribute timed|counted|in_flight|all]
                                  [--no-tests] [crate=version …]

For each crate: its functions are counted, then `cargo clippy` (default, pedantic, nursery and restriction lints)
and the crate's own tests run on the plain copy and on the annotated one. Fails if an annotated
crate does not compile, has a warning that the plain one has not, or fails a test that the plain one
passes. `const fn` and functions without a body are left out, and what is inside macros.

Needs a network, or a full cargo cache. Builds in $CARGO_TARGET_DIR, or in a temporary folder.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRATES = ["itoa=1.0.18", "semver=1.0.28", "smallvec=1.15.1", "bytes=1.11.1", "indexmap=2.14.0",
          "http=1.4.0", "mini-redis=0.4.1"]
QUALIFIERS = {"const", "async", "unsafe", "extern", "default", "pub", "safe", "gen"}
TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
      | (?P<block>/\*)
      | (?P<raw>(?:br|cr|r)(?P<hashes>\#*)")
      | (?P<string>[bc]?"(?:\\.|[^"\\])*")
      | (?P<char>b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^'\\\n])')
      | (?P<lifetime>'[A-Za-z_]\w*)
      | (?P<word>(?:r\#)?[A-Za-z_]\w*)
      | (?P<number>\d\w*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(text):
    """Tokens as (text, position), without comments."""
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        at = match.end()
        if match["space"]:
            continue
        if match["block"]:
            depth = 1
            while depth and at < len(text):
                opening, closing = text.find("/*", at), text.find("*/", at)
                if opening != -1 and opening < closing:
                    depth, at = depth + 1, opening + 2
                else:
                    depth, at = depth - 1, closing + 2
            continue
        if match["raw"]:
            at = text.index('"' + match["hashes"], at) + 1 + len(match["hashes"])
        yield text[match.start():at], match.start()


def matching(list_, at):
    """The index of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(list_)):
        if list_[i][0] in "([{" and len(list_[i][0]) == 1:
            depth += 1
        elif list_[i][0] in ")]}" and len(list_[i][0]) == 1:
            depth -= 1
            if depth == 0:
                return i
    return len(list_) - 1


def functions(text, position):
    """Where an attribute goes for each function with a body, outside of macros."""
    all_ = list(tokens(text))
    i = 0
    while i < len(all_):
        word = all_[i][0]
        following = [t for t, _ in all_[i + 1:i + 3]]
        # `name! { … }`, `macro_rules! name { … }` and the content of attributes are skipped.
        if re.match(r"\w", word) and following[:1] == ["!"] and len(following) > 1:
            j = i + 2
            if re.match(r"\w", all_[j][0]) and word == "macro_rules":
                j += 1
            if all_[j][0] in "([{":
                i = matching(all_, j) + 1
                continue
        if word == "#":
            j = i + 1 + (following[:1] == ["!"])
            if j < len(all_) and all_[j][0] == "[":
                i = matching(all_, j) + 1
                continue
        if word != "fn" or not following or not re.match(r"[A-Za-z_]", following[0]):
            i += 1
            continue
        start, qualifiers = i, set()
        while start > 0:
            before = all_[start - 1][0]
            if before in QUALIFIERS:
                qualifiers.add(before)
                start -= 1
            elif before.startswith('"') and start > 1 and all_[start - 2][0] == "extern":
                start -= 1
            elif before == ")":
                opening = start - 1
                while all_[opening][0] != "(":
                    opening -= 1
                if all_[opening - 1][0] != "pub":
                    break
                start = opening - 1
                qualifiers.add("pub")
            else:
                break
        end = i + 1
        while end < len(all_) and all_[end][0] not in ("{", ";"):
            end = matching(all_, end) + 1 if all_[end][0] in ("(", "[") else end + 1
        has_body = end < len(all_) and all_[end][0] == "{"
        if has_body and "const" not in qualifiers:
            if position == "above":
                while start > 1 and all_[start - 1][0] == "]":
                    opening, depth = start - 1, 0
                    while True:
                        depth += (all_[opening][0] == "]") - (all_[opening][0] == "[")
                        if depth == 0:
                            break
                        opening -= 1
                    if all_[opening - 1][0] != "#":
                        break
                    start = opening - 1
            yield all_[start][1]
        i += 1


def annotate(folder, edition, attributes, position):
    """Annotates a crate's sources; returns how many functions it found."""
    path = "caas_metrics" if edition == "2015" else "::caas_metrics"
    line = "".join(f"#[{path}::{attribute}] " for attribute in attributes)
    count = 0
    for file in sorted((folder / "src").rglob("*.rs")):
        text = file.read_text()
        places = list(functions(text, position))
        count += len(places)
        for place in sorted(places, reverse=True):
            text = text[:place] + line + text[place:]
        file.write_text(text)
    return count


def cargo(folder, target, *arguments):
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target), RUSTFLAGS="--cap-lints=warn")
    return subprocess.run(["cargo", *arguments], cwd=folder, env=environment, capture_output=True,
                          text=True, check=False)


def diagnostics(folder, target):
    """The errors and the warnings of a crate, counted by lint and message."""
    shutil.rmtree(target / "debug" / "incremental", ignore_errors=True)
    for file in (folder / "src").rglob("*.rs"):
        file.touch()
    result = cargo(folder, target, "clippy", "--lib", "--message-format=json", "--",
                   "-Wclippy::pedantic", "-Wclippy::nursery", "-Wclippy::restriction")
    errors, warnings = [], collections.Counter()
    for line in result.stdout.splitlines():
        message = json.loads(line).get("message") or {}
        if not message.get("spans"):
            continue
        if message["level"] == "error":
            errors.append(message["rendered"])
        elif message["level"] == "warning":
            code = (message.get("code") or {}).get("code")
            warnings[f"{code}: {message['message']}"] += 1
    if result.returncode and not errors:
        errors.append(result.stderr[-3000:])
    return errors, warnings


def tests(folder, target):
    """The results of a crate's own tests: `name ... ok`."""
    result = cargo(folder, target, "test", "--no-fail-fast", "--", "--test-threads=2")
    lines = re.findall(r"^test (.+?) (?:- .*)?\.\.\. (\w+)", result.stdout, re.MULTILINE)
    counted = collections.Counter(outcome for _, outcome in lines)
    # A doctest's name has its line, which annotating does not change.
    return counted, {name for name, outcome in lines if outcome == "FAILED"}, result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--position", choices=["below", "above"], default="below")
    parser.add_argument("--attribute", default="counted",
                        choices=["timed", "counted", "in_flight", "all"])
    parser.add_argument("--no-tests", action="store_true")
    parser.add_argument("crates", nargs="*", default=CRATES)
    arguments = parser.parse_args()
    chosen = [arguments.attribute]
    if arguments.attribute == "all":
        chosen = ["timed", "counted", "in_flight"]
    work = pathlib.Path(tempfile.mkdtemp(prefix="caas-attributes-"))
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", work / "target")) / "attributes"

    # One manifest asks for all; `cargo vendor` brings the sources.
    asks = work / "asks"
    (asks / "src").mkdir(parents=True)
    (asks / "src/lib.rs").write_text("")
    dependencies = "".join(
        '{0} = "={1}"\n'.format(*crate.split("=")) for crate in arguments.crates)
    (asks / "Cargo.toml").write_text(
        f'[package]\nname = "asks"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'
        f"[dependencies]\n{dependencies}")
    vendored = cargo(asks, target, "vendor", "--versioned-dirs", str(work / "vendor"))
    if vendored.returncode:
        sys.exit(vendored.stderr)

    failed, total = False, 0
    for crate in arguments.crates:
        name, version = crate.split("=")
        results = {}
        for kind in ("plain", "annotated"):
            folder = work / kind / name
            shutil.copytree(work / "vendor" / f"{name}-{version}", folder)
            (folder / ".cargo-checksum.json").unlink(missing_ok=True)
            manifest = (folder / "Cargo.toml").read_text()
            edition = (re.search(r'^edition = "(\d+)"', manifest, re.MULTILINE) or [0, "2015"])[1]
            manifest += ("\n[workspace]\n[dependencies.caas-metrics]\n"
                         f'path = "{ROOT / "caas-metrics"}"\n')
            (folder / "Cargo.toml").write_text(manifest)
            if kind == "annotated":
                count = annotate(folder, edition, chosen, arguments.position)
                total += count
            # The same folder for both, so that dependencies are built once; a crate is told from
            # its copy by its path.
            errors, warnings = diagnostics(folder, target)
            ran = None if arguments.no_tests or errors else tests(folder, target)
            results[kind] = (errors, warnings, ran)
        plain, annotated = results["plain"], results["annotated"]
        added = annotated[1] - plain[1]
        print(f"{crate} (edition {edition}): {count} functions, {len(annotated[0])} errors, "
              f"{sum(added.values())} warnings added", end="")
        if plain[0]:
            print(f"\n  the plain crate does not build:\n{plain[0][0]}")
            failed = True
        if plain[2] and annotated[2]:
            newly = annotated[2][1] - plain[2][1]
            missing = sum(plain[2][0].values()) - sum(annotated[2][0].values())
            print(f", tests {dict(annotated[2][0])}, plain {dict(plain[2][0])}", end="")
            if newly or missing:
                failed = True
                print(f"\n  newly failing: {sorted(newly)}, missing: {missing}")
                print(annotated[2][2].stdout[-3000:], annotated[2][2].stderr[-3000:])
        print(flush=True)
        for error in annotated[0][:10]:
            print(error)
        for warning, times in added.most_common(20):
            print(f"  +{times} {warning}")
        failed |= bool(annotated[0] or added)
    print(f"{total} functions with {chosen}, {arguments.position} other attributes")
    shutil.rmtree(work, ignore_errors=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Has promtool check prometheus.yml and the sidecar's copy of it.

Debian's promtool is built without Kubernetes: it knows no `kubernetes_sd_configs`. Then it checks a
copy with `file_sd_configs` in their place, that is all but the discovery, and vmagent, which knows
them and refuses unknown fields, checks the scrape configuration as it is. Without vmagent that part
is not checked: that is said, and is a failure if CAAS_DEPLOY=required.

A promtool of 2.x calls one option otherwise, or does not have it: it gets the file with its own name.

Needs PyYAML, `promtool`, and `vmagent` (Debian: victoria-metrics) with Debian's promtool.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
UNKNOWN = "field kubernetes_sd_configs not found"


def for_this_promtool(config):
    printed = subprocess.run(["promtool", "--version"], capture_output=True, text=True)
    version = re.search(r"version (\d+)\.(\d+)", printed.stdout + printed.stderr)
    version = tuple(int(number) for number in version.groups()) if version else (3, 0)
    if version >= (3, 0):
        return config
    config = yaml.safe_load(config)
    for job in config["scrape_configs"]:
        value = job.pop("always_scrape_classic_histograms", None)
        if value is not None and version >= (2, 45):
            job["scrape_classic_histograms"] = value
    return yaml.safe_dump(config)


def promtool(config, folder):
    path = Path(folder, "prometheus.yml")
    path.write_text(config)
    checked = subprocess.run(["promtool", "check", "config", str(path)], capture_output=True, text=True)
    return checked.returncode, (checked.stdout + checked.stderr).strip()


def vmagent(config, folder):
    scraping = yaml.safe_load(config)["scrape_configs"]
    for job in scraping:
        for own in ["label_limit", "always_scrape_classic_histograms"]:
            job.pop(own, None)  # Prometheus' own
    path = Path(folder, "scrape.yml")
    path.write_text(yaml.safe_dump({"scrape_configs": scraping}))
    checked = subprocess.run(
        ["vmagent", "-dryRun", f"-promscrape.config={path}", "-promscrape.config.strictParse=true"],
        capture_output=True, text=True)
    return checked.returncode, checked.stderr.strip()


def check(name, folder):
    config = for_this_promtool((HERE / name).read_text())
    # vmagent finds out about a role only when it asks for it.
    discovery = [sd for job in yaml.safe_load(config)["scrape_configs"] for sd in job.get("kubernetes_sd_configs", [])]
    if not discovery or any(sd.get("role") != "pod" for sd in discovery):
        sys.exit(f"{name}: it must discover pods, by kubernetes_sd_configs with the role pod")
    code, output = promtool(config, folder)
    if code == 0:
        return "promtool"
    if UNKNOWN not in output:
        sys.exit(f"{name}: promtool check config:\n{output}")
    without = yaml.safe_load(config)
    for job in without["scrape_configs"]:
        if job.pop("kubernetes_sd_configs", None):
            job["file_sd_configs"] = [{"files": ["pods*.yml"]}]
    code, output = promtool(yaml.safe_dump(without), folder)
    if code != 0:
        sys.exit(f"{name}, without its kubernetes_sd_configs: promtool check config:\n{output}")
    if not shutil.which("vmagent"):
        if os.environ.get("CAAS_DEPLOY") == "required":
            sys.exit(f"{name}: this promtool knows no Kubernetes, vmagent is not on PATH, and CAAS_DEPLOY=required")
        return "promtool without the discovery, which is NOT CHECKED without vmagent"
    code, output = vmagent(config, folder)
    if code != 0:
        sys.exit(f"{name}: vmagent -dryRun:\n{output}")
    return "promtool without the discovery, and vmagent with it"


def main():
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / "alerts.yml", folder)
        for name in ["prometheus.yml", "thanos/sidecar/prometheus.yml"]:
            print(f"{name}: checked by {check(name, folder)}")


if __name__ == "__main__":
    main()

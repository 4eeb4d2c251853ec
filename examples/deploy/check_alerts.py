#!/usr/bin/env python3
"""Checks what promtool leaves open: that each alert has a severity that alertmanager.yml routes, its
annotations, a section in runbooks.md, and in alerts_test.yml a moment in which it fires and one in
which it is silent; and that the two files name the same groups.

Prints each problem and exits with 1 if there is any. Needs PyYAML.
"""

import re
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent


def load(name):
    return yaml.safe_load((HERE / name).read_text())


def anchors(text):
    """The anchors of the headings of a Markdown file, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return [re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings]


def main():
    problems = []
    rules, tests, manager = load("alerts.yml"), load("alerts_test.yml"), load("alertmanager.yml")
    groups = [group["name"] for group in rules["groups"]]
    if tests["group_eval_order"] != groups:
        problems.append("alerts_test.yml: group_eval_order does not list the groups of alerts.yml in their order")
    routed = {value for route in manager["route"]["routes"] for value in re.findall(r'severity = "(\w+)"', " ".join(route["matchers"]))}
    muted = set(re.findall(r"\bCaas[A-Z]\w+", " ".join(m for rule in manager["inhibit_rules"] for m in rule["source_matchers"] + rule["target_matchers"])))
    sections = anchors((HERE / "runbooks.md").read_text())

    alerts = [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    names = {rule["alert"] for rule in alerts}
    # What is demanded of each alert and window: (name, severity, window).
    fired = {}
    silent = set()
    for test in tests["tests"]:
        for case in test.get("alert_rule_test", []):
            expected = case.get("exp_alerts") or []
            if not expected:
                silent.add(case["alertname"])
            for alert in expected:
                key = (case["alertname"], alert["exp_labels"]["severity"], alert["exp_labels"].get("window"))
                fired[key] = True
            # Where some windows of an alert fire and others don't, the others are silent.
            windows = {alert["exp_labels"].get("window") for alert in expected}
            silent |= {(case["alertname"], rule["labels"].get("window")) for rule in alerts
                       if rule["alert"] == case["alertname"] and rule["labels"].get("window") not in windows}
    for rule in alerts:
        name, labels = rule["alert"], rule["labels"]
        window = labels.get("window")
        where = f"alerts.yml: {name}" + (f" ({window})" if window else "")
        if labels.get("severity") not in routed:
            problems.append(f"{where}: alertmanager.yml routes no severity {labels.get('severity')}")
        for annotation in ["summary", "description", "runbook_url"]:
            if not rule["annotations"].get(annotation):
                problems.append(f"{where}: has no {annotation}")
        path, _, anchor = rule["annotations"].get("runbook_url", "").partition("#")
        if not path.endswith("/examples/deploy/runbooks.md") or anchor != name.lower() or anchor not in sections:
            problems.append(f"{where}: runbook_url leads to no section {name} of runbooks.md")
        if (name, labels.get("severity"), window) not in fired:
            problems.append(f"{where}: in alerts_test.yml it never fires")
        if name not in silent or (window and (name, window) not in silent):
            problems.append(f"{where}: in alerts_test.yml it is never silent")
    for name in sorted(set(sections) & {n.lower() for n in re.findall(r"^## (Caas\w+)$", (HERE / "runbooks.md").read_text(), re.M)} - {n.lower() for n in names}):
        problems.append(f"runbooks.md: {name} is no alert")
    for name in sorted({n for n in muted if n not in names}):
        problems.append(f"alertmanager.yml: {name} is no alert")
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(f"{len(problems)} problems")
    print(f"{len(names)} alerts in {len(alerts)} rules: all are routed, described and tested")


if __name__ == "__main__":
    main()

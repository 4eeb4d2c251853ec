#!/usr/bin/env python3
"""Breaks copies of the dashboards in one place each, and demands that `check.py` says so."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def panel(board, kind="timeseries"):
    return next(p for p in board["panels"] if p["type"] == kind)


def defaults(board):
    return panel(board)["fieldConfig"]["defaults"]


def edit(old, new, kind="timeseries"):
    """Replaces text in the first query that has it."""

    def break_it(board):
        for broken in board["panels"]:
            for target in broken.get("targets", []):
                if broken["type"] == kind and old in target["expr"]:
                    target["expr"] = target["expr"].replace(old, new)
                    return
        raise AssertionError(f"no query has {old}")

    return break_it


def legend(text):
    return lambda board: panel(board)["targets"][0].update(legendFormat=text)


def second_id(board):
    board["panels"][2]["id"] = board["panels"][1]["id"]


def second_ref(board):
    target = panel(board)["targets"][0]
    panel(board)["targets"].append(dict(target))


# What is broken, how, and a part of the message.
CASES = [
    ("two equal ids", second_id, "two panels have the id"),
    ("overlap", lambda b: b["panels"][2]["gridPos"].update(x=0), "overlaps panel"),
    ("too wide", lambda b: panel(b)["gridPos"].update(x=20), "24 columns"),
    ("no height", lambda b: panel(b)["gridPos"].pop("h"), "gridPos must have"),
    ("another data source", lambda b: panel(b).update(datasource={"type": "prometheus", "uid": "P1"}), "not the variable"),
    ("a target's data source", lambda b: panel(b)["targets"][0].pop("datasource"), "a target's data source"),
    ("no refId", lambda b: panel(b)["targets"][0].pop("refId"), "refId of its own"),
    ("two equal refIds", second_ref, "refId of its own"),
    ("no expr", lambda b: panel(b)["targets"][0].pop("expr"), "has no expr"),
    ("no target", lambda b: panel(b).update(targets=[]), "has no target"),
    ("no legend", legend(""), "no legendFormat"),
    ("a legend of a lost label", legend("{{path}} {{tenant_id}}"), "the query does not keep"),
    ("no unit", lambda b: defaults(b).pop("unit"), "the unit None"),
    ("an unknown unit", lambda b: defaults(b).update(unit="sec"), "the unit sec"),
    ("a quantile in operations", lambda b: panel(b, "stat") and next(
        p for p in b["panels"] if p["type"] == "stat" and "quantile" in p["targets"][0]["expr"]
    )["fieldConfig"]["defaults"].update(unit="ops"), "needs the unit s"),
    ("no title", lambda b: panel(b).update(title=""), "has no title"),
    ("no description", lambda b: panel(b).update(description=""), "has no description"),
    ("an unknown type", lambda b: panel(b).update(type="graph"), "the type graph"),
    ("a fixed range", edit("[$__rate_interval]", "[5m]"), "the range must be one of"),
    ("a rate over the shown range", edit("[$__rate_interval]", "[$__range]"), "the range must be one of"),
    ("a bare counter", edit("sum by (method, path) (rate(caas_http_requests_total", "sum by (method, path) ((caas_http_requests_total"), "is a counter"),
    ("the rate of a gauge", edit("(caas_kafka_consumer_lag", "(rate(caas_kafka_consumer_lag"), "is a gauge"),
    ("a quantile without le", edit("sum by (le, method, path)", "sum by (method, path)"), "lost le"),
    ("an unknown series", edit("caas_http_requests_total", "caas_http_request_total"), "nobody declares caas_http_request_total"),
    ("an unknown label", edit('status=~"5.."', 'code=~"5.."'), "has no label code"),
    ("an unknown label in by", edit("by (status)", "by (code)"), "has the label code"),
    ("without the job", edit('job=~"$job",', ""), 'is not selected by job=~"$job"'),
    ("an exact match of a variable", edit('app=~"$app"', 'app="$app"'), "is not selected by app"),
    ("a bracket too few", edit("rate(", "rate"), "promtool"),
    ("an unknown function", edit("rate(", "speed("), "promtool"),
    ("an unknown variable", edit('pod=~"$pod"', 'pod=~"$node"'), "uses the variable node"),
    ("an idle variable", lambda b: b["templating"]["list"].append({**b["templating"]["list"][1], "name": "idle"}), "idle is never used"),
    ("a variable without all", lambda b: b["templating"]["list"][1].update(allValue=""), "the value of all"),
    ("no variable for the data source", lambda b: b["templating"]["list"].pop(0), "must be the data source"),
    ("a heatmap that calculates", lambda b: panel(b, "heatmap")["options"].update(calculate=True), "calculate must be false"),
    ("a heatmap of series", lambda b: panel(b, "heatmap")["targets"][0].update(format="time_series"), "format of the target"),
    ("a heatmap without a unit", lambda b: panel(b, "heatmap")["options"]["yAxis"].pop("unit"), "yAxis has no unit"),
    ("a heatmap of rates", edit("increase(", "rate(", "heatmap"), "must begin with sum by (le)"),
    ("thresholds that fall", lambda b: defaults(b)["thresholds"].update(steps=[
        {"color": "green", "value": None}, {"color": "red", "value": 2}, {"color": "red", "value": 1}]), "must ascend"),
    ("thresholds without a base", lambda b: defaults(b)["thresholds"].update(steps=[]), "first step without a value"),
    ("an option that Grafana lacks", lambda b: defaults(b)["custom"].update(lineStyles="dashed"), "do not know"),
    ("an id of some Grafana", lambda b: b.update(id=7), "id must be null"),
    ("no uid", lambda b: b.update(uid=""), "has no uid"),
    ("the uid of another", lambda b: b.update(uid="caas-overview"), "has the uid of"),
    ("an old schema", lambda b: b.update(schemaVersion=16), "schemaVersion"),
    ("a link to nowhere", lambda b: b["links"].append({"type": "link", "title": "x", "url": "/d/caas-nowhere"}), "leads to caas-nowhere"),
    ("a link to unused tags", lambda b: b["links"][0].update(tags=["caa"]), "tags that no dashboard has"),
]

# The same for the other files that check.py reads: option, file, what is broken, old, new, message.
TEXTS = [
    ("--rules", "alerts.yml", "a rule with an unknown series", "caas_logins_total", "caas_login_total", "nobody declares caas_login_total"),
    ("--rules", "alerts.yml", "a rule with an unknown label", 'outcome="refused"', 'result="refused"', "has no label result"),
    ("--runbooks", "runbooks.md", "a runbook with an unknown series", "(caas_charges_total", "(caas_charge_total", "nobody declares caas_charge_total"),
    ("--runbooks", "runbooks.md", "a runbook with a bracket too few", "topk(10, sum", "topk(10, sum(", "promtool"),
]


def check(*arguments):
    checked = subprocess.run([sys.executable, HERE / "check.py", *arguments], capture_output=True, text=True)
    return checked.returncode, checked.stdout + checked.stderr


def main():
    failed = []
    code, output = check()
    if code != 0:
        sys.exit(f"the dashboards as they are:\n{output}")
    whole = (HERE / "gateway.json").read_text()
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(folder, "gateway.json")

        def expect(what, message, text):
            broken.write_text(text)
            code, output = check(HERE / "overview.json", broken)
            if code != 1 or message not in output:
                failed.append(what)
                print(f"{what}: exit {code}, and not “{message}” in:\n{output}", file=sys.stderr)

        for what, break_it, message in CASES:
            board = json.loads(whole)
            break_it(board)
            expect(what, message, json.dumps(board, indent=2, ensure_ascii=False) + "\n")
        expect("no JSON", "is no JSON", whole[:-3])
        expect("another format", "is not formatted", json.dumps(json.loads(whole)))

        for option, file, what, old, new, message in TEXTS:
            text = (HERE.parent / file).read_text()
            assert old in text, old
            copy = Path(folder, file)
            copy.write_text(text.replace(old, new))
            code, output = check(option, copy)
            if code != 1 or message not in output:
                failed.append(what)
                print(f"{what}: exit {code}, and not “{message}” in:\n{output}", file=sys.stderr)
    total = len(CASES) + len(TEXTS) + 2
    if failed:
        sys.exit(f"{len(failed)} of {total} broken copies were not found out: {', '.join(failed)}")
    print(f"all {total} broken copies were found out")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Checks the dashboards: `check.py` those beside it, `check.py FILE…` others. Also that the rules and
the queries of the runbooks name only series and labels that the services declare.

Prints each problem with file and panel, and exits with 1 if there is any. Needs `promtool` to parse
the queries, PyYAML to read the rules, and `grafana-foundation-sdk`, whose types know which options
each panel has (`requirements.txt`).
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from grafana_foundation_sdk.cog import encoder, plugins
from grafana_foundation_sdk.models import dashboard as sdk

HERE = Path(__file__).resolve().parent
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
PANELS = {"row", "timeseries", "stat", "heatmap"}
UNITS = {"s", "ms", "bytes", "Bps", "reqps", "ops", "percentunit", "short", "none"}
BUILT_IN_VARIABLES = {"__rate_interval": "1m", "__range": "5m", "__interval": "15s"}
TARGET_LABELS = {"job", "instance", "namespace", "pod", "app"}

# What the framework exposes in each service beside the declared families: type and labels.
OWN_FAMILIES = {
    "caas_metrics_exemplars_lost_total": ("counter", {"reason"}),
    "caas_metrics_overflow_total": ("counter", {"family"}),
    "caas_metrics_refused_total": ("counter", {"family"}),
    "caas_metrics_lost_total": ("counter", set()),
    "caas_metrics_collector_age_seconds": ("gauge", {"collector"}),
    "caas_metrics_collector_failures_total": ("counter", {"collector", "reason"}),
    "caas_metrics_dropped_total": ("counter", {"reason"}),
    "caas_metrics_page_bytes": ("gauge", set()),
    "caas_metrics_problems": ("gauge", {"kind"}),
    "caas_metrics_scrape_duration_seconds": ("gauge", set()),
    "caas_metrics_scrapes_total": ("counter", {"format"}),
    "caas_metrics_series": ("gauge", {"family"}),
    "function_calls_total": ("counter", {"module", "function", "outcome"}),
    "function_duration_seconds": ("histogram", {"module", "function"}),
    "functions_in_flight": ("gauge", {"module", "function"}),
}
# What Prometheus itself writes for each target.
SCRAPE_SERIES = {"up", "scrape_samples_scraped", "scrape_duration_seconds"}

COUNTER_FUNCTIONS = {"rate", "increase", "irate"}
GAUGE_FUNCTIONS = {"deriv", "delta", "avg_over_time", "max_over_time", "min_over_time"}
KEYWORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"}


class Problems:
    def __init__(self):
        self.found = []

    def add(self, where, text):
        self.found.append(f"{where}: {text}")


# --- which series exist ------------------------------------------------------------------------


def declared(services):
    """The series that `metrics!` blocks of the services declare: name to type and labels."""
    families = dict(OWN_FAMILIES)
    sources = sorted(services.glob("*/metrics.rs"))
    if not sources:
        sys.exit(f"no metrics.rs below {services}: say where the services are with --services")
    for source in sources:
        text = re.sub(r"//.*", "", source.read_text())
        namespace = re.search(r'namespace\s*=\s*"(\w+)"', text)
        if not namespace:
            sys.exit(f"{source}: no namespace found")
        pattern = r"pub (counter|gauge|histogram|info) (\w+)(?:<\w+>)?\s*(?:\{([^}]*)\})?\s*;?"
        for kind, name, fields in re.findall(pattern, text):
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            labels = {field.removeprefix("r#") for field in re.findall(r"((?:r#)?\w+)\s*:", fields)}
            families[f"{namespace[1]}_{snake}"] = (kind, labels)
    series = {name: ("gauge", set()) for name in SCRAPE_SERIES}
    for name, (kind, labels) in families.items():
        if kind == "histogram":
            series[f"{name}_bucket"] = ("counter", labels | {"le"})
            series[f"{name}_count"] = ("counter", labels)
            series[f"{name}_sum"] = ("counter", labels)
        else:
            series[name] = (kind, labels)
    return series


def recorded(rules):
    """The series that the recording rules write; their labels are those of their `by`."""
    series = {}
    for group in yaml.safe_load(rules.read_text())["groups"]:
        for rule in group["rules"]:
            if "record" in rule:
                labels = set().union(*(set(names) for names in groupings(rule["expr"])))
                labels = labels or set(rule["record"].split(":")[0].split("_"))
                series[rule["record"]] = ("gauge", labels)
    return series


# --- reading a query ----------------------------------------------------------------------------


def without_strings(expr):
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda text: '"' + "_" * (len(text[0]) - 2) + '"', expr)


def groupings(expr):
    lists = re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", without_strings(expr))
    return [re.findall(r"\w+", names) for names in lists]


def selectors(expr):
    """Each selector of a query: series, matchers as (label, operator, value), range, function."""
    plain = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)(\s*\([^)]*\))",
                   lambda m: m[1] + " " * len(m[2]), without_strings(expr))
    # Blank out matchers and ranges, so that only names of series and functions are left.
    names = re.sub(r"\{[^}]*\}|\[[^\]]*\]", lambda m: " " * len(m[0]), plain)
    found = []
    for name in re.finditer(r"(?<![\w:.$])[a-zA-Z_:][\w:]*", names):
        if name[0] in KEYWORDS or re.match(r"\s*(\(|(by|without)\b)", plain[name.end():]):
            continue
        rest = re.match(r"\s*(\{[^}]*\})?\s*(\[[^\]]*\])?", plain[name.end():])
        matchers = []
        if rest[1]:
            start = name.end() + rest.start(1)
            text = expr[start:start + len(rest[1])]
            matchers = re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"', text)
        around = re.search(r"(\w+)\s*\(\s*$", plain[:name.start()])
        window = rest[2][1:-1] if rest[2] else None
        found.append((name[0], matchers, window, around[1] if around else None))
    return found


def check_names(where, expr, series, problems):
    """Each series and label of the query exists."""
    known = set()
    found = selectors(expr)
    if not found:
        return  # a selector without a name, of any series
    for name, matchers, _, _ in found:
        if name not in series:
            problems.add(where, f"nobody declares {name}")
            continue
        known |= series[name][1] | TARGET_LABELS
        for label, _, _ in matchers:
            if label not in series[name][1] | TARGET_LABELS:
                problems.add(where, f"{name} has no label {label}")
    for label in {label for names in groupings(expr) for label in names} - known:
        problems.add(where, f"none of the series has the label {label}")


def check_query(where, target, series, problems):
    expr = target["expr"]
    for name, matchers, window, function in selectors(expr):
        kind = series.get(name, ("unknown", None))[0]
        matched = {label: (operator, value) for label, operator, value in matchers}
        for label in ["namespace", "app"] if ":" in name else ["job", "namespace", "app"]:
            if matched.get(label) != ("=~", f"${label}"):
                problems.add(where, f'{name} is not selected by {label}=~"${label}"')
        if kind == "counter" and function not in COUNTER_FUNCTIONS:
            problems.add(where, f"{name} is a counter: show its rate or increase")
        if kind == "gauge" and function in COUNTER_FUNCTIONS:
            problems.add(where, f"{name} is a gauge: it has no {function}")
        if window is not None:
            allowed = {"$__rate_interval"} | ({"$__range"} if target.get("instant") else set())
            if window not in allowed:
                problems.add(where, f"{name}[{window}]: the range must be one of {', '.join(sorted(allowed))}")
        elif function in COUNTER_FUNCTIONS | GAUGE_FUNCTIONS:
            problems.add(where, f"{function}({name}) without a range")
    for inner in re.findall(r"histogram_quantile\([^,]+,\s*sum by \(([^)]*)\)", expr):
        if "le" not in re.findall(r"\w+", inner):
            problems.add(where, "histogram_quantile over a sum that has lost le")
    if "histogram_quantile(" in expr and not re.search(r"histogram_quantile\([^,]+,\s*sum by \(", expr):
        problems.add(where, "histogram_quantile must be over a sum by (le, …)")


def fill_in(expr):
    for name, value in BUILT_IN_VARIABLES.items():
        expr = expr.replace(f"${name}", value)
    return re.sub(r"\$(\w+)", ".+", expr)


def check_syntax(queries, problems):
    """Prometheus' own parser reads each query, as the expression of a rule."""
    with tempfile.TemporaryDirectory() as folder:
        for number, (where, expr) in enumerate(queries):
            rules = [{"record": f"panel:{number}", "expr": fill_in(expr)}]
            path = Path(folder, f"{number:04}.yml")
            path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
        files = sorted(str(path) for path in Path(folder).iterdir())
        if not files:
            return
        checked = subprocess.run(["promtool", "check", "rules", "--lint=none", *files], capture_output=True, text=True)
        if checked.returncode == 0:
            return
        messages = (checked.stdout + checked.stderr).splitlines()
        blamed = {int(m[1]): line for line in messages for m in [re.search(r"(\d{4})\.yml: ", line)] if m}
        for number, line in blamed.items():
            problems.add(queries[number][0], f"promtool: {line.split('.yml: ', 1)[1]}")
        if not blamed:
            problems.add("queries", f"promtool exited with {checked.returncode}: {' '.join(messages)}")


# --- panels ---------------------------------------------------------------------------------------


def check_grid(name, panels, problems):
    taken = {}
    for panel in panels:
        where = f"{name}: panel {panel.get('id')}"
        grid = panel.get("gridPos", {})
        if set(grid) != {"x", "y", "w", "h"} or not all(isinstance(n, int) and n >= 0 for n in grid.values()):
            problems.add(where, "gridPos must have x, y, w and h")
            continue
        if grid["w"] < 1 or grid["h"] < 1 or grid["x"] + grid["w"] > 24:
            problems.add(where, "gridPos does not fit into 24 columns")
        cells = [(x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])]
        under = sorted({taken[cell] for cell in cells if cell in taken})
        if under:
            problems.add(where, f"overlaps panel {', '.join(map(str, under))}")
        taken.update(dict.fromkeys(cells, panel.get("id")))


def check_thresholds(where, panel, problems):
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
    values = [step["value"] for step in steps]
    if not values or values[0] is not None:
        problems.add(where, "thresholds need a first step without a value")
    elif values[1:] != sorted(set(values[1:])):
        problems.add(where, "thresholds must ascend")


def check_heatmap(where, panel, problems):
    options = panel["options"]
    if options.get("calculate") is not False:
        problems.add(where, "calculate must be false: the buckets are Prometheus' own")
    if options.get("yAxis", {}).get("unit") not in UNITS:
        problems.add(where, "yAxis has no unit")
    for target in panel["targets"]:
        if target.get("format") != "heatmap":
            problems.add(where, "the format of the target must be heatmap")
        if not re.match(r"sum by \(le\) \(increase\(\w+_bucket\{", target["expr"]):
            problems.add(where, "the query must begin with sum by (le) (increase(…_bucket{")


def check_targets(where, panel, series, problems):
    targets = panel.get("targets") or []
    if not targets:
        problems.add(where, "has no target")
    refs = [target.get("refId") for target in targets]
    if None in refs or len(set(refs)) != len(refs):
        problems.add(where, "each target needs a refId of its own")
    for target in targets:
        if target.get("datasource") != DATASOURCE:
            problems.add(where, "a target's data source is not the variable")
        if not target.get("expr"):
            problems.add(where, f"target {target.get('refId')} has no expr")
            continue
        if not target.get("legendFormat"):
            problems.add(where, f"target {target['refId']} has no legendFormat")
        if target.get("instant") is target.get("range"):
            problems.add(where, f"target {target['refId']} must be either instant or range")
        shown = re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", ""))
        kept = {label for names in groupings(target["expr"]) for label in names}
        kept |= {label for name, *_ in selectors(target["expr"]) if ":" in name for label in series.get(name, (0, set()))[1]}
        for label in set(shown) - kept:
            problems.add(where, f"the legend names {label}, which the query does not keep")
        check_names(where, target["expr"], series, problems)
        check_query(where, target, series, problems)
    exprs = [target.get("expr", "") for target in targets]
    unit = panel["fieldConfig"]["defaults"].get("unit")
    if panel["type"] != "heatmap":
        if unit not in UNITS:
            problems.add(where, f"the unit {unit} is none of {', '.join(sorted(UNITS))}")
        if any("histogram_quantile(" in expr for expr in exprs) and unit != "s":
            problems.add(where, "a quantile of seconds needs the unit s")


def check_panel(name, panel, series, problems):
    where = f"{name}: panel {panel.get('id')} “{panel.get('title', '')}”"
    kind = panel.get("type")
    if kind not in PANELS:
        problems.add(where, f"the type {kind} is none of {', '.join(sorted(PANELS))}")
        return
    if not panel.get("title"):
        problems.add(where, "has no title")
    if kind == "row":
        return
    if not panel.get("description"):
        problems.add(where, "has no description")
    if panel.get("datasource") != DATASOURCE:
        problems.add(where, "its data source is not the variable")
    check_targets(where, panel, series, problems)
    if kind == "heatmap":
        check_heatmap(where, panel, problems)
    else:
        check_thresholds(where, panel, problems)


# --- dashboards -----------------------------------------------------------------------------------


def check_variables(name, board, problems):
    variables = board["templating"]["list"]
    names = [variable["name"] for variable in variables]
    if len(set(names)) != len(names):
        problems.add(name, "two variables of one name")
    if not variables or variables[0]["type"] != "datasource" or names[0] != "datasource" or variables[0]["query"] != "prometheus":
        problems.add(name, "the first variable must be the data source")
    for variable in variables:
        where = f"{name}: variable {variable['name']}"
        if not variable.get("label"):
            problems.add(where, "has no label")
        if variable["type"] == "query":
            if variable.get("datasource") != DATASOURCE:
                problems.add(where, "its data source is not the variable")
            if not re.match(r"label_values\(", variable["query"].get("query", "")):
                problems.add(where, "the query must be label_values(…)")
            if variable.get("refresh") != 2 or variable.get("allValue") != ".+" or not variable.get("includeAll"):
                problems.add(where, "needs refresh 2, includeAll, and .+ as the value of all")
    # Only queries count here: a description may speak of a $name.
    texts = [t.get("expr", "") for p in board["panels"] for t in p.get("targets", [])]
    texts += [json.dumps(p.get("datasource", "")) for p in board["panels"]]
    texts += [a.get("expr", "") for a in board["annotations"]["list"]]
    texts += [v["query"]["query"] for v in variables if v["type"] == "query"]
    used = set(re.findall(r"\$\{?(\w+)", " ".join(texts)))
    for missing in sorted(used - set(names) - set(BUILT_IN_VARIABLES)):
        problems.add(name, f"uses the variable {missing}, which it does not have")
    for idle in sorted(set(names) - used):
        problems.add(name, f"the variable {idle} is never used")


def check_links(name, board, boards, problems):
    tags = {tag for other in boards.values() for tag in other.get("tags", [])}
    uids = {other.get("uid") for other in boards.values()}
    links = list(board.get("links", []))
    for panel in board["panels"]:
        links += panel.get("links", []) + panel.get("fieldConfig", {}).get("defaults", {}).get("links", [])
    for link in links:
        if link.get("type") == "dashboards":
            if not link.get("tags") or not set(link["tags"]) <= tags:
                problems.add(name, f"the link “{link.get('title')}” asks for tags that no dashboard has")
        elif target := re.match(r"/d/([^/?]+)", link.get("url", "")):
            if target[1] not in uids:
                problems.add(name, f"the link “{link.get('title')}” leads to {target[1]}, which does not exist")
        else:
            problems.add(name, f"the link “{link.get('title')}” leads neither to tags nor to /d/UID")


def check_top(name, board, problems):
    for key in ["uid", "title", "description", "tags", "refresh", "time", "timezone", "templating", "annotations", "panels"]:
        if not board.get(key):
            problems.add(name, f"has no {key}")
    if board.get("id") is not None:
        problems.add(name, "id must be null: each Grafana gives its own")
    if not 36 <= board.get("schemaVersion", 0) <= 42:
        problems.add(name, "schemaVersion must be between 36 and 42")
    if board.get("graphTooltip") != 1:
        problems.add(name, "graphTooltip must be 1: one crosshair for all panels")


def lost(ours, theirs, path=""):
    """What is in ours and not, or differently, in what the SDK's types kept of it."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key not in theirs:
                if value is not None:
                    yield f"{path}.{key}"
            else:
                yield from lost(value, theirs[key], f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (left, right) in enumerate(zip(ours, theirs)):
            yield from lost(left, right, f"{path}[{number}]")
    elif ours != theirs:
        yield path


def check_sdk(name, board, problems):
    """Grafana's own types read the dashboard, and what they don't know they drop."""
    try:
        read = sdk.Dashboard.from_json(json.loads(json.dumps(board)))
        kept = json.loads(json.dumps(read, cls=encoder.JSONEncoder))
    except Exception as error:  # whatever the SDK raises, the dashboard is to blame
        problems.add(name, f"Grafana's types cannot read it: {type(error).__name__}: {error}")
        return
    for path in lost(board, kept):
        # Options of the Prometheus plugin, and Grafana's own mark: the types leave both out.
        if not re.fullmatch(r"\.annotations\.list\[\d+\]\.(builtIn|step|titleFormat|textFormat)", path):
            problems.add(name, f"Grafana's types do not know {path.lstrip('.')}")


def check(files, series, problems):
    boards = {}
    for path in files:
        text = path.read_text()
        try:
            board = json.loads(text)
        except json.JSONDecodeError as error:
            problems.add(path.name, f"is no JSON: {error}")
            continue
        boards[path.name] = board
        if text != json.dumps(board, indent=2, ensure_ascii=False) + "\n":
            problems.add(path.name, "is not formatted as JSON with an indentation of 2 (run with --format)")
    uids = {}
    queries = []
    for name, board in boards.items():
        check_top(name, board, problems)
        if not all(board.get(key) for key in ["panels", "templating", "annotations"]):
            continue
        other = uids.setdefault(board.get("uid"), name)
        if other != name:
            problems.add(name, f"has the uid of {other}")
        panels = board["panels"] + [inner for panel in board["panels"] for inner in panel.get("panels", [])]
        ids = [panel.get("id") for panel in panels]
        for twice in sorted({n for n in ids if ids.count(n) > 1}, key=str):
            problems.add(name, f"two panels have the id {twice}")
        check_grid(name, board["panels"], problems)
        for panel in panels:
            check_panel(name, panel, series, problems)
            where = f"{name}: panel {panel.get('id')} “{panel.get('title', '')}”"
            queries += [(where, target["expr"]) for target in panel.get("targets", []) if target.get("expr")]
        check_variables(name, board, problems)
        check_links(name, board, boards, problems)
        check_sdk(name, board, problems)
        queries += [(f"{name}: annotation “{a['name']}”", a["expr"]) for a in board["annotations"]["list"] if "expr" in a]
    check_syntax(queries, problems)
    return len(boards), len(queries)


def check_rules(rules, series, problems):
    """Rules, too, name only series and labels that exist."""
    for group in yaml.safe_load(rules.read_text())["groups"]:
        for rule in group["rules"]:
            check_names(f"{rules.name}: {rule.get('alert') or rule['record']}", rule["expr"], series, problems)


def check_runbooks(runbooks, series, problems):
    """So do the queries of the runbooks. Placeholders like APP are label values to PromQL."""
    blocks = re.findall(r"```promql\n(.*?)```", runbooks.read_text(), re.S)
    queries = [(runbooks.name, line) for block in blocks for line in block.splitlines()]
    for where, expr in queries:
        check_names(f"{where}: {expr}", expr, series, problems)
    check_syntax([(f"{where}: {expr}", expr) for where, expr in queries], problems)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("files", nargs="*", type=Path)
    arguments.add_argument("--rules", type=Path, default=HERE.parent / "alerts.yml")
    arguments.add_argument("--runbooks", type=Path, default=HERE.parent / "runbooks.md")
    arguments.add_argument("--services", type=Path, default=HERE.parents[1] / "services")
    arguments.add_argument("--format", action="store_true", help="format the files first")
    options = arguments.parse_args()
    files = options.files or sorted(HERE.glob("*.json"))
    if not files:
        sys.exit(f"no dashboard in {HERE}")
    if options.format:
        for path in files:
            path.write_text(json.dumps(json.loads(path.read_text()), indent=2, ensure_ascii=False) + "\n")
    plugins.register_default_plugins()
    problems = Problems()
    series = declared(options.services) | recorded(options.rules)
    check_rules(options.rules, series, problems)
    check_runbooks(options.runbooks, series, problems)
    boards, queries = check(files, series, problems)
    for problem in problems.found:
        print(problem, file=sys.stderr)
    if problems.found:
        sys.exit(f"{len(problems.found)} problems")
    print(f"{boards} dashboards with {queries} queries, {options.rules.name}, {options.runbooks.name}: no problem")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Checks the manifests for Kubernetes: each file, and what kustomize makes of each variant.

Prints each problem and exits with 1 if there is any. Needs PyYAML, `kubernetes-validate`, which has
the schemas of Kubernetes (`requirements.txt`), and `kubectl` 1.21 or later for its kustomize. Without
kubectl the variants are not checked: that is said, and is a failure if CAAS_DEPLOY=required.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import yaml

warnings.filterwarnings("ignore", category=UserWarning)
import kubernetes_validate

HERE = Path(__file__).resolve().parent
KUBERNETES = "1.31"
KUSTOMIZE = {"kustomization.yaml"}
# Parts of resources, which kustomize merges into whole ones.
PATCHES = {"thanos/sidecar/prometheus.yaml"}
VARIANTS = {
    "no long-term storage": [],
    "Thanos Receive": ["thanos", "thanos/receive"],
    "Thanos sidecar": ["thanos", "thanos/sidecar"],
    "the operator": ["kubernetes/operator"],
}
# The resources that Kubernetes itself does not know: the keys of their `spec`.
CUSTOM = {
    "PodMonitor": {"selector", "namespaceSelector", "podMetricsEndpoints", "jobLabel", "podTargetLabels", "sampleLimit", "labelLimit", "scrapeClassicHistograms"},
    "PrometheusRule": {"groups"},
}
ENDPOINT = {"port", "path", "interval", "scrapeTimeout", "relabelings", "metricRelabelings", "scheme", "params", "honorLabels"}

problems = []


def problem(where, text):
    problems.append(f"{where}: {text}")


class Strict(yaml.SafeLoader):
    """YAML in which a key stands once."""


def no_duplicates(loader, node, deep=False):
    keys = [loader.construct_object(key, deep=deep) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.YAMLError(f"the key {key} stands twice{node.start_mark}")
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, no_duplicates)


def documents(text, where):
    try:
        return [document for document in yaml.load_all(text, Strict) if document is not None]
    except yaml.YAMLError as error:
        problem(where, f"is no YAML: {error}")
        return []


# --- one resource -----------------------------------------------------------------------------


def check_schema(where, resource):
    kind = resource.get("kind")
    where = f"{where}: {kind} {resource.get('metadata', {}).get('name')}"
    if str(resource.get("apiVersion", "")).startswith("monitoring.coreos.com/"):
        check_custom(where, resource)
        return
    try:
        kubernetes_validate.validate(resource, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        problem(where, f"{'.'.join(map(str, error.path))}: {error.message}")
    except Exception as error:  # an unknown kind or version
        problem(where, f"{type(error).__name__}: {error}")


def check_custom(where, resource):
    kind, spec = resource["kind"], resource.get("spec", {})
    if kind not in CUSTOM:
        problem(where, f"nobody has said what a {kind} may contain")
        return
    for key in set(spec) - CUSTOM[kind]:
        problem(where, f"spec.{key} is unknown")
    if kind == "PodMonitor":
        if not spec.get("selector") or not spec.get("podMetricsEndpoints"):
            problem(where, "needs a selector and podMetricsEndpoints")
        for endpoint in spec.get("podMetricsEndpoints", []):
            for key in set(endpoint) - ENDPOINT:
                problem(where, f"podMetricsEndpoints.{key} is unknown")


def pod_of(resource):
    if resource["kind"] in {"Deployment", "StatefulSet"}:
        return resource["spec"]["template"]
    return None


def check_pod(where, resource):
    pod = pod_of(resource)
    where = f"{where}: {resource['kind']} {resource['metadata']['name']}"
    spec = pod["spec"]
    wanted = resource["spec"]["selector"]["matchLabels"].items()
    if not wanted <= pod["metadata"]["labels"].items():
        problem(where, "its selector does not match its own pods")
    if spec.get("securityContext", {}).get("runAsNonRoot") is not True:
        problem(where, "may run as root")
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    volumes |= {claim["metadata"]["name"] for claim in resource["spec"].get("volumeClaimTemplates", [])}
    numbers = set()
    for container in spec["containers"]:
        name = f"{where}, container {container['name']}"
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        numbers |= set(ports.values())
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes:
                problem(name, f"mounts {mount['name']}, which is no volume")
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"]:
            port = container.get(probe, {}).get("httpGet", {}).get("port")
            if port is not None and port not in ports:
                problem(name, f"the {probe} asks the port {port}, which it does not have")
        for probe in ["readinessProbe", "livenessProbe"]:
            if probe not in container:
                problem(name, f"has no {probe}")
        if not container.get("resources", {}).get("requests") or "memory" not in container["resources"].get("limits", {}):
            problem(name, "has no resources")
        context = container.get("securityContext", {})
        if context.get("allowPrivilegeEscalation") is not False or context.get("capabilities", {}).get("drop") != ["ALL"]:
            problem(name, "keeps privileges")
        if ":" not in container["image"] or container["image"].endswith(":latest"):
            problem(name, f"the image {container['image']} has no version")
    annotations = pod["metadata"].get("annotations", {})
    if annotations.get("prometheus.io/scrape") == "true":
        port = annotations.get("prometheus.io/port", "0")
        if int(port) not in numbers:
            problem(where, "prometheus.io/port is none of its ports")
        for argument in (argument for container in spec["containers"] for argument in container.get("args", [])):
            if argument.startswith("--admin=") and not argument.endswith(f":{port}"):
                problem(where, f"prometheus.io/port is not that of {argument}")


# --- all resources of a variant ------------------------------------------------------------------


def check_references(where, resources):
    """What one resource names, another one is."""
    names = {(r["kind"], r["metadata"].get("namespace"), r["metadata"]["name"]) for r in resources}
    if len(names) != len(resources):
        problem(where, "two resources of one name")
    namespaces = {name for kind, _, name in names if kind == "Namespace"}
    pods = [(r["metadata"]["namespace"], pod_of(r)) for r in resources if pod_of(r)]
    for resource in resources:
        kind, meta = resource["kind"], resource["metadata"]
        name = f"{where}: {kind} {meta['name']}"
        if meta.get("namespace") and meta["namespace"] not in namespaces:
            problem(name, f"the namespace {meta['namespace']} is nowhere")
        if kind == "Service":
            chosen = [pod for space, pod in pods
                      if space == meta["namespace"] and resource["spec"]["selector"].items() <= pod["metadata"]["labels"].items()]
            if not chosen:
                problem(name, "selects no pod")
            for port in resource["spec"]["ports"]:
                for pod in chosen:
                    if port["targetPort"] not in {p["name"] for c in pod["spec"]["containers"] for p in c.get("ports", [])}:
                        problem(name, f"no pod has the port {port['targetPort']}")
        if kind == "PodMonitor":
            chosen = [pod for space, pod in pods if space in resource["spec"]["namespaceSelector"]["matchNames"]
                      and resource["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()]
            for endpoint in resource["spec"]["podMetricsEndpoints"]:
                for pod in chosen:
                    if endpoint["port"] not in {p["name"] for c in pod["spec"]["containers"] for p in c.get("ports", [])}:
                        problem(name, f"no pod has the port {endpoint['port']}")
        if kind == "StatefulSet" and ("Service", meta["namespace"], resource["spec"]["serviceName"]) not in names:
            problem(name, f"the Service {resource['spec']['serviceName']} is nowhere")
        if kind == "ClusterRoleBinding" and ("ClusterRole", None, resource["roleRef"]["name"]) not in names:
            problem(name, "binds a role that is nowhere")
        for label, reference, space in references(resource):
            # The one Secret that nobody can keep in a file.
            if reference != "grafana-admin" and (label, space, reference) not in names:
                problem(name, f"the {label} {reference} is nowhere")


def references(resource):
    pod = pod_of(resource)
    if not pod:
        return
    space = resource["metadata"]["namespace"]
    volumes = pod["spec"].get("volumes", [])
    sources = [source for volume in volumes for source in volume.get("projected", {}).get("sources", [])]
    for volume in volumes + sources:
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"], space
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"], space
    for container in pod["spec"]["containers"]:
        for variable in container.get("env", []):
            if secret := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield "Secret", secret["name"], space
    if account := pod["spec"].get("serviceAccountName"):
        yield "ServiceAccount", account, space


def render(components):
    """What kustomize makes of the folder with these components."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "deploy")
        shutil.copytree(HERE, copy)
        path = copy / "kustomization.yaml"
        kustomization = yaml.safe_load(path.read_text())
        kustomization["components"] = components
        path.write_text(yaml.safe_dump(kustomization))
        return subprocess.run(["kubectl", "kustomize", str(copy)], capture_output=True, text=True, timeout=60)


def check_variant(name, components):
    rendered = render(components)
    if rendered.returncode != 0:
        problem(name, f"kubectl kustomize: {rendered.stderr.strip()}")
        return 0
    if rendered.stderr.strip():
        problem(name, f"kubectl kustomize warns: {rendered.stderr.strip()}")
    resources = documents(rendered.stdout, name)
    for resource in resources:
        check_schema(name, resource)
        if pod_of(resource):
            check_pod(name, resource)
    check_references(name, resources)
    check_variant_options(name, components, resources)
    return len(resources)


def check_variant_options(name, components, resources):
    pods = {r["metadata"]["name"]: pod_of(r) for r in resources if pod_of(r)}
    configs = [r for r in resources if r["kind"] == "ConfigMap" and r["metadata"]["name"].startswith("prometheus-config")]
    pushed = "remote_write" in yaml.safe_load(configs[0]["data"]["prometheus.yml"])
    sidecar = "thanos/sidecar" in components
    if sidecar == pushed:
        problem(name, "needs exactly one of remote_write and the sidecar")
    if "prometheus" in pods:
        args = pods["prometheus"]["spec"]["containers"][0]["args"]
        blocks = [arg for arg in args if re.match(r"--storage\.tsdb\.(min|max)-block-duration=2h$", arg)]
        if len(blocks) != (2 if sidecar else 0):
            problem(name, "the sidecar needs unmerged blocks, and nothing else does")
    if "kubernetes/operator" in components:
        if "prometheus" in pods or "alertmanager" in pods:
            problem(name, "has a Prometheus or an Alertmanager beside the operator's")
        if not any(r["kind"] == "PodMonitor" for r in resources):
            problem(name, "has no PodMonitor")


# --- what several files must agree on --------------------------------------------------------------


def hours(text):
    return int(text[:-1]) * {"m": 1 / 60, "h": 1, "d": 24, "w": 168, "y": 8760}[text[-1]]


def check_agreement():
    ours = yaml.safe_load((HERE / "prometheus.yml").read_text())
    del ours["remote_write"]
    theirs = yaml.safe_load((HERE / "thanos/sidecar/prometheus.yml").read_text())
    if ours != theirs:
        problem("thanos/sidecar/prometheus.yml", "is not prometheus.yml without remote_write")

    # Start times make Prometheus ask for protobuf. 2.53 and 3.5 then lose the classic series of histograms
    # with native buckets, which all rules and panels use.
    if not all(job.get("always_scrape_classic_histograms") for job in ours["scrape_configs"]):
        problem("prometheus.yml", "a job does not keep classic histograms")
    features = re.search(r"--enable-feature=(\S+)", (HERE / "kubernetes/monitoring/prometheus.yaml").read_text())
    for feature in ["exemplar-storage", "created-timestamp-zero-ingestion"]:
        if feature not in (features[1].split(",") if features else []):
            problem("kubernetes/monitoring/prometheus.yaml", f"does not enable {feature}")

    longest = max(re.findall(r"\[(\d+[mhdw])\]", (HERE / "alerts.yml").read_text()), key=hours)
    manifest = (HERE / "kubernetes/monitoring/prometheus.yaml").read_text()
    retention = re.search(r"--storage\.tsdb\.retention\.time=(\w+)", manifest)[1]
    if hours(retention) <= hours(longest):
        problem("kubernetes/monitoring/prometheus.yaml", f"keeps {retention}, and alerts.yml looks back {longest}")

    receive = next(r for r in documents((HERE / "thanos/receive/receive.yaml").read_text(), "receive.yaml") if r["kind"] == "StatefulSet")
    headless = receive["spec"]["serviceName"]
    pods = [f"thanos-receive-{n}.{headless}.monitoring.svc.cluster.local:10901" for n in range(receive["spec"]["replicas"])]
    rings = json.loads((HERE / "thanos/receive/hashrings.json").read_text())
    if [endpoint["address"] for endpoint in rings[0]["endpoints"]] != pods:
        problem("thanos/receive/hashrings.json", f"does not list {', '.join(pods)}")

    compact = (HERE / "thanos/compact.yaml").read_text()
    kept = {level: hours(value) for level, value in re.findall(r"--retention\.resolution-(\w+)=(\w+)", compact)}
    if not 40 < kept["raw"] < kept["5m"] < kept["1h"] or kept["5m"] <= 240:
        problem("thanos/compact.yaml", "a lower resolution must be kept longer than a higher one, raw 40 h, 5m 10 d at least")

    made = subprocess.run([sys.executable, HERE / "kubernetes/operator/prometheus_rule.py"], capture_output=True, text=True)
    rule = yaml.safe_load(made.stdout) if made.returncode == 0 else None
    if not rule or rule["spec"] != yaml.safe_load((HERE / "alerts.yml").read_text()):
        problem("kubernetes/operator/prometheus_rule.py", f"does not print the rules of alerts.yml {made.stderr.strip()}")
    else:
        check_schema("kubernetes/operator/prometheus_rule.py", rule)


def main():
    files = sorted([*HERE.rglob("*.yaml"), *HERE.rglob("*.yml")])
    resources = 0
    for path in files:
        name = str(path.relative_to(HERE))
        for document in documents(path.read_text(), name):
            if path.name in KUSTOMIZE or name in PATCHES or path.suffix == ".yml" or name.startswith("grafana/"):
                continue
            check_schema(name, document)
            resources += 1
            if pod_of(document):
                check_pod(name, document)
    check_agreement()
    said = f"{len(files)} YAML files, {resources} resources"
    if shutil.which("kubectl"):
        for name, components in VARIANTS.items():
            said += f"; {name}: {check_variant(name, components)} resources"
    elif os.environ.get("CAAS_DEPLOY") == "required":
        problem("kubectl", "is not on PATH, and CAAS_DEPLOY=required")
    else:
        said += "; NOT CHECKED without kubectl: the variants that kustomize makes"
    for text in problems:
        print(text, file=sys.stderr)
    if problems:
        sys.exit(f"{len(problems)} problems")
    print(said)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Breaks copies of this folder in one place each, and demands that `check_manifests.py` and
`check_alerts.py` say so. The variants are checked only where kubectl is there, as by the check.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent

GATEWAY = "kubernetes/services/gateway.yaml"
PROMETHEUS = "kubernetes/monitoring/prometheus.yaml"
# File, old text, new text (each first occurrence), a part of the message.
FILES = [
    (GATEWAY, "kind: Service\n", "kind: Service\nkind: Service\n", "stands twice"),
    (GATEWAY, "  replicas: 1", "\treplicas: 1", "is no YAML"),
    (GATEWAY, "replicas: 1", "replica: 1", "replica"),
    (GATEWAY, "replicas: 1", "replicas: one", "one"),
    (GATEWAY, "prometheus.io/scrape: 'true'", "prometheus.io/scrape: true", "True"),
    (GATEWAY, "prometheus.io/port: '9080'", "prometheus.io/port: '9081'", "none of its ports"),
    (GATEWAY, "--admin=0.0.0.0:9080", "--admin=0.0.0.0:8080", "not that of --admin"),
    (GATEWAY, "              port: http\n", "              port: web\n", "asks the port web"),
    (GATEWAY, "          livenessProbe:\n", "          startupProbe:\n", "stands twice"),
    (GATEWAY, "runAsNonRoot: true", "runAsNonRoot: false", "may run as root"),
    (GATEWAY, "drop: [ALL]", "drop: [NET_RAW]", "keeps privileges"),
    (GATEWAY, "caas/gateway:0.1.0", "caas/gateway", "has no version"),
    (GATEWAY, "              memory: 256Mi", "              cpu: 1", "has no resources"),
    (GATEWAY, "      app.kubernetes.io/name: gateway\n  template", "      app.kubernetes.io/name: gate\n  template", "does not match its own pods"),
    (PROMETHEUS, "            - name: config\n              mountPath", "            - name: conf\n              mountPath", "is no volume"),
    (PROMETHEUS, "retention.time=7d", "retention.time=3d", "looks back 3d"),
    (PROMETHEUS, "exemplar-storage,created-timestamp", "exemplar-storage,created-time", "does not enable created-timestamp-zero-ingestion"),
    ("prometheus.yml", "classic_histograms: true", "classic_histograms: false", "does not keep classic histograms"),
    ("kubernetes/operator/podmonitor.yaml", "sampleLimit", "samplesLimit", "samplesLimit is unknown"),
    ("kubernetes/operator/podmonitor.yaml", "scrapeTimeout", "timeout", "timeout is unknown"),
    ("thanos/receive/hashrings.json", "thanos-receive-2", "thanos-receive-3", "does not list"),
    ("thanos/receive/receive.yaml", "replicas: 3", "replicas: 5", "does not list"),
    ("thanos/compact.yaml", "resolution-5m=180d", "resolution-5m=9d", "kept longer"),
    ("thanos/sidecar/prometheus.yml", "sample_limit: 100000", "sample_limit: 10000", "without remote_write"),
    ("prometheus.yml", "cluster: caas-1", "cluster: caas-2", "without remote_write"),
]
VARIANTS = [
    ("kustomization.yaml", "files: [alertmanager.yml]", "files: [alertmanagers.yml]", "kubectl kustomize"),
    ("kustomization.yaml", "name: dashboard-socket", "name: dashboard-sockets", "ConfigMap dashboard-socket is nowhere"),
    ("kubernetes/kustomization.yaml", "  - namespaces.yaml\n", "", "the namespace caas is nowhere"),
    ("kubernetes/monitoring/prometheus-rbac.yaml", "kind: ClusterRole\nmetadata:\n  name: caas-prometheus", "kind: ClusterRole\nmetadata:\n  name: prometheus", "is nowhere"),
    (PROMETHEUS, "serviceAccountName: prometheus", "serviceAccountName: prom", "ServiceAccount prom is nowhere"),
    (GATEWAY, "  selector:\n    app.kubernetes.io/name: gateway", "  selector:\n    app.kubernetes.io/name: gate", "selects no pod"),
    (GATEWAY, "targetPort: http", "targetPort: web", "no pod has the port web"),
    ("thanos/sidecar/kustomization.yaml", "max-block-duration=2h", "max-block-duration=31d", "needs unmerged blocks"),
    ("thanos/sidecar/kustomization.yaml", "    behavior: merge\n    files: [prometheus.yml]", "    behavior: merge\n    files: [endpoints.yml]", "exactly one of remote_write"),
    ("kubernetes/operator/podmonitor.yaml", "port: admin", "port: metrics", "no pod has the port metrics"),
    ("kubernetes/operator/kustomization.yaml", "  - podmonitor.yaml\n", "  []\n", "has no PodMonitor"),
]
ALERTS = [
    ("alerts.yml", "severity: page", "severity: pages", "routes no severity pages"),
    ("alerts.yml", "runbooks.md#caastargetdown", "runbooks.md#targetdown", "leads to no section"),
    ("alerts.yml", "          summary: 'most of", "          summery: 'most of", "has no summary"),
    ("alerts.yml", "alert: CaasCollectorFails", "alert: CaasCollectorPanic", "never fires"),
    ("runbooks.md", "## CaasServiceGone", "## CaasServiceWent", "leads to no section CaasServiceGone"),
    ("alertmanager.yml", "CaasConsumerStalled", "CaasConsumerStopped", "CaasConsumerStopped is no alert"),
    ("alerts_test.yml", "  - caas-work\n", "", "group_eval_order"),
]


def attempt(check, file, old, new, message, path):
    """What is wrong with the check: nothing, if it says the message."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "deploy")
        shutil.copytree(HERE, copy)
        text = (copy / file).read_text()
        assert old in text, f"{file} has no {old!r}"
        (copy / file).write_text(text.replace(old, new, 1))
        checked = subprocess.run([sys.executable, copy / check], capture_output=True, text=True, env=os.environ | {"PATH": path})
    if checked.returncode == 1 and message in checked.stderr:
        return None
    return f"{file}, {old!r} as {new!r}: exit {checked.returncode}, and not “{message}” in:\n{checked.stdout}{checked.stderr}"


def main():
    path = os.environ["PATH"]
    without_kubectl = "/nowhere"
    cases = [("check_manifests.py", *case, without_kubectl) for case in FILES]
    cases += [("check_alerts.py", *case, path) for case in ALERTS]
    skipped = ""
    if shutil.which("kubectl"):
        cases += [("check_manifests.py", *case, path) for case in VARIANTS]
    elif os.environ.get("CAAS_DEPLOY") == "required":
        sys.exit("kubectl is not on PATH, and CAAS_DEPLOY=required")
    else:
        skipped = f"; NOT TRIED without kubectl: {len(VARIANTS)}"
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        missed = [wrong for wrong in pool.map(lambda case: attempt(*case), cases) if wrong]
    for wrong in missed:
        print(wrong, file=sys.stderr)
    if missed:
        sys.exit(f"{len(missed)} of {len(cases)} broken copies were not found out")
    print(f"all {len(cases)} broken copies were found out{skipped}")


if __name__ == "__main__":
    main()

#!/usr/bin/env bash
# Checks everything in this folder; stops at the first failure. Call it from anywhere. With --all it
# also breaks copies of the files, a place each, and demands that the checks say so (a minute more).
#
# Needs promtool and amtool (Debian: prometheus, prometheus-alertmanager), and a python3 with what
# requirements.txt lists. kubectl (its kustomize) and, with Debian's promtool, vmagent (Debian:
# victoria-metrics) check some parts more: what is left out without them is said in capitals, and
# CAAS_DEPLOY=required makes it a failure.
set -euo pipefail
cd "$(dirname "$0")"
case "${1-}" in
    '') all=0 ;;
    --all) all=1 ;;
    *) echo "usage: check.sh [--all]" >&2; exit 2 ;;
esac
export PYTHONDONTWRITEBYTECODE=1

step() { printf '\n--- %s\n' "$*"; }

step "tools"
missing=0
for tool in promtool amtool python3; do
    command -v "$tool" >/dev/null || { echo "$tool is not on PATH" >&2; missing=1; }
done
python3 -c 'import grafana_foundation_sdk, kubernetes_validate, yaml' ||
    { echo "python3 lacks a package: pip install -r examples/deploy/requirements.txt" >&2; missing=1; }
[ "$missing" = 0 ] || exit 1
promtool --version 2>&1 | head -n 1
amtool --version 2>&1 | head -n 1

step "prometheus.yml"
python3 check_config.py

step "alerts.yml"
promtool check rules --lint=all --lint-fatal alerts.yml
promtool test rules alerts_test.yml

step "alertmanager.yml"
amtool check-config alertmanager.yml
python3 alertmanager_test.py

step "what the files must agree on"
python3 check_alerts.py

step "dashboards"
python3 grafana/check.py

step "manifests"
python3 check_manifests.py

if [ "$all" = 1 ]; then
    step "broken copies"
    python3 grafana/check_test.py
    python3 check_manifests_test.py
fi

#!/usr/bin/env python3
"""Prints alerts.yml as a PrometheusRule: `prometheus_rule.py | kubectl apply -f -`."""

import sys
from pathlib import Path

import yaml

RULES = Path(__file__).resolve().parents[2] / "alerts.yml"

resource = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "PrometheusRule",
    # The label is what the Prometheus resource selects by in `ruleSelector`.
    "metadata": {"name": "caas-services", "namespace": "caas", "labels": {"release": "prometheus"}},
    "spec": yaml.safe_load(RULES.read_text()),
}
yaml.safe_dump(resource, sys.stdout, sort_keys=False, allow_unicode=True)

"""Reads a page with the parsers of prometheus_client and prints its families as JSON.

usage: parse_page.py text|openmetrics < page
"""

import json
import sys

if sys.argv[1] == "openmetrics":
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
else:
    from prometheus_client.parser import text_string_to_metric_families


def exemplar(sample):
    """Labels, value and time of a sample's exemplar, if it has one."""
    found = sample.exemplar
    return found and [found.labels, found.value, found.timestamp and float(found.timestamp)]


page = sys.stdin.buffer.read().decode("utf-8")
families = {
    family.name: {
        "type": family.type,
        "help": family.documentation,
        "unit": family.unit,
        "samples": [
            [sample.name, sample.labels, sample.value, exemplar(sample)] for sample in family.samples
        ],
    }
    for family in text_string_to_metric_families(page)
}
json.dump(families, sys.stdout)

"""Alerts ask for metrics that exist, and the runbook explains each of them."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml
from manifests import HERE, PROJECT, of_kind
from programs import names_in_sources

PROMTOOL = shutil.which("promtool")
# Counted by the cluster and not by us, and by whom; `up` is Prometheus' own.
OF_THE_CLUSTER = {
    "up": "Prometheus",
    "kube_cronjob_status_last_successful_time": "kube-state-metrics",
    "kubelet_volume_stats_available_bytes": "the kubelet",
    "kubelet_volume_stats_capacity_bytes": "the kubelet",
}
WORDS = {"sum", "by", "rate", "increase", "changes", "absent", "histogram_quantile", "min", "or", "unless", "offset", "time"}


def rules(objects):
    for one in of_kind(objects, "PrometheusRule"):
        for group in one["spec"]["groups"]:
            yield from group["rules"]


def metrics_of(expression):
    """The names of metrics in an expression: what is left without strings, labels, groupings, durations and functions."""
    text = re.sub(r"\{[^}]*\}", "", re.sub(r'"[^"]*"', "", expression))
    text = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", "", text)
    text = re.sub(r"\[[^\]]*\]|\boffset\s+\w+", "", text)
    return {word for word in re.findall(r"[a-z_][a-z0-9_]*", text) if word not in WORDS}


def headings(text):
    """The sections of a Markdown file, by the anchor of their heading."""
    found, anchor = {}, None
    for line in text.splitlines():
        if line.startswith("#"):
            anchor = re.sub(r"[^a-z0-9 -]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
            found[anchor] = ""
        elif anchor is not None:
            found[anchor] += line + "\n"
    return found


def alerts(objects, runbook=None):
    sections = headings(runbook if runbook is not None else (PROJECT / "docs/runbook.md").read_text())
    asked = set()
    for rule in rules(objects):
        for metric in metrics_of(rule["expr"]):
            base = re.sub(r"_(bucket|sum|count)$", "", metric)
            if metric not in OF_THE_CLUSTER and not names_in_sources(metric) and not names_in_sources(base):
                yield f"{rule['alert']}: nobody counts {metric}"
        anchor = rule["alert"].lower()
        asked.add(anchor)
        if rule["annotations"]["runbook_url"] != f"docs/runbook.md#{anchor}":
            yield f"{rule['alert']}: its runbook_url is not docs/runbook.md#{anchor}"
        section = sections.get(anchor)
        if section is None:
            yield f"{rule['alert']}: docs/runbook.md has no such heading"
            continue
        for part in ("Means:", "See:", "Do:"):
            if part not in section:
                yield f"{rule['alert']}: its section of docs/runbook.md has no `{part}`"
    for anchor in sections:
        if anchor.startswith("dashly") and anchor not in asked:
            yield f"docs/runbook.md explains {anchor}, and there is no such alert"


def fire(objects):
    """Runs Prometheus' own tests of rules; gives what they say when one fails, else nothing."""
    with tempfile.TemporaryDirectory(prefix="dashly-alerts.") as folder:
        for one in of_kind(objects, "PrometheusRule"):
            # JSON is YAML, too.
            (pathlib.Path(folder) / "rules.yaml").write_text(json.dumps(one["spec"]))
        tests = yaml.safe_load((HERE / "alerts.test.yaml").read_text())
        (pathlib.Path(folder) / "tests.yaml").write_text(json.dumps(tests))
        ran = subprocess.run([PROMTOOL, "test", "rules", "tests.yaml"], cwd=folder, capture_output=True, text=True, check=False)
        return "" if ran.returncode == 0 else ran.stdout + ran.stderr


def tested():
    """The alerts that the tests of rules expect to fire, and not to fire, at least once each."""
    tests = yaml.safe_load((HERE / "alerts.test.yaml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    return {case["alertname"] for case in cases if case.get("exp_alerts")}, \
        {case["alertname"] for case in cases if not case.get("exp_alerts")}

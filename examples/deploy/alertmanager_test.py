#!/usr/bin/env python3
"""Starts a real Alertmanager on loopback with alertmanager.yml, sends it alerts, and demands which of
them reach which receiver, in which groups, and which are inhibited.

Needs PyYAML and `prometheus-alertmanager` (Debian's name) or `alertmanager` on PATH.
"""

import http.server
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
SECONDS = 30


def alert(name, severity, app=None, **labels):
    labels |= {"alertname": name, "severity": severity, "cluster": "caas-1"}
    if app:
        labels |= {"namespace": "caas", "app": app}
    return labels


# What is sent at once; each app is a case of its own. Then who must hear of it: None is nobody.
ALERTS = [
    # A page mutes the ticket of the same alert, but neither another ticket nor another service's.
    (alert("CaasErrorBudgetBurn", "page", "gateway", window="1h"), "page"),
    (alert("CaasErrorBudgetBurn", "page", "gateway", window="6h"), "page"),
    (alert("CaasErrorBudgetBurn", "ticket", "gateway", window="1d"), None),
    (alert("CaasCardinalityOverflow", "ticket", "gateway", family="caas_messages_sent_total"), "ticket"),
    (alert("CaasErrorBudgetBurn", "ticket", "other", window="1d"), "ticket"),
    # A service that is down mutes all that follows from it, and nothing of other services.
    (alert("CaasServiceDown", "page", "socket"), "page"),
    (alert("CaasSocketConnectionDrop", "page", "socket"), None),
    (alert("CaasErrorBudgetBurn", "page", "socket", window="1h"), None),
    (alert("CaasTargetDown", "ticket", "socket", instance="10.0.0.1:9080"), None),
    # So does one that is gone; a single target that is down mutes nothing.
    (alert("CaasServiceGone", "page", "auth"), "page"),
    (alert("CaasLoginsRefused", "ticket", "auth"), None),
    (alert("CaasTargetDown", "ticket", "lonely", instance="10.0.0.2:9080"), "ticket"),
    (alert("CaasLatencyBudgetBurn", "page", "lonely", window="1h"), "page"),
    # The page on the queue mutes the ticket on it.
    (alert("CaasConsumerStalled", "page", "billing"), "page"),
    (alert("CaasConsumerLagGrowing", "ticket", "billing", topic="charges"), None),
    (alert("CaasConsumerLagGrowing", "ticket", "gateway", topic="messages"), "ticket"),
    # A severity that nobody knows is not lost.
    (alert("CaasSomething", "warning", "gateway"), "unrouted"),
]
# Sent afterwards: it mutes every other alert of its cluster.
BLIND = alert("CaasNoTargets", "page", job="caas-services")


class Receiver(http.server.BaseHTTPRequestHandler):
    notifications = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.notifications.append((self.path.strip("/"), body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def configure(port):
    """The shipped file; only the address of the receivers and the waiting times are other ones."""
    config = yaml.safe_load((HERE / "alertmanager.yml").read_text())
    for receiver in config["receivers"]:
        for webhook in receiver["webhook_configs"]:
            path = webhook["url"].rsplit("/", 1)[1]
            webhook["url"] = f"http://127.0.0.1:{port}/{path}"
    for route in [config["route"], *config["route"]["routes"]]:
        route["group_wait"] = "2s"
    return yaml.safe_dump(config)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def wait_for(what, condition):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    sys.exit(f"not within {SECONDS} s: {what}")


def send(api, *alerts):
    ask(f"{api}/alerts", [{"labels": labels} for labels in alerts])


def ready(base):
    try:
        ask(f"{base}/-/ready")
    except json.JSONDecodeError:
        return True  # it answers, in plain text
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def run(base):
    api = f"{base}/api/v2"
    send(api, *(labels for labels, _ in ALERTS))
    heard = {receiver: [] for _, receiver in ALERTS if receiver}
    wanted = sum(receiver is not None for _, receiver in ALERTS)

    def count():
        return sum(len(body["alerts"]) for _, body in Receiver.notifications)

    wait_for(f"{wanted} alerts in notifications", lambda: count() >= wanted)
    time.sleep(3)  # what must not come would come by now: all groups wait as long
    problems = []
    for receiver, body in Receiver.notifications:
        group = {key: body["groupLabels"].get(key) for key in ["namespace", "app", "alertname"]}
        for one in body["alerts"]:
            if one["status"] != "firing" or any(one["labels"].get(key) != value for key, value in group.items()):
                problems.append(f"{one['labels']} is in the group {group}")
            heard.setdefault(receiver, []).append(one["labels"])
    for labels, receiver in ALERTS:
        reached = [name for name, alerts in heard.items() if labels in alerts]
        if reached != ([receiver] if receiver else []):
            problems.append(f"{labels} reached {reached or 'nobody'}, not {receiver or 'nobody'}")
    both = [body for _, body in Receiver.notifications if body["groupLabels"].get("app") == "gateway"
            and body["groupLabels"]["alertname"] == "CaasErrorBudgetBurn"]
    if [len(body["alerts"]) for body in both] != [2]:
        problems.append("two windows of one alert are not one notification")

    send(api, BLIND)
    query = f"{api}/alerts?active=true&inhibited=false"
    wait_for("CaasNoTargets mutes the others", lambda: [
        one["labels"]["alertname"] for one in ask(query)] == ["CaasNoTargets"])
    return problems


def main():
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if not program:
        sys.exit("neither prometheus-alertmanager nor alertmanager is on PATH")
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "alertmanager.yml")
        config.write_text(configure(receiver.server_port))
        log = open(Path(folder, "log"), "w+")
        manager = subprocess.Popen(
            [program, f"--config.file={config}", f"--storage.path={folder}/data",
             f"--web.listen-address={base.removeprefix('http://')}", "--cluster.listen-address="],
            stdout=log, stderr=log)
        try:
            wait_for("Alertmanager is ready", lambda: manager.poll() is not None or ready(base))
            if manager.poll() is not None:
                log.seek(0)
                sys.exit(f"Alertmanager ended:\n{log.read()}")
            problems = run(base)
        finally:
            manager.terminate()
            try:
                manager.wait(10)
            except subprocess.TimeoutExpired:
                manager.kill()
                manager.wait()
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(f"{len(problems)} problems")
    print(f"{len(ALERTS) + 1} alerts: each reached whom it should, the inhibited ones nobody")


if __name__ == "__main__":
    main()

"""A stand-in for a cluster: answers the calls of kubectl that the deployment scripts make, as the real one does.

It runs inside the tests and is reached by fake_kubectl.sh over a socket. Its state is plain data, so that a test can look
at it, change it, and go back to a copy of it. `kustomize` is the real program, which needs no cluster.
"""
import base64
import copy
import hashlib
import json
import os
import pathlib
import re
import signal
import socketserver
import subprocess
import threading
import time
import traceback

KINDS = {"deployment": "Deployment", "job": "Job", "secret": "Secret", "pod": "Pod", "statefulset": "StatefulSet",
         "namespace": "Namespace", "configmap": "ConfigMap", "service": "Service", "networkpolicy": "NetworkPolicy",
         "networkpolicie": "NetworkPolicy", "serviceaccount": "ServiceAccount"}
FLAGS = ("--ignore-not-found", "--overwrite", "--wait=true", "--wait=false", "--raw", "--force", "--now")
WORKLOADS = ("Deployment", "StatefulSet", "Job")


def good(text=""):
    return 0, text, ""


def bad(text):
    return 1, "", text + "\n"


def kind_of(word):
    return KINDS[word.removesuffix("s")]


def tag(image):
    return image.rsplit(":", 1)[-1]


def containers(thing):
    return thing["spec"]["template"]["spec"]["containers"]


def block(text, name, indent):
    """The lines below `name:` at this indentation, as a dict of plain values."""
    found = re.search(rf"^{indent}{name}:\n((?:{indent}  .*\n?)+)", text, re.M)
    pairs = re.findall(rf"^{indent}  ([^\s:]+): (.+)$", found.group(1), re.M) if found else []
    return {key: value.strip().strip("'\"") for key, value in pairs}


def parse_objects(text):
    """Of kustomize's regular output, or of JSON: what the scripts and these tests look at."""
    if text.lstrip().startswith("{"):
        thing = json.loads(text)
        return thing["items"] if thing["kind"] == "List" else [thing]
    found = []
    for document in re.split(r"^---$", text, flags=re.M):
        kind = re.search(r"^kind: (\S+)", document, re.M)
        if not kind:
            continue
        thing = {"kind": kind.group(1), "metadata": {
            "name": block(document, "metadata", "")["name"], "labels": block(document, "labels", "  ")}}
        if thing["kind"] in WORKLOADS:
            image = re.search(r"image: (\S+)", document).group(1)
            name = re.search(r"^        name: (\S+)", document, re.M).group(1)
            pairs = re.findall(r"- name: ([A-Z_]+)\n\s+value: \"?([^\"\n]*)", document)
            replicas = re.search(r"^  replicas: (\d+)", document, re.M)
            thing["spec"] = {"replicas": int(replicas.group(1)) if replicas else 1, "template": {"spec": {"containers": [
                {"name": name, "image": image, "env": [{"name": key, "value": value} for key, value in pairs]}]}}}
            # For the stand-in of the judge.
            thing["text"] = document
        if thing["kind"] == "Service":
            thing["spec"] = {"selector": block(document, "selector", "  ")}
        found.append(thing)
    return found


class Cluster:
    """One cluster. `state` is all there is to it; `calls` are those since the last look."""

    def __init__(self, folder, real_kubectl):
        self.folder, self.real_kubectl = folder, real_kubectl
        self.lock = threading.Lock()
        self.calls, self.kill_after, self.errors = [], None, []
        self.kill_signal = signal.SIGKILL
        self.after_call = lambda: None
        # The last form of every object that was ever applied.
        self.seen = {}
        self.state = {}
        self.clear()

    def clear(self, **changes):
        self.state = {"objects": {}, "namespaces": [], "bad_tags": [], "migration_fails": False, "unreachable": False,
                      "extra_pods": [], "stable_changes": [], "context": "kind-test", "deleted_pods": {}, "killed_pods": [],
                      "never_recovers": False, "loads": [], "load_log": [], "failing_probes": 0, "proxy_seconds": 0, "jobs_looked_at": {}, "load_looks": 2, **changes}
        self.calls = []

    def snapshot(self):
        return copy.deepcopy(self.state)

    def go_back(self, snapshot):
        self.state = copy.deepcopy(snapshot)
        self.calls = []

    def world(self):
        """What a script can find in the cluster, as text: all but what the fake keeps for its own answers."""
        own = ("jobs_looked_at", "load_log", "loads", "failing_probes")
        return json.dumps({key: value for key, value in self.state.items() if key not in own}, sort_keys=True)

    @property
    def objects(self):
        return self.state["objects"]

    # --- objects ---

    def is_bad(self, thing):
        return any(tag(container["image"]) in self.state["bad_tags"] for container in containers(thing))

    def write(self, thing):
        """Applies one object: what others have put on it (annotations) stays."""
        key = f"{thing['kind']}/{thing['metadata']['name']}"
        old = self.objects.get(key)
        if old and "annotations" in old["metadata"]:
            thing["metadata"]["annotations"] = {**old["metadata"]["annotations"], **thing["metadata"].get("annotations", {})}
        if thing["kind"] == "Job" and thing["metadata"]["name"] == "migrate":
            failed = self.state["migration_fails"]
            thing["status"] = ({"conditions": [{"type": "Failed", "status": "True"}]} if failed else {"succeeded": 1})
        if thing["kind"] == "Secret":
            plain = thing.pop("stringData", {})
            thing["data"] = {**thing.get("data", {}), **{
                name: base64.b64encode(value.encode()).decode() for name, value in plain.items()}}
        if thing["kind"] == "Deployment" and thing["metadata"]["name"] in ("api", "genai-gateway"):
            self.note_change(key, old, thing)
        self.objects[key] = self.seen[key] = thing
        return f"{thing['kind'].lower()}/{thing['metadata']['name']} {'configured' if old else 'created'}\n"

    def note_change(self, key, old, new):
        """The history of stable's images, for the proof that nothing touched it before a promotion."""
        before = containers(old)[0]["image"] if old else None
        if containers(new)[0]["image"] != before:
            self.state["stable_changes"].append([key, containers(new)[0]["image"]])

    def pods(self):
        found = list(self.state["extra_pods"])
        for thing in self.objects.values():
            name = thing["metadata"]["name"]
            if thing["kind"] == "Job" and name != "migrate":
                found.append({"kind": "Pod", "metadata": {"name": f"{name}-0", "uid": f"{name}-0", "labels": {"app": name}},
                              "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})
            if thing["kind"] not in ("Deployment", "StatefulSet"):
                continue
            app = name.removesuffix("-canary")
            version = "canary" if name.endswith("-canary") else "stable"
            deleted = self.state["deleted_pods"].get(name, [])
            numbers = range(thing["spec"]["replicas"]) if thing["kind"] == "StatefulSet" else [
                number for number in range(thing["spec"]["replicas"] + len(deleted)) if number not in deleted]
            for number in numbers:
                is_new = number >= thing["spec"]["replicas"] or number in deleted
                broken = (self.is_bad(thing) and version == "canary") or (is_new and self.state["never_recovers"])
                age = deleted.count(number) if thing["kind"] == "StatefulSet" else 0
                found.append({"kind": "Pod", "metadata": {
                    "name": f"{name}-{number}", "uid": f"{name}-{number}-{age}", "labels": {"app": app, "version": version}},
                    "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False" if broken else "True"}],
                               "containerStatuses": [{"restartCount": 0}]}})
        return found

    def load_status(self, name):
        """A load runs for one look, and then has ended."""
        looks = self.state["jobs_looked_at"].get(name, 0)
        self.state["jobs_looked_at"][name] = looks + 1
        return {"active": 1} if looks < self.state["load_looks"] else {"succeeded": 1}

    # --- verbs ---

    def get(self, words, options):
        if "--raw" in options:
            if self.objects["Service/genai-gateway"]["spec"]["selector"] != {"app": "genai-gateway"}:
                time.sleep(self.state["proxy_seconds"])
            failed = self.state["failing_probes"] > 0
            self.state["failing_probes"] -= failed
            return bad("Error from server (ServiceUnavailable): no endpoints available") if failed else good("ok")
        ignored = "--ignore-not-found" in options
        if len(words) == 1 and "/" not in words[0]:
            kinds = [kind_of(kind) for kind in words[0].split(",")]
            items = [thing for thing in self.objects.values() if thing["kind"] in kinds]
            items += self.pods() if "Pod" in kinds else []
            wanted = dict(pair.split("=") for pair in options.get("--selector", "").split(",") if pair)
            items = [thing for thing in items if wanted.items() <= thing["metadata"].get("labels", {}).items()]
            if options.get("--output") == "name":
                return good("".join(f"{thing['kind'].lower()}/{thing['metadata']['name']}\n" for thing in items))
            return good(json.dumps({"kind": "List", "items": items}) + "\n")
        kind, name = words if len(words) == 2 else words[0].split("/")
        kind = kind_of(kind)
        if kind == "Namespace":
            present = name in self.state["namespaces"]
            return good(f"namespace/{name}\n") if present else self.missing("namespaces", name, ignored)
        thing = self.objects.get(f"{kind}/{name}")
        if thing is None:
            return self.missing(f"{kind.lower()}s", name, ignored)
        if kind == "Job" and name != "migrate":
            thing = {**thing, "status": self.load_status(name)}
        return good(f"{kind.lower()}/{name}\n" if options.get("--output") == "name" else json.dumps(thing) + "\n")

    @staticmethod
    def missing(kinds, name, ignored):
        return good() if ignored else bad(f'Error from server (NotFound): {kinds} "{name}" not found')

    def patch(self, words, options):
        kind, name = kind_of(words[0]), words[1]
        key = f"{kind}/{name}"
        if key not in self.objects:
            return self.missing(f"{kind.lower()}s", name, False)
        old = self.objects[key]
        new = copy.deepcopy(old)
        text = options["body"] if options.get("--patch-file") == "/dev/stdin" else options["--patch"]
        patch = json.loads(text)
        for place, changes in (("annotations", patch.get("metadata", {}).get("annotations", {})), ("data", patch.get("data", {}))):
            kept = new["metadata"].setdefault(place, {}) if place == "annotations" else new.setdefault(place, {})
            self.merge(kept, changes)
        for changed in patch.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
            next(one for one in containers(new) if one["name"] == changed["name"]).update(changed)
        if "selector" in patch.get("spec", {}):
            self.merge(new["spec"]["selector"], patch["spec"]["selector"])
        self.merge(new.setdefault("data", {}) if kind == "Secret" else {}, {
            name: base64.b64encode(value.encode()).decode() for name, value in patch.get("stringData", {}).items()})
        if kind == "Deployment":
            self.note_change(key, old, new)
        self.objects[key] = new
        return good(f"{kind.lower()}/{name} patched\n")

    @staticmethod
    def merge(kept, changes):
        for key, value in changes.items():
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = value

    def rollout(self, words, _options):
        kind, name = words[1].split("/")
        thing = self.objects.get(f"{kind_of(kind)}/{name}")
        if thing is None:
            return self.missing(f"{kind}s.apps", name, False)
        broken = self.is_bad(thing) or (self.state["never_recovers"] and self.state["deleted_pods"].get(name))
        return bad("error: timed out waiting for the condition") if broken else good(f'{kind} "{name}" successfully rolled out\n')

    def annotate(self, words, _options):
        thing = self.objects.get(f"{kind_of(words[0])}/{words[1]}")
        if thing is None:
            return self.missing(f"{words[0]}s.apps", words[1], False)
        for pair in words[2:]:
            key, _, value = pair.partition("=")
            thing["metadata"].setdefault("annotations", {})[key] = value
        return good(f"{words[0]}/{words[1]} annotated\n")

    def delete(self, words, options):
        if "--selector" in options:
            wanted = dict(pair.split("=") for pair in options["--selector"].split(","))
            kinds = [kind_of(kind) for kind in words[0].split(",")]
            for key, thing in list(self.objects.items()):
                if thing["kind"] in kinds and wanted.items() <= thing["metadata"].get("labels", {}).items():
                    del self.objects[key]
            return good()
        kind, name = kind_of(words[0]), words[1]
        if kind == "Namespace":
            self.state["namespaces"].remove(name)
            self.objects.clear()
        elif kind == "Pod":
            owner, _, number = name.rpartition("-")
            self.state["deleted_pods"].setdefault(owner, []).append(int(number))
            self.state["killed_pods"].append(name)
        elif self.objects.pop(f"{kind}/{name}", None) is None:
            return self.missing(f"{kind.lower()}s", name, "--ignore-not-found" in options)
        return good(f'{words[0]} "{name}" deleted\n')

    def apply(self, _words, options):
        path, said = options["--filename"], ""
        text = options["body"] if path == "-" else pathlib.Path(path).read_text(encoding="utf-8")
        for thing in parse_objects(text):
            if thing["kind"] == "Namespace":
                self.state["namespaces"] = sorted({*self.state["namespaces"], thing["metadata"]["name"]})
            elif options["--namespace"] not in self.state["namespaces"]:
                return bad(f'Error from server (NotFound): namespaces "{options["--namespace"]}" not found')
            else:
                if thing["kind"] == "Job":
                    self.state["jobs_looked_at"].pop(thing["metadata"]["name"], None)
                said += self.write(thing)
        return good(said)

    def logs(self, words, _options):
        if words[0] == "job/migrate":
            return good("migration 0007 failed: column exists\n")
        answer = self.state["loads"].pop(0) if self.state["loads"] else "good"
        job = self.objects["Job/" + words[0].removeprefix("job/")]
        delayed = self.objects["Service/api"]["spec"]["selector"] != {"app": "api"}
        self.state["load_log"].append([answer, "delayed" if delayed else "direct"])
        environment = {pair["name"]: pair["value"] for pair in containers(job)[0]["env"]}
        return good("starting\n" + load_report("slow" if answer == "good" and delayed else answer, environment))

    def kustomize(self, words, _options):
        """The real one. Its answers are kept, by the content of what it reads: it is the slow part of these tests."""
        root = pathlib.Path(words[0])
        text = (root / "kustomization.yaml").read_bytes()
        base = re.search(rb'resources:\n  - "([^"]+)"', text)
        source = str((root / base.group(1).decode()).resolve()) if base else ""
        digest = hashlib.sha256(source.encode() + re.sub(rb"(\.\./)+[^\"]*", b"", text)).hexdigest()
        kept = self.folder / f"kustomize-{digest}"
        if not kept.exists():
            done = subprocess.run([self.real_kubectl, "kustomize", words[0]], capture_output=True, text=True, check=False)
            if done.returncode:
                return bad(done.stderr)
            part = kept.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
            part.write_text(done.stdout, encoding="utf-8")
            part.rename(kept)
        return good(kept.read_text(encoding="utf-8"))

    def run(self, arguments, body):
        words, options = [], {"body": body}
        rest = iter(arguments)
        for word in rest:
            if word in FLAGS:
                options[word] = True
            elif word.startswith("--"):
                name, _, value = word.partition("=")
                options[name] = value or next(rest)
            else:
                words.append(word)
        verb, words = words[0], words[1:]
        if self.state["unreachable"] and verb not in ("kustomize", "config"):
            return bad("The connection to the server 127.0.0.1:6443 was refused")
        calls = {"version": lambda *_: good('{"serverVersion": {"gitVersion": "v1.32.4"}}\n'),
                 "config": lambda *_: good(self.state["context"] + "\n"),
                 "kustomize": self.kustomize, "get": self.get, "apply": self.apply, "create": self.apply, "patch": self.patch,
                 "rollout": self.rollout, "annotate": self.annotate, "delete": self.delete, "logs": self.logs}
        return calls[verb](words, options)

    def call(self, pid, arguments, body):
        """Answers one call, or kills the process group of the caller: 0 is before the first call, 1 after the first."""
        with self.lock:
            self.calls.append(arguments)
            group = os.getpgid(pid)
            if self.kill_after == 0:
                os.killpg(group, self.kill_signal)
                return None
            try:
                answer = self.run(arguments, body)
            except Exception:  # a call that the fake does not know must fail the test, whatever the script makes of it
                self.errors.append(traceback.format_exc())
                answer = bad("the fake cluster does not know this call")
            self.after_call()
            if self.kill_after == len(self.calls):
                os.killpg(group, self.kill_signal)
                return None
            return answer


def load_report(answer, environment):
    """As `dashly load-test --json` prints it. `answer`: good, failed (20 % fail), slow, or lost (a row is not stored)."""
    failed = 400 if answer == "failed" else 1 if answer == "one failed" else 0
    latency = {"p50_us": 2_000, "p95_us": 9_000, "p99_us": 20_000, "max_us": 50_000}
    if answer == "slow":
        latency = {name: value * 200 for name, value in latency.items()}
    rows = {"status": "not_made"}
    if environment.get("LOAD_TEST_DB") == "true":
        differences = [{"rows": "events", "acknowledged": 2, "stored": 1, "sentence": "1 event is lost"}]
        rows = {"status": "made", "before": {}, "after": {}, "differences": differences if answer == "lost" else []}
    return json.dumps({"wall_time_ms": 60_000, "requests_per_second": 420.0, "failures": [],
                       "total": {"route": "all", "requests": 2_000, "failed": failed, "success_share": 1 - failed / 2_000,
                                 "latency": latency}, "routes": [], "acknowledged": {}, "rows": rows}) + "\n"


class Handler(socketserver.StreamRequestHandler):
    """One call: NUL-separated caller's pid, number of arguments, arguments, standard input."""

    def word(self):
        found = bytearray()
        while (byte := self.rfile.read(1)) not in (b"\0", b""):
            found += byte
        return found.decode()

    def handle(self):
        pid, number = int(self.word()), int(self.word())
        arguments = [self.word() for _ in range(number)]
        answer = self.server.cluster.call(pid, arguments, self.word())
        if answer is not None:
            status, output, error = answer
            self.wfile.write(f"{status}\0{error}\0{output}".encode())


class Server(socketserver.ThreadingTCPServer):
    """Serves one cluster to fake_kubectl.sh, on a free port of this machine."""

    daemon_threads = True

    def __init__(self, cluster):
        super().__init__(("127.0.0.1", 0), Handler)
        self.cluster = cluster
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

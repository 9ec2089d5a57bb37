#!/usr/bin/env python3
"""A stand-in for kubectl: a small cluster in a JSON file.

It knows the few calls the deployment scripts make and answers them as the real one does (tested against kubectl 1.32).
`kustomize` is the real one, which needs no cluster. FAKE_CLUSTER names the file; FAKE_KILL_AT=N:before|after kills
the whole process group at the N-th call, before or after the call has its effect.
"""
import fcntl
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

STATE = pathlib.Path(os.environ["FAKE_CLUSTER"])
KINDS = {"deployment": "Deployment", "deployments": "Deployment", "job": "Job", "secret": "Secret", "pod": "Pod",
         "pods": "Pod", "statefulset": "StatefulSet", "namespace": "Namespace", "configmap": "ConfigMap"}


def answer(text="", error="", status=0):
    sys.stdout.write(text)
    sys.stderr.write(error)
    return status


def tag(image):
    return image.rsplit(":", 1)[-1]


def containers(thing):
    return thing["spec"]["template"]["spec"]["containers"]


def parse_objects(text):
    """Of kustomize's regular output, or of JSON: what the scripts and these tests look at."""
    if text.lstrip().startswith("{"):
        return [json.loads(text)]
    found = []
    for document in re.split(r"^---$", text, flags=re.M):
        kind = re.search(r"^kind: (\S+)", document, re.M)
        if not kind:
            continue
        metadata = re.search(r"^metadata:\n((?:  .*\n?)+)", document, re.M).group(1)
        thing = {"kind": kind.group(1), "metadata": {"name": re.search(r"^  name: (\S+)", metadata, re.M).group(1)}}
        if thing["kind"] in ("Deployment", "StatefulSet", "Job"):
            image = re.search(r"image: (\S+)", document).group(1)
            name = re.search(r"^        name: (\S+)", document, re.M).group(1)
            version = re.search(r"name: APP_VERSION\n\s+value: \"?([^\"\n]+)", document)
            environment = [{"name": "APP_VERSION", "value": version.group(1)}] if version else []
            replicas = re.search(r"^  replicas: (\d+)", document, re.M)
            thing["spec"] = {"replicas": int(replicas.group(1)) if replicas else 1, "template": {"spec": {"containers": [
                {"name": name, "image": image, "env": environment}]}}}
        found.append(thing)
    return found


class Cluster:
    def __init__(self, state):
        self.state = state
        self.objects = state["objects"]

    def bad(self, thing):
        return any(tag(container["image"]) in self.state["bad_tags"] for container in containers(thing))

    def write(self, thing):
        """Applies one object: what others have put on it (annotations) stays."""
        key = f"{thing['kind']}/{thing['metadata']['name']}"
        old = self.objects.get(key)
        if old:
            thing["metadata"]["annotations"] = old["metadata"].get("annotations", {})
        if thing["kind"] == "Job":
            failed = self.state["migration_fails"]
            thing["status"] = ({"conditions": [{"type": "Failed", "status": "True"}]} if failed else {"succeeded": 1})
        if thing["kind"] == "Deployment" and "-canary" not in key:
            self.note_change(key, old, thing)
        self.objects[key] = thing
        return f"{thing['kind'].lower()}.apps/{thing['metadata']['name']} {'configured' if old else 'created'}\n"

    def note_change(self, key, old, new):
        """The history of stable's images, for the proof that nothing touched it before a promotion."""
        before = containers(old)[0]["image"] if old else None
        if containers(new)[0]["image"] != before:
            self.state["stable_changes"].append([key, containers(new)[0]["image"]])

    def pods(self):
        found = list(self.state["extra_pods"])
        for thing in self.objects.values():
            if thing["kind"] != "Deployment":
                continue
            name = thing["metadata"]["name"]
            app = name.removesuffix("-canary")
            version = "canary" if name.endswith("-canary") else "stable"
            for number in range(thing["spec"]["replicas"]):
                ready = "False" if self.bad(thing) and version == "canary" else "True"
                found.append({"kind": "Pod", "metadata": {"name": f"{name}-{number}", "labels": {"app": app, "version": version}},
                              "status": {"conditions": [{"type": "Ready", "status": ready}],
                                         "containerStatuses": [{"restartCount": 0}]}})
        return found

    def get(self, words, output, ignore_missing):
        if len(words) == 1:
            wanted = [KINDS[kind] for kind in words[0].split(",")]
            items = [thing for thing in self.objects.values() if thing["kind"] in wanted]
            items += self.pods() if "Pod" in wanted else []
            return answer(json.dumps({"kind": "List", "items": items}) + "\n")
        kind, name = KINDS[words[0]], words[1]
        if kind == "Namespace":
            present = name in self.state["namespaces"]
            return answer(f"namespace/{name}\n") if present else self.missing("namespaces", name, ignore_missing)
        thing = self.objects.get(f"{kind}/{name}")
        if thing is None:
            return self.missing(f"{kind.lower()}s", name, ignore_missing)
        return answer(f"{words[0]}/{name}\n" if output == "name" else json.dumps(thing) + "\n")

    @staticmethod
    def missing(kinds, name, ignored):
        return answer() if ignored else answer(error=f'Error from server (NotFound): {kinds} "{name}" not found\n', status=1)

    def patch(self, name, text):
        key = f"Deployment/{name}"
        old = self.objects[key]
        new = json.loads(json.dumps(old))
        patch = json.loads(text)
        annotations = new["metadata"].setdefault("annotations", {})
        for annotation, value in patch["metadata"]["annotations"].items():
            annotations.pop(annotation, None) if value is None else annotations.update({annotation: value})
        for changed in patch["spec"]["template"]["spec"]["containers"]:
            container = next(one for one in containers(new) if one["name"] == changed["name"])
            container.update(changed)
        self.note_change(key, old, new)
        self.objects[key] = new
        return answer(f"deployment.apps/{name} patched\n")

    def rollout(self, target):
        kind, name = target.split("/")
        thing = self.objects.get(f"{KINDS[kind]}/{name}")
        if thing is None:
            return answer(error=f'Error from server (NotFound): {kind}s.apps "{name}" not found\n', status=1)
        if self.bad(thing):
            return answer(error="error: timed out waiting for the condition\n", status=1)
        return answer(f'{kind} "{name}" successfully rolled out\n')

    def annotate(self, words):
        thing = self.objects.get(f"{KINDS[words[0]]}/{words[1]}")
        if thing is None:
            return answer(error=f'Error from server (NotFound): {words[0]}s.apps "{words[1]}" not found\n', status=1)
        for pair in words[2:]:
            key, _, value = pair.partition("=")
            thing["metadata"].setdefault("annotations", {})[key] = value
        return answer(f"deployment.apps/{words[1]} annotated\n")

    def delete(self, words, ignore_missing):
        kind, name = KINDS[words[0]], words[1]
        if kind == "Namespace":
            self.state["namespaces"].remove(name)
            self.objects.clear()
            return answer(f'namespace "{name}" deleted\n')
        if self.objects.pop(f"{kind}/{name}", None) is None:
            return self.missing(f"{kind.lower()}s", name, ignore_missing)
        return answer(f'{words[0]} "{name}" deleted\n')

    def apply(self, path, namespace):
        text = sys.stdin.read() if path == "-" else pathlib.Path(path).read_text()
        for thing in parse_objects(text):
            if thing["kind"] == "Namespace":
                self.state["namespaces"] = sorted({*self.state["namespaces"], thing["metadata"]["name"]})
            elif namespace not in self.state["namespaces"]:
                return answer(error=f'Error from server (NotFound): namespaces "{namespace}" not found\n', status=1)
            else:
                sys.stdout.write(self.write(thing))
        return 0


def kustomize(folder):
    """The real one. Its answers are kept, by the content of what it reads: it is the slow part of these tests."""
    root = pathlib.Path(folder)
    digest = hashlib.sha256((root / "kustomization.yaml").read_bytes().replace(root.name.encode(), b"")).hexdigest()
    kept = STATE.parent.parent / f"kustomize-{digest}"
    if not kept.exists():
        done = subprocess.run([os.environ["REAL_KUBECTL"], "kustomize", folder], capture_output=True, text=True)
        if done.returncode:
            return answer(error=done.stderr, status=1)
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_text(done.stdout)
        part.rename(kept)
    return answer(kept.read_text())


def run(state, arguments):
    cluster = Cluster(state)
    words, options = [], {}
    rest = iter(arguments)
    for word in rest:
        if word in ("--ignore-not-found", "--overwrite", "--wait=true"):
            options[word] = True
        elif word.startswith("--"):
            options[word] = next(rest)
        else:
            words.append(word)
    verb, words = words[0], words[1:]
    if state["unreachable"] and verb not in ("kustomize", "config"):
        return answer(error="The connection to the server 127.0.0.1:6443 was refused\n", status=1)
    missing_is_fine = "--ignore-not-found" in options
    calls = {
        "version": lambda: answer('{"serverVersion": {"gitVersion": "v1.32.4"}}\n'),
        "config": lambda: answer(state["context"] + "\n"),
        "kustomize": lambda: kustomize(words[0]),
        "get": lambda: cluster.get(words, options.get("--output"), missing_is_fine),
        "apply": lambda: cluster.apply(options["--filename"], options["--namespace"]),
        "create": lambda: cluster.apply(options["--filename"], options["--namespace"]),
        "patch": lambda: cluster.patch(words[1], options["--patch"]),
        "rollout": lambda: cluster.rollout(words[1]),
        "annotate": lambda: cluster.annotate(words),
        "delete": lambda: cluster.delete(words, missing_is_fine),
        "logs": lambda: answer("migration 0007 failed: column exists\n"),
    }
    return calls[verb]()


def main():
    number, _, moment = os.environ.get("FAKE_KILL_AT", "0:before").partition(":")
    with open(f"{STATE}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = json.loads(STATE.read_text())
        state["calls"].append(sys.argv[1:])
        kill = len(state["calls"]) == int(number)
        status = 0 if kill and moment == "before" else run(state, sys.argv[1:])
        part = STATE.with_suffix(".part")
        part.write_text(json.dumps(state))
        part.rename(STATE)
        if kill:
            os.killpg(os.getpgrp(), signal.SIGKILL)
    return status


sys.exit(main())

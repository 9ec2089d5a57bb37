"""The manifests as they would be applied: every kustomization, built by kubectl, and what is applied together."""
import copy
import functools
import os
import pathlib
import subprocess

import yaml

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
K8S = PROJECT / "k8s"
KUBECTL = os.environ.get("KUBECTL", "kubectl")

# What may be applied beside an overlay.
BESIDE = ["canary", "edge", "gateway-api", "monitoring"]


class Object(dict):
    """One object of a manifest."""

    @property
    def kind(self):
        return self["kind"]

    @property
    def name(self):
        return self["metadata"]["name"]

    def __str__(self):
        return f"{self.kind}/{self.name}"


class Pod:
    """A pod template and the object that makes such pods."""

    def __init__(self, owner, template):
        self.owner = owner
        self.spec = template["spec"]
        self.labels = template.get("metadata", {}).get("labels", {})
        self.containers = self.spec["containers"] + self.spec.get("initContainers", [])

    def __str__(self):
        return str(self.owner)


def load(text):
    return [Object(one) for one in yaml.safe_load_all(text) if one]


@functools.cache
def built(folder):
    """The text that `kubectl kustomize` makes of a folder of k8s/."""
    done = subprocess.run([KUBECTL, "kustomize", str(K8S / folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"k8s/{folder} does not build: {done.stderr.strip()}")
    return done.stdout


def kustomizations():
    """The folders that can be built, relative to k8s/; and those that are components of others."""
    whole, components = [], []
    for file in sorted(K8S.rglob("kustomization.yaml")):
        folder = str(file.parent.relative_to(K8S))
        kind = yaml.safe_load(file.read_text())["kind"]
        (components if kind == "Component" else whole).append(folder)
    return whole, components


def overlays():
    return [folder for folder in kustomizations()[0] if folder.startswith("overlays/")]


def plain_files():
    """Manifests that no kustomization reads: those of Chaos Mesh."""
    return sorted((K8S / "chaos").glob("*.yaml"))


def stack(overlay):
    """What runs together: an overlay and everything that may be applied beside it. A copy that may be changed."""
    objects = [one for folder in [overlay, *BESIDE] for one in load(built(folder))]
    return copy.deepcopy(objects)


def everything():
    """Pairs of a place and its objects: all that is in k8s/."""
    for folder in kustomizations()[0]:
        yield f"k8s/{folder}", load(built(folder))
    for file in plain_files():
        yield str(file.relative_to(PROJECT)), load(file.read_text())


def pods(objects):
    for one in objects:
        spec = one.get("spec", {})
        if one.kind == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if one.kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet"):
            yield Pod(one, spec["template"])
        elif one.kind == "Pod":
            yield Pod(one, one)


def of_kind(objects, *kinds):
    return [one for one in objects if one.kind in kinds]


def find(objects, kind, name):
    return next((one for one in objects if (one.kind, one.name) == (kind, name)), None)

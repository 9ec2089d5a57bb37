"""What the programs and the scripts say about themselves: the settings that they read, the routes that they serve, the
secrets that an installation makes, the metrics that they count. Asked for, and not listed here, so that it cannot grow old."""
import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from checks import program_of
from manifests import KUBECTL, PROJECT, find, pods

DASHLY = os.environ["DASHLY_BIN"]
SECRETS_AT = "/run/secrets/dashly/"
# Set for a program at build or start, and so not among the settings that it lists.
OWN_VERSION = "APP_VERSION"
READ_BY_DOCTOR = ("api", "genai-gateway", "migrate", "backup")


def ask(*words, **variables):
    done = subprocess.run([DASHLY, *words], capture_output=True, text=True, timeout=60, check=False, env=variables, cwd="/")
    return done.stdout


@functools.cache
def routes():
    """The paths of each program."""
    found = {}
    for program, options in (("api", []), ("genai-gateway", ["--gateway"])):
        found[program] = set(json.loads(ask("openapi", *options))["paths"])
    # The edge has no description; its help lists the paths of the operator's port.
    found["edge"] = set(re.findall(r"/[a-z/]+", ask("edge", "--help")))
    return found


@functools.cache
def made_secrets():
    """The keys and values that the deployment script makes. It runs as it is, with a kubectl that keeps what it is given and
    refuses to go on."""
    with tempfile.TemporaryDirectory(prefix="dashly-secrets.") as folder:
        kept = pathlib.Path(folder) / "kept"
        fake = pathlib.Path(folder) / "kubectl"
        fake.write_text(f"""#!/usr/bin/env bash
case " $* " in
  *" kustomize "*) exec {KUBECTL} kustomize "${{@: -1}}" ;;
  *" --filename - "*) given=$(cat); if [[ $given == *dashly-secrets* ]]; then printf %s "$given" >{kept}; exit 1; fi ;;
esac
exit 0
""")
        fake.chmod(0o700)
        ran = subprocess.run(["bash", str(PROJECT / "scripts/deploy-minikube.sh"), "apply", "--image-tag", "v1"],
                             env={"PATH": os.environ["PATH"], "KUBECTL": str(fake), "HOME": folder, "TMPDIR": folder},
                             capture_output=True, text=True, timeout=60, check=False)
        if not kept.exists():
            raise AssertionError(f"deploy-minikube.sh made no dashly-secrets: {ran.stderr[-500:]}")
        return json.loads(kept.read_text())["stringData"]


def rendered(folder, tag):
    """What the deployment scripts make of a folder for an image's tag."""
    script = 'source scripts/lib/deployment.sh; render "$1" "$2"'
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script, "render", str(PROJECT / "k8s" / folder), tag],
                          env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "KUBECTL": KUBECTL,
                               "program": "test", "project": str(PROJECT), "usage_line": "test"},
                          cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


def variables_of(objects, container):
    """Pairs of name and value that a container starts with."""
    found = {}
    for source in container.get("envFrom", []):
        found.update(find(objects, "ConfigMap", source["configMapRef"]["name"])["data"])
    for one in container.get("env", []):
        reference = one.get("valueFrom", {}).get("configMapKeyRef")
        found[one["name"]] = find(objects, "ConfigMap", reference["name"])["data"][reference["key"]] if reference else one["value"]
    return found


@functools.cache
def doctor(variables):
    """What `dashly doctor` reads in such an environment: the settings that were given, and whether all can be used."""
    told = json.loads(ask("doctor", "--json", **dict(variables)))
    given = {one["name"] for one in told["settings"] if not one["is_default"]}
    return given, {check["name"]: check for check in told["checks"]}


def local(variables, folder):
    """The same environment on this machine: the files of secrets are those that an installation makes, the database is one that
    refuses at once."""
    found = {}
    for name, value in variables.items():
        value = value.replace(SECRETS_AT, f"{folder}/")
        value = re.sub("^/etc/dashly(-gateway)?/", f"{PROJECT}/k8s/base/", value)
        found[name] = value.replace("/data", f"{folder}/data") if value.startswith("/data") else value
    if "DB_HOST" in found:
        found.update(DB_HOST="127.0.0.1", DB_PORT="1")
    return found


def settings(objects):
    """Each container is given settings that its program reads, with values that it can use."""
    jobs = []
    with tempfile.TemporaryDirectory(prefix="dashly-settings.") as folder, ThreadPoolExecutor(8) as pool:
        for key, value in made_secrets().items():
            (pathlib.Path(folder) / key).write_text(value)
        for pod in pods(objects):
            for container in pod.containers:
                program = program_of(container)
                if program is None:
                    continue
                where = f"{pod}, container {container['name']}"
                variables = variables_of(objects, container)
                if OWN_VERSION in variables and not names_in_sources(OWN_VERSION):
                    yield f"{where}: {OWN_VERSION}: no program reads it"
                variables.pop(OWN_VERSION, None)
                if program not in READ_BY_DOCTOR:
                    known = words_of_help(program) | (set() if program == "edge" else names_read())
                    for name in variables:
                        if name not in known and name.removesuffix("_FILE") not in known:
                            yield f"{where}: {name}: `dashly {program}` does not read it"
                    continue
                given = tuple(sorted(local(variables, folder).items()))
                jobs.append((where, variables, pool.submit(doctor, given)))
        for where, variables, job in jobs:
            given, told = job.result()
            if not told["settings"]["passed"]:
                yield f"{where}: {told['settings']['detail']}"
                continue
            for name, check in (("TESTS_FILE", "experiments"), ("GATEWAY_CONFIG", "gateway")):
                if name in variables and not told[check]["passed"]:
                    yield f"{where}: {told[check]['detail']}"
            for name, value in variables.items():
                # An empty value counts as not set, and cannot be told from a name that nobody reads.
                known = given if value else names_read()
                if name not in known and name.removesuffix("_FILE") not in known:
                    yield f"{where}: {name}: no program reads it"


@functools.cache
def words_of_help(program):
    """The variables that the help of a command names. The edge and the load test have settings that doctor does not read."""
    return set(re.findall(r"\b[A-Z][A-Z_]{3,}\b", ask(program, "--help")))


@functools.cache
def names_read():
    return {one["name"] for one in json.loads(ask("doctor", "--json", DB_HOST="127.0.0.1", DB_PORT="1"))["settings"]}


@functools.cache
def sources():
    files = (file for file in (PROJECT / "crates").rglob("*.rs") if "tests" not in file.parts)
    return "\n".join(file.read_text() for file in files)


def names_in_sources(name):
    """Whether the programs' sources name this text in quotes."""
    return f'"{name}"' in sources()

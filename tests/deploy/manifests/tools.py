"""Checkers of others, run over what is there: yamllint, hadolint, checkov, docker compose. Each gives what it found as text."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml
from manifests import HERE, PROJECT

PROGRAMS = pathlib.Path(sys.executable).parent


def run(program, *words, **options):
    return subprocess.run([str(PROGRAMS / program), *map(str, words)], capture_output=True, text=True, check=False, **options)


def yamllint(*places):
    return run("yamllint", "--strict", "--format", "parsable", "--config-file", HERE / "yamllint.yaml", *places).stdout


def hadolint(file):
    done = run("hadolint", "--config", HERE / "hadolint.yaml", file)
    return done.stdout + done.stderr


def checkov(folder):
    """Failed checks as lines, how many passed and how many exceptions stand in the files, of what is in a folder."""
    done = run("checkov", "--config-file", HERE / "checkov.yaml", "--directory", folder, "--output", "json")
    if not done.stdout.strip():
        raise AssertionError(f"checkov: {done.stderr[-1000:]}")
    told = json.loads(done.stdout)
    failed, passed, skipped = [], {}, 0
    for part in told if isinstance(told, list) else [told]:
        passed[part["check_type"]] = part["summary"]["passed"]
        skipped += part["summary"]["skipped"]
        for each in part["results"]["failed_checks"]:
            failed.append(f"{each['check_id']} {each['check_name']}: {each['file_path']} {each['resource']}")
        failed += part["results"].get("parsing_errors", [])
    return failed, passed, skipped


def docker_compose(file):
    """What `docker compose config` says against the file; nothing when it says nothing, None when there is no such command."""
    if shutil.which("docker") is None:
        return None
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0:
        return None
    text = pathlib.Path(file).read_text()
    with tempfile.TemporaryDirectory(prefix="dashly-compose.") as folder:
        shutil.copy(file, folder)
        # Values of no meaning: the form is checked.
        (pathlib.Path(folder) / ".env").write_text("".join(f"{name}=x\n" for name in sorted(interpolated(text))))
        done = subprocess.run(["docker", "compose", "--file", pathlib.Path(file).name, "config", "--quiet"], cwd=folder,
                              capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stderr


def interpolated(text):
    """The variables that a compose file takes from .env."""
    return set(re.findall(r"(?<!\$)\$\{?([A-Z][A-Z0-9_]*)", text))


def read_yaml(file):
    return yaml.safe_load((PROJECT / file).read_text())

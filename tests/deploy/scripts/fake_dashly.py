#!/usr/bin/env python3
"""A stand-in for `dashly canary run`: runs the commands with the verdict FAKE_VERDICT instead of a judge's."""
import json
import os
import pathlib
import subprocess
import sys

options = dict(zip(sys.argv[3::1], sys.argv[4::1]))
with open(os.environ["FAKE_LOG"], "a", encoding="utf-8") as log:
    log.write("dashly " + json.dumps(sys.argv[1:]) + " KUBECTL=" + os.environ["KUBECTL"] + "\n")
pods = subprocess.run([os.environ["KUBECTL"], "version", "--output", "json"], capture_output=True, check=False)
if pods.returncode:
    sys.exit(1)


def run(name):
    return subprocess.run(["sh", "-c", options[name]], check=False).returncode


deployed = run("--deploy") == 0
promoted = deployed and os.environ.get("FAKE_VERDICT") == "promote" and run("--promote") == 0
if not promoted and run("--rollback"):
    sys.exit(1)
pathlib.Path(options["--state"]).write_text("done", encoding="utf-8")
sys.exit(0 if promoted else 10 if deployed else 1)

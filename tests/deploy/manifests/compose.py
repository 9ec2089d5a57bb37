"""The rules that the compose file keeps."""
import json
import re

import jsonschema
from manifests import HERE
from programs import OWN_VERSION, names_read
from tools import interpolated

IMAGES = ("postgres:15-alpine", "redis:7-alpine")
# What has to outlive a container, for each service.
KEPT = {"api": {"/data", "/data/experiment-logs"}, "genai-gateway": {"/data"}, "db": {"/var/lib/postgresql/data"},
        "redis": {"/data"}}


def schema(compose):
    validator = jsonschema.Draft7Validator(json.loads((HERE / "schemas/compose-spec.json").read_text()))
    for error in validator.iter_errors(compose):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def pairs(environment):
    if isinstance(environment, list):
        return dict((one + "=").split("=", 1) for one in environment)
    return {name: "" if value is None else str(value) for name, value in (environment or {}).items()}


def rules(compose, text, example):
    """`text` is the compose file, `example` the text of .env.example."""
    explained = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE))
    for name in sorted(interpolated(text) - explained):
        yield f"{name} is taken from .env, and .env.example does not explain it"
    for name, service in compose["services"].items():
        once = service.get("restart") in ("no", False)
        for port in service.get("ports", []):
            own = port.get("host_ip") == "127.0.0.1" if isinstance(port, dict) else str(port).startswith("127.0.0.1:")
            if name != "api" or not own:
                yield f"{name}: port {port} is open to others than this machine, or is not the API's"
        yield from confinement(name, service)
        for other, how in (service.get("depends_on") or {}).items():
            if not isinstance(how, dict) or how.get("condition") == "service_started":
                yield f"{name}: does not wait until {other} is healthy or has ended"
        image = service.get("image", "")
        if "build" in service:
            # The image's own HEALTHCHECK counts.
            for variable in pairs(service.get("environment")):
                if variable.removesuffix("_FILE") not in names_read() | {OWN_VERSION} and variable not in names_read():
                    yield f"{name}: {variable}: no program reads it"
        elif image not in IMAGES and not image.startswith("dashly-"):
            yield f"{name}: image {image} is none of {', '.join(IMAGES)}"
        elif image in IMAGES and not once and not service.get("healthcheck"):
            yield f"{name}: no health check"
        for variable, value in pairs(service.get("environment")).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|API_KEY", variable) and not variable.endswith("_FILE"):
                if value and not value.startswith("${"):
                    yield f"{name}: {variable} is written in the file"


def confinement(name, service):
    if service.get("read_only") is not True:
        yield f"{name}: the root file system can be written"
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
        yield f"{name}: does not drop all capabilities"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield f"{name}: may gain new privileges"
    for limit in ("mem_limit", "cpus", "pids_limit"):
        if not service.get(limit):
            yield f"{name}: no {limit}"


def kept(compose):
    """What has to outlive a container is on named volumes, one for each folder; and somebody can reach the API."""
    if not compose["services"]["api"].get("ports"):
        yield "api: nobody can reach it"
    declared, used = set(compose.get("volumes", {})), []
    for name, folders in KEPT.items():
        mounts = [str(volume).split(":") for volume in compose["services"][name].get("volumes", [])]
        volumes = {mount[1]: mount[0] for mount in mounts if mount[0] in declared}
        for folder in sorted(folders - set(volumes)):
            yield f"{name}: {folder} is on no named volume"
        used += [volumes[folder] for folder in folders & set(volumes)]
    for volume in sorted({volume for volume in used if used.count(volume) > 1}):
        yield f"volume {volume} has the data of several folders"

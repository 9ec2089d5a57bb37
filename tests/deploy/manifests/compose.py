"""The rules that the compose file keeps."""
import json
import re

import jsonschema
from manifests import HERE
from programs import OWN_VERSION, names_read
from tools import interpolated

IMAGES = ("postgres:15-alpine", "redis:7-alpine")


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
        if service.get("read_only") is not True:
            yield f"{name}: the root file system can be written"
        if service.get("cap_drop") != ["ALL"]:
            yield f"{name}: does not drop all capabilities"
        if not service.get("mem_limit") and not service.get("deploy", {}).get("resources", {}).get("limits", {}).get("memory"):
            yield f"{name}: no limit of memory"
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

"""What an installation has, by name and number. As in checks.py, each function gives the problems that it found."""
import re

from manifests import find, of_kind, pods

# Deployment, its labels `app` and `version`, and how many pods it has where nothing scales it: 3 + 1 and 2 + 1.
DEPLOYMENTS = (("api", "api", "stable", 3), ("api-canary", "api", "canary", 1),
               ("genai-gateway", "genai-gateway", "stable", 2), ("genai-gateway-canary", "genai-gateway", "canary", 1))
# Service and its port. It takes in the canary, so it selects by `app` alone.
SERVICES = (("api", 3000), ("genai-gateway", 4000))
# StatefulSet and Service of one name, the port, and the folder that is kept.
STORES = (("postgres", 5432, "/var/lib/postgresql/data"), ("redis", 6379, "/data"))


def deployments(objects, autoscaled):
    """`autoscaled`: whether autoscalers keep the number of stable pods."""
    for name, app, version, number in DEPLOYMENTS:
        one = find(objects, "Deployment", name)
        if one is None:
            yield f"there is no Deployment {name}"
            continue
        labels = {"app": app, "version": version}
        if next(pods([one])).labels != labels or one["spec"]["selector"].get("matchLabels") != labels:
            yield f"{one}: its pods are not found by app={app}, version={version}"
        if autoscaled and version == "stable":
            yield from autoscaler(objects, one, number)
        elif one["spec"].get("replicas") != number:
            yield f"{one}: {one['spec'].get('replicas')} replicas and not {number}"


def autoscaler(objects, deployment, least):
    found = [one for one in of_kind(objects, "HorizontalPodAutoscaler")
             if one["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment.name}]
    if len(found) != 1:
        yield f"{deployment}: {len(found)} autoscalers and not one"
    for one in found:
        if one["spec"].get("minReplicas", 1) < least:
            yield f"{one}: it may take pods away until there are fewer than {least}"
        if one["spec"]["maxReplicas"] <= one["spec"].get("minReplicas", 1):
            yield f"{one}: it can add no pod"


def services(objects):
    for name, port in SERVICES:
        one = find(objects, "Service", name)
        if one is None:
            yield f"there is no Service {name}"
        elif one["spec"]["selector"] != {"app": name} or [each["port"] for each in one["spec"]["ports"]] != [port]:
            yield f"{one}: it is not port {port} of all pods of app={name}"
    for kind, name in (("Namespace", "dashly"), ("ConfigMap", "dashly-config")):
        if find(objects, kind, name) is None:
            yield f"there is no {kind} {name}"


def accounts(objects):
    """An account whose token nobody mounts by mistake."""
    for one in of_kind(objects, "ServiceAccount"):
        if one.get("automountServiceAccountToken") is not False:
            yield f"{one}: its token is mounted into pods that do not say otherwise"


def stores(objects, managed):
    """`managed`: whether a provider keeps the data. The backup is there all the same."""
    for name, port, folder in STORES:
        one, service = find(objects, "StatefulSet", name), find(objects, "Service", name)
        if managed:
            if one or service:
                yield f"{name} is in the cluster, and also at a provider"
            continue
        if one is None or service is None:
            yield f"there is no StatefulSet or no Service {name}"
            continue
        if [each["port"] for each in service["spec"]["ports"]] != [port]:
            yield f"{service}: its port is not {port}"
        claims = {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
        mounts = next(pods([one])).spec["containers"][0]["volumeMounts"]
        if not any(mount["name"] in claims for mount in mounts if mount["mountPath"] == folder):
            yield f"{one}: {folder} is on no claim, and gone with the pod"
    if not managed:
        yield from redis_keeps(objects)
    yield from backup(objects)


def redis_keeps(objects):
    settings = find(objects, "ConfigMap", "redis-settings")
    said = dict(line.split(None, 1) for line in (settings or {}).get("data", {}).get("redis.conf", "").splitlines()
                if re.match(r"[a-z-]+ ", line))
    for name, value in (("dir", "/data"), ("appendonly", "yes"), ("maxmemory-policy", "noeviction")):
        if said.get(name) != value:
            yield f"redis.conf: {name} is {said.get(name)} and not {value}, so that what is counted can be forgotten"


def backup(objects):
    one = find(objects, "CronJob", "backup")
    if one is None:
        yield "there is no CronJob backup"
        return
    if not re.fullmatch(r"\d+ \d+ \* \* \*", one["spec"]["schedule"]) or one["spec"].get("suspend"):
        yield f"{one}: it does not run every day"
    pod = next(pods([one]))
    words = pod.containers[0].get("args", [])
    if words[:2] != ["backup", "--directory"]:
        yield f"{one}: it runs {words}"
        return
    claimed = {volume["name"] for volume in pod.spec["volumes"] if "persistentVolumeClaim" in volume}
    if not any(mount["mountPath"] == words[2] and mount["name"] in claimed for mount in pod.containers[0]["volumeMounts"]):
        yield f"{one}: {words[2]} is on no claim"


# --- the image that leaks ------------------------------------------------------------------------------------------------

# The scripts that know of it. `make test-cluster` comes to it by the last one.
MAY_LEAK = ("scripts/lib/deployment.sh", "scripts/build-images", "scripts/test-cluster")


def leaks(texts):
    """`texts` of all that an installation, a developer or CI builds and starts by, each by its path. Nothing there may ask for
    memory that leaks, but what tests canaries on a cluster."""
    for path, text in texts.items():
        if path == "Dockerfile":
            text = text.replace('ARG FEATURES=""\n', "").replace('--features "$FEATURES"', "")
        elif path.endswith("Cargo.toml"):
            # Where the feature is declared, and passed on, and nowhere else.
            text = text.replace("\nleak-memory = []\n", "\n").replace('\nleak-memory = ["dashly-api/leak-memory"]\n', "\n")
        for line in text.splitlines():
            if path not in MAY_LEAK and not line.startswith("#") and re.search(r"leak-memory|--leaking|LEAKING|FEATURES", line):
                yield f"{path}: {line.strip()}: an image that leaks is for scripts/test-cluster only"

"""The rules that manifests keep. Each check takes objects and gives the problems that it found, in plain words."""
import copy
import functools
import json
import re

import jsonschema
from manifests import HERE, find, of_kind, pods

PLACEHOLDER = "set-on-deploy"
OWN_IMAGES = ("dashly-api", "dashly-genai-gateway")
MOVING_TAGS = ("latest", "stable", "canary", "edge", "main", "master", "dev")
# Tags of others that follow the newest minor release, and why that is wanted.
FOLLOWED = {
    "postgres:15-alpine": "minor releases mend security holes and keep the form of the data; a new major is another tag",
    "redis:7-alpine": "as with PostgreSQL",
}
TYPES_OF_VOLUMES = {"configMap", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SERVES_HTTP = ("api", "api-canary", "genai-gateway", "genai-gateway-canary", "edge")


# --- shape -------------------------------------------------------------------------------------------------------------


@functools.cache
def validators():
    found = {}
    for file in ("k8s-1.36-strict.json", "more-kinds.json"):
        schema = json.loads((HERE / "schemas" / file).read_text())
        for kind, definition in schema["roots"].items():
            root = {"$ref": f"#/definitions/{definition}", "definitions": schema["definitions"]}
            found[kind] = jsonschema.Draft7Validator(root)
    return found


def schema(objects):
    for one in objects:
        known = validators().get(f"{one.get('apiVersion')}/{one.get('kind')}")
        if known is None:
            yield f"{one}: no schema for {one.get('apiVersion')} {one.get('kind')}; add it to schemas/"
            continue
        for error in known.iter_errors(one):
            yield f"{one}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def unique(objects):
    seen = set()
    for one in objects:
        key = (one["apiVersion"], one.kind, one.name)
        if key in seen:
            yield f"{one} is there twice"
        seen.add(key)


# --- pods --------------------------------------------------------------------------------------------------------------


def pod_security(objects):
    """The restricted level of the Pod Security Standards, and what Dashly asks beyond it."""
    for namespace in of_kind(objects, "Namespace"):
        if namespace["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{namespace} does not enforce the restricted level"
    for pod in pods(objects):
        spec, own = pod.spec, pod.spec.get("securityContext", {})
        for field in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"):
            if spec.get(field):
                yield f"{pod}: {field}"
        for volume in spec.get("volumes", []):
            for kind in set(volume) - {"name"} - TYPES_OF_VOLUMES:
                yield f"{pod}: volume {volume['name']} is a {kind}"
            if "emptyDir" in volume and "sizeLimit" not in (volume["emptyDir"] or {}):
                yield f"{pod}: volume {volume['name']} has no size limit"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{pod}: the token of the service account is mounted"
        if spec.get("enableServiceLinks") is not False:
            yield f"{pod}: enableServiceLinks: services become variables, and one of them may be a setting"
        for field in ("runAsUser", "runAsGroup"):
            if not own.get(field):
                yield f"{pod}: {field} is root or not said"
        for container in pod.containers:
            yield from container_security(f"{pod}, container {container['name']}", container, own)


def container_security(where, container, of_pod):
    own = container.get("securityContext", {})
    joined = {**of_pod, **own}
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"{where}: allowPrivilegeEscalation is not false"
    if own.get("privileged"):
        yield f"{where}: privileged"
    if own.get("procMount", "Default") != "Default":
        yield f"{where}: procMount"
    if joined.get("runAsNonRoot") is not True:
        yield f"{where}: runAsNonRoot is not true"
    if joined.get("runAsUser", 1) == 0:
        yield f"{where}: runs as root"
    if joined.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield f"{where}: no seccomp profile"
    if "ALL" not in own.get("capabilities", {}).get("drop", []):
        yield f"{where}: does not drop all capabilities"
    if set(own.get("capabilities", {}).get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"{where}: adds capabilities"
    if own.get("readOnlyRootFilesystem") is not True:
        yield f"{where}: the root file system can be written"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield f"{where}: hostPort"
    resources = container.get("resources", {})
    for needed in [("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory")]:
        if not resources.get(needed[0], {}).get(needed[1]):
            yield f"{where}: no {' of '.join(needed)}"


def images(objects):
    """In the repository our own images have the placeholder as their tag: a real one is set by a deployment."""
    for pod in pods(objects):
        for container in pod.containers:
            image = container["image"]
            name, _, tag = image.rpartition(":")
            if not name or "/" in tag:
                yield f"{pod}: image {image} has no tag"
            elif name.rpartition("/")[2] in OWN_IMAGES:
                if tag != PLACEHOLDER:
                    yield f"{pod}: image {image}: the tag in the repository is {PLACEHOLDER}"
            elif image not in FOLLOWED and (tag in MOVING_TAGS or not re.search(r"\d+\.\d+", tag)):
                yield f"{pod}: image {image}: the tag moves"


def versions(objects, tag=PLACEHOLDER):
    """API and gateway tell their version with every exposure and metric: APP_VERSION is the image's tag."""
    for pod in pods(objects):
        if pod.owner.name.removesuffix("-canary") not in ("api", "genai-gateway"):
            continue
        for container in pod.spec["containers"]:
            told = {one["name"]: one.get("value") for one in container.get("env", [])}.get("APP_VERSION")
            if told != tag or not container["image"].endswith(f":{tag}"):
                yield f"{pod}: APP_VERSION is {told} and the image {container['image']}; both should be {tag}"


def seconds(value):
    return int(value or 0)


def rollouts(objects):
    """An update or a drained node costs nobody an answer."""
    config = {}
    for one in of_kind(objects, "ConfigMap"):
        config[one.name] = one.get("data", {})
    for pod in pods(objects):
        owner, spec = pod.owner, pod.owner.get("spec", {})
        if pod.spec.get("priorityClassName") is None:
            yield f"{pod}: no priority class"
        if owner.kind == "Deployment":
            update = spec.get("strategy", {}).get("rollingUpdate", {})
            if update.get("maxUnavailable") != 0:
                yield f"{pod}: maxUnavailable is not 0"
            for field in ("minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit"):
                if not spec.get(field):
                    yield f"{pod}: no {field}"
            if not pod.spec.get("topologySpreadConstraints"):
                yield f"{pod}: no topology spread"
        if owner.name in SERVES_HTTP:
            least = 45 if "gateway" in owner.name or owner.name == "edge" else 30
            if seconds(pod.spec.get("terminationGracePeriodSeconds")) < least:
                yield f"{pod}: less than {least} s to end"
            told = {}
            for container in pod.spec["containers"]:
                for source in container.get("envFrom", []):
                    told.update(config.get(source.get("configMapRef", {}).get("name"), {}))
                told.update({one["name"]: one.get("value") for one in container.get("env", [])})
            if told.get("DRAIN_SECONDS") != "10":
                yield f"{pod}: DRAIN_SECONDS is {told.get('DRAIN_SECONDS')} and not 10"
            if owner.name.startswith("api") and told.get("EXPERIMENT_LOG_DIR") != "off":
                yield f"{pod}: several replicas, so EXPERIMENT_LOG_DIR is to be off"


def probes(objects, routes):
    """Every pod that stays has all three probes with a time limit, and they ask for what exists. `routes` is a set of paths
    for each program."""
    for pod in pods(objects):
        if pod.owner.kind in ("Job", "CronJob"):
            continue
        for container in pod.spec["containers"]:
            where = f"{pod}, container {container['name']}"
            ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                probe = container.get(kind)
                if probe is None:
                    # Proxies of a chaos test live for minutes and start at once.
                    if kind != "startupProbe" or pod.labels.get("dashly.dev/chaos") != "true":
                        yield f"{where}: no {kind}"
                    continue
                if seconds(probe.get("timeoutSeconds")) < 2:
                    yield f"{where}: {kind} has no time limit of 2 s or more"
                asked = probe.get("httpGet")
                if asked is None:
                    continue
                if asked["port"] not in ports:
                    yield f"{where}: {kind} asks port {asked['port']}, which has no such name in the container"
                known = routes[program_of(container)]
                if asked["path"] not in known:
                    yield f"{where}: {kind} asks for {asked['path']}, which {program_of(container)} does not serve"
                if kind == "livenessProbe" and asked["path"] != "/health/live":
                    yield f"{where}: the liveness probe asks for {asked['path']}: what it depends on would kill the pod"
                if kind == "readinessProbe" and asked["path"] != "/health/ready":
                    yield f"{where}: the readiness probe asks for {asked['path']}, which knows nothing of draining"


def program_of(container):
    """Which program of an image of ours a container runs, or nothing."""
    image = container["image"].rpartition(":")[0].rpartition("/")[2]
    if image == "dashly-genai-gateway":
        return "genai-gateway"
    return (container.get("args") or ["api"])[0] if image == "dashly-api" else None


# --- what pods read ----------------------------------------------------------------------------------------------------


def mounts(objects, secret_keys):
    """ConfigMaps, Secrets, keys, claims and accounts that pods name exist; each file that a variable names is mounted."""
    for pod in pods(objects):
        volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
        claims = [claim["metadata"]["name"] for claim in pod.owner["spec"].get("volumeClaimTemplates", [])]
        files = {}
        for name, volume in volumes.items():
            if "configMap" in volume:
                source = find(objects, "ConfigMap", volume["configMap"]["name"])
                if source is None:
                    yield f"{pod}: there is no ConfigMap {volume['configMap']['name']}"
                    continue
                files[name] = set(source.get("data", {}))
            elif "secret" in volume:
                if volume["secret"]["secretName"] != "dashly-secrets":
                    yield f"{pod}: Secret {volume['secret']['secretName']}, which no deployment makes"
                items = volume["secret"].get("items")
                if not items:
                    yield f"{pod}: mounts every key of dashly-secrets, and needs only some"
                    continue
                for item in items:
                    if item["key"] not in secret_keys:
                        yield f"{pod}: key {item['key']} of dashly-secrets, which no deployment makes"
                files[name] = {item["path"] for item in items}
            elif "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                if find(objects, "PersistentVolumeClaim", claim) is None:
                    yield f"{pod}: there is no claim {claim}"
        account = pod.spec.get("serviceAccountName")
        if find(objects, "ServiceAccount", account) is None:
            yield f"{pod}: there is no service account {account}"
        priority = pod.spec.get("priorityClassName")
        if priority and find(objects, "PriorityClass", priority) is None:
            yield f"{pod}: there is no priority class {priority}"
        used = set()
        for container in pod.containers:
            yield from container_mounts(pod, container, {*volumes, *claims}, files, used)
        for unused in set(volumes) - {name for name, _ in used}:
            yield f"{pod}: volume {unused} is not mounted"
        for name, volume in volumes.items():
            for item in volume.get("secret", {}).get("items") or []:
                if (name, item["path"]) not in used:
                    yield f"{pod}: key {item['key']} is mounted and no variable or command names its file"


def container_mounts(pod, container, volumes, files, used):
    where = f"{pod}, container {container['name']}"
    mounted = {}
    for mount in container.get("volumeMounts", []):
        if mount["name"] not in volumes:
            yield f"{where}: there is no volume {mount['name']}"
        mounted[mount["mountPath"]] = mount["name"]
        used.add((mount["name"], None))
    text = " ".join([*container.get("command", []), *container.get("args", [])])
    paths = [(one["name"], one["value"]) for one in container.get("env", []) if str(one.get("value", "")).startswith("/")]
    paths += [("the command", path) for path in re.findall(r"/run/secrets/[A-Za-z_/]+", text)]
    for name, path in paths:
        folder = max((place for place in mounted if path == place or path.startswith(place + "/")), key=len, default=None)
        if folder is None:
            yield f"{where}: {name} names {path}, where nothing is mounted"
            continue
        file = path[len(folder) + 1:]
        if mounted[folder] in files and file not in files[mounted[folder]]:
            yield f"{where}: {name} names {path}, which is not in {mounted[folder]}"
        used.add((mounted[folder], file))
    if container["image"].startswith(OWN_IMAGES) and program_of(container) in ("api", "genai-gateway", "backup"):
        if "/tmp" not in mounted:
            yield f"{where}: /tmp cannot be written"


def secrets(objects):
    """No secret in the repository, and none in a variable, where a list of processes or a crash report shows it."""
    word = re.compile(r"PASSWORD|SECRET|TOKEN|API_KEY|DATABASE_URL|REDIS_URL|WEBHOOK_URL")
    for one in of_kind(objects, "Secret"):
        yield f"{one}: a Secret in the repository"
    for one in of_kind(objects, "ConfigMap"):
        for name in one.get("data", {}):
            if word.search(name) and not name.endswith("_FILE"):
                yield f"{one}: {name} belongs into dashly-secrets"
    for pod in pods(objects):
        for container in pod.containers:
            for variable in container.get("env", []):
                if "secretKeyRef" in variable.get("valueFrom", {}):
                    yield f"{pod}: {variable['name']} is a secret in a variable; mount it and name the file"
                elif word.search(variable["name"]) and not variable["name"].endswith("_FILE"):
                    yield f"{pod}: {variable['name']} is set in the manifest; mount it and name the file"
            for source in container.get("envFrom", []):
                if "secretRef" in source:
                    yield f"{pod}: all of a Secret in variables"


# --- what belongs together ---------------------------------------------------------------------------------------------


def matches(selector, labels):
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions") or []:
        has = labels.get(rule["key"])
        wanted = {"In": has in rule.get("values", []), "NotIn": has not in rule.get("values", []),
                  "Exists": has is not None, "DoesNotExist": has is None}
        if not wanted[rule["operator"]]:
            return False
    return True


def selectors(objects):
    """Selectors select pods that exist, and only the intended ones; targets exist."""
    all_pods = list(pods(objects))

    def selected(selector):
        return [pod for pod in all_pods if matches(selector, pod.labels)]

    for one in of_kind(objects, "Deployment", "StatefulSet"):
        template = next(pods([one]))
        if not matches(one["spec"]["selector"], template.labels):
            yield f"{one}: its selector does not match its own pods"
        for other in selected(one["spec"]["selector"]):
            if other.owner.name != one.name:
                yield f"{one}: its selector also matches the pods of {other.owner}"
    for one in of_kind(objects, "StatefulSet"):
        if find(objects, "Service", one["spec"]["serviceName"]) is None:
            yield f"{one}: there is no Service {one['spec']['serviceName']}"
    for one in of_kind(objects, "Service"):
        found = selected({"matchLabels": one["spec"]["selector"]})
        if not found:
            yield f"{one}: selects no pod"
        for pod in found:
            names = {port.get("name"): port["containerPort"] for c in pod.spec["containers"] for port in c.get("ports", [])}
            for port in one["spec"]["ports"]:
                if port["targetPort"] not in names and port["targetPort"] not in names.values():
                    yield f"{one}: {pod} has no port {port['targetPort']}"
    for one in of_kind(objects, "PodDisruptionBudget", "PodMonitor"):
        if not selected(one["spec"]["selector"]):
            yield f"{one}: selects no pod"
    for one in of_kind(objects, "PodMonitor"):
        for pod in selected(one["spec"]["selector"]):
            names = {port.get("name") for c in pod.spec["containers"] for port in c.get("ports", [])}
            for endpoint in one["spec"]["podMetricsEndpoints"]:
                if endpoint["port"] not in names:
                    yield f"{one}: {pod} has no port {endpoint['port']}"
    for one in of_kind(objects, "Deployment"):
        if not any(matches(budget["spec"]["selector"], next(pods([one])).labels)
                   for budget in of_kind(objects, "PodDisruptionBudget")):
            yield f"{one}: no PodDisruptionBudget"
        for spread in next(pods([one])).spec.get("topologySpreadConstraints", []):
            if not matches(spread["labelSelector"], next(pods([one])).labels):
                yield f"{one}: its topology spread does not count its own pods"
            if "app" not in spread["labelSelector"].get("matchLabels", {}):
                yield f"{one}: its topology spread counts pods of others"
    for one in of_kind(objects, "HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]
        scaled = find(objects, target["kind"], target["name"])
        if scaled is None:
            yield f"{one}: there is no {target['kind']} {target['name']}"
        elif "replicas" in scaled["spec"]:
            yield f"{one}: {scaled} has replicas, so that each deployment sets the number back"
    for one in of_kind(objects, "Ingress"):
        hosts = {host for tls in one["spec"].get("tls", []) for host in tls["hosts"]}
        for rule in one["spec"]["rules"]:
            if rule.get("host") not in hosts:
                yield f"{one}: {rule.get('host')} is served without TLS"
            for path in rule["http"]["paths"]:
                yield from backend(objects, one, path["backend"]["service"])
    for one in of_kind(objects, "HTTPRoute"):
        for rule in one["spec"]["rules"]:
            for target in rule["backendRefs"]:
                yield from backend(objects, one, {"name": target["name"], "port": {"number": target["port"]}})


def backend(objects, one, target):
    service = find(objects, "Service", target["name"])
    if service is None:
        yield f"{one}: there is no Service {target['name']}"
        return
    for key, field in (("name", "name"), ("number", "port")):
        wanted = target["port"].get(key)
        if wanted is not None and wanted not in [port.get(field) for port in service["spec"]["ports"]]:
            yield f"{one}: Service {target['name']} has no port {wanted}"


def networks(objects):
    """All is denied but what is named; what is named exists; nobody gets in or out from anywhere."""
    all_pods = list(pods(objects))
    policies = of_kind(objects, "NetworkPolicy")

    def selects(selector):
        return [pod for pod in all_pods if matches(selector, pod.labels)]

    if not any(one["spec"]["podSelector"] == {} and set(one["spec"]["policyTypes"]) == {"Ingress", "Egress"}
               and "ingress" not in one["spec"] and "egress" not in one["spec"] for one in policies):
        yield "no policy denies everything"
    for one in policies:
        found = selects(one["spec"]["podSelector"])
        if not found:
            yield f"{one}: selects no pod"
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for rule in one["spec"].get(direction, []):
                if not rule.get(side):
                    yield f"{one}: {direction} {side} anywhere"
                if not rule.get("ports"):
                    yield f"{one}: {direction} on every port"
                for peer in rule.get(side, []):
                    yield from peer_problems(one, direction, peer, selects)
                inside = [peer for peer in rule.get(side, []) if "podSelector" in peer and "namespaceSelector" not in peer]
                targets = found if direction == "ingress" else [pod for peer in inside for pod in selects(peer["podSelector"])]
                for port in rule.get("ports", []):
                    for pod in targets:
                        have = {value for c in pod.spec["containers"] for each in c.get("ports", [])
                                for value in (each.get("name"), each["containerPort"])}
                        if port["port"] not in have:
                            yield f"{one}: {pod} has no port {port['port']}"


def peer_problems(one, direction, peer, selects):
    if peer.get("podSelector") and "namespaceSelector" not in peer and not selects(peer["podSelector"]):
        yield f"{one}: {direction}: there is no such pod: {peer['podSelector']}"
    block = peer.get("ipBlock", {})
    if block.get("cidr") == "0.0.0.0/0":
        if direction == "egress":
            for private in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "100.64.0.0/10"):
                if private not in block.get("except", []):
                    yield f"{one}: egress to {private}, which is not public"
        elif one.name != "api-from-nodeport":
            yield f"{one}: ingress from every address"


def canaries(objects):
    """A canary differs from stable in its version, its image and nothing else; else the judge compares other things. Requests
    may differ: they bound nothing."""
    def form(one):
        spec = copy.deepcopy(next(pods([one])).spec)
        for container in spec["containers"]:
            container["resources"].pop("requests")
        # Pods of an overlay may be spread over zones, too.
        spread = spec["topologySpreadConstraints"]
        spec["topologySpreadConstraints"] = [one for one in spread if one["topologyKey"] == "kubernetes.io/hostname"]
        return spec

    for name in ("api", "genai-gateway"):
        stable, canary = find(objects, "Deployment", name), find(objects, "Deployment", f"{name}-canary")
        if stable is None or canary is None:
            yield f"there is no {name} or no canary of it"
        elif form(stable) != form(canary):
            yield f"Deployment/{name}-canary: its pods are not like those of {name}"


# The images that a policy of the cluster is asked about.
ASKED = ("dashly-api", "dashly-api:latest", "dashly-api:set-on-deploy", "host:5000/dashly-api", "host:5000/dashly-api:canary",
         "dashly-api:0123456789ab", "host:5000/dashly-api:v1.2", "postgres:15-alpine", f"dashly-api@sha256:{'0' * 64}")


def images_refused(policy):
    """Which of them it refuses. Its expression has the form `matches(good) && !matches(bad)`; the patterns mean the same to
    Python as to the cluster."""
    expression = policy["spec"]["validations"][0]["expression"]
    good, bad = re.search(r"matches\('([^']*)'\)\s*&& !container\.image\.matches\('([^']*)'\)", expression).groups()
    return {image for image in ASKED if not re.search(good, image) or re.search(bad, image)}

"""Each check refuses what it is there for. Every case breaks one thing in a good copy, and must hear of it."""
import copy
import pathlib
import tempfile
import unittest
import unittest.mock

import alerts
import checks
import compose
import manifests
import network
import programs
import promises
import tools
from manifests import find


class Broken(unittest.TestCase):
    """`objects` are those of production with everything beside it; each test has a copy."""

    good = manifests.stack("overlays/production")

    def setUp(self):
        self.objects = copy.deepcopy(self.good)

    def get(self, kind, name):
        return find(self.objects, kind, name)

    def pod(self, kind="Deployment", name="api"):
        return self.get(kind, name)["spec"]["template"]["spec"]

    def container(self, kind="Deployment", name="api"):
        return self.pod(kind, name)["containers"][0]

    def refused(self, problems, words):
        found = list(problems)
        self.assertTrue(any(words in one for one in found), f"nobody says “{words}”: {found[:5]}")


class Shapes(Broken):
    def test_unknown_field(self):
        self.get("Deployment", "api")["spec"]["replicaz"] = 3
        self.refused(checks.schema(self.objects), "'replicaz' was unexpected")

    def test_unknown_field_of_a_custom_resource(self):
        self.get("PodMonitor", "dashly")["spec"]["selektor"] = {}
        self.refused(checks.schema(self.objects), "'selektor' was unexpected")

    def test_unknown_kind(self):
        self.objects.append(manifests.Object(apiVersion="v1", kind="Gadget", metadata={"name": "x"}))
        self.refused(checks.schema(self.objects), "no schema for v1 Gadget")

    def test_twice(self):
        self.objects.append(copy.deepcopy(self.get("Service", "api")))
        self.refused(checks.unique(self.objects), "Service/api is there twice")


class Pods(Broken):
    CASES = [
        (["securityContext", "allowPrivilegeEscalation"], True, "allowPrivilegeEscalation"),
        (["securityContext", "privileged"], True, "privileged"),
        (["securityContext", "readOnlyRootFilesystem"], False, "can be written"),
        (["securityContext", "capabilities"], {"drop": ["NET_RAW"]}, "does not drop all"),
        (["securityContext", "capabilities"], {"drop": ["ALL"], "add": ["SYS_ADMIN"]}, "adds capabilities"),
        (["securityContext", "runAsUser"], 0, "runs as root"),
        (["securityContext", "runAsNonRoot"], False, "runAsNonRoot"),
        (["resources", "limits"], {"cpu": "1"}, "no limits of memory"),
        (["ports"], [{"name": "http", "containerPort": 3000, "hostPort": 3000}], "hostPort"),
    ]

    def test_containers(self):
        for path, value, words in self.CASES:
            with self.subTest(words):
                self.setUp()
                place = self.container()
                for key in path[:-1]:
                    place = place[key]
                place[path[-1]] = value
                self.refused(checks.pod_security(self.objects), words)

    def test_whole_pods(self):
        for key, value, words in [
            ("hostNetwork", True, "hostNetwork"),
            ("automountServiceAccountToken", True, "token of the service account"),
            ("enableServiceLinks", True, "enableServiceLinks"),
            ("securityContext", {"runAsNonRoot": True, "runAsUser": 1, "runAsGroup": 1}, "no seccomp profile"),
            ("volumes", [{"name": "x", "hostPath": {"path": "/"}}], "is a hostPath"),
            ("volumes", [{"name": "x", "emptyDir": {}}], "no size limit"),
        ]:
            with self.subTest(words):
                self.setUp()
                self.pod()[key] = value
                self.refused(checks.pod_security(self.objects), words)

    def test_namespace(self):
        self.get("Namespace", "dashly")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "baseline"
        self.refused(checks.pod_security(self.objects), "does not enforce")

    def test_tags(self):
        for image, words in [("dashly-api:latest", "is set-on-deploy"), ("dashly-api", "has no tag"), ("redis:7", "moves"),
                             ("host:5000/dashly-api", "has no tag"), ("nginx:latest", "moves")]:
            with self.subTest(image):
                self.container()["image"] = image
                self.refused(checks.images(self.objects), words)

    def test_version(self):
        env = self.container()["env"]
        env[:] = [one for one in env if one["name"] != "APP_VERSION"]
        self.refused(checks.versions(self.objects), "APP_VERSION is None")

    def test_rollouts(self):
        spec = self.get("Deployment", "api")["spec"]
        for place, key, words in [
            (spec["strategy"]["rollingUpdate"], "maxUnavailable", "maxUnavailable is not 0"),
            (spec, "minReadySeconds", "no minReadySeconds"),
            (spec, "progressDeadlineSeconds", "no progressDeadlineSeconds"),
            (self.pod(), "topologySpreadConstraints", "no topology spread"),
            (self.pod(), "priorityClassName", "no priority class"),
            (self.pod(), "terminationGracePeriodSeconds", "less than 30 s"),
            (self.pod(name="genai-gateway"), "terminationGracePeriodSeconds", "less than 45 s"),
            (self.get("ConfigMap", "dashly-config")["data"], "DRAIN_SECONDS", "DRAIN_SECONDS is None"),
            (self.get("ConfigMap", "dashly-config")["data"], "EXPERIMENT_LOG_DIR", "EXPERIMENT_LOG_DIR is to be off"),
        ]:
            with self.subTest(words):
                kept = place.pop(key)
                self.refused(checks.rollouts(self.objects), words)
                place[key] = kept

    def test_probes(self):
        def with_probe(kind, **changes):
            self.setUp()
            self.container()[kind].update(changes)
            return checks.probes(self.objects, programs.routes())

        self.refused(with_probe("livenessProbe", httpGet={"path": "/healthz", "port": "http"}), "which api does not serve")
        self.refused(with_probe("livenessProbe", httpGet={"path": "/api/health", "port": "http"}), "would kill the pod")
        self.refused(with_probe("readinessProbe", httpGet={"path": "/health/live", "port": "http"}), "knows nothing of draining")
        self.refused(with_probe("startupProbe", timeoutSeconds=1), "no time limit")
        self.refused(with_probe("startupProbe", httpGet={"path": "/health/live", "port": "web"}), "asks port web")
        self.setUp()
        del self.container("StatefulSet", "redis")["livenessProbe"]
        self.refused(checks.probes(self.objects, programs.routes()), "StatefulSet/redis, container redis: no livenessProbe")


class Reads(Broken):
    def mounts(self):
        return checks.mounts(self.objects, programs.made_secrets())

    def volume(self, name):
        return next(one for one in self.pod()["volumes"] if one["name"] == name)

    def test_objects_that_are_not_there(self):
        self.volume("experiments")["configMap"]["name"] = "others"
        self.refused(self.mounts(), "there is no ConfigMap others")
        self.pod()["serviceAccountName"] = "nobody"
        self.refused(self.mounts(), "there is no service account nobody")
        self.objects.remove(self.get("PriorityClass", "dashly-service"))
        self.refused(self.mounts(), "there is no priority class dashly-service")
        self.objects.remove(self.get("PersistentVolumeClaim", "backup"))
        self.refused(self.mounts(), "there is no claim backup")

    def test_keys(self):
        items = self.volume("secrets")["secret"]["items"]
        items.append({"key": "MADE_UP", "path": "MADE_UP"})
        self.refused(self.mounts(), "key MADE_UP of dashly-secrets, which no deployment makes")
        items[-1] = {"key": "ANTHROPIC_API_KEY", "path": "ANTHROPIC_API_KEY"}
        self.refused(self.mounts(), "key ANTHROPIC_API_KEY is mounted and no variable")
        del items[-1]
        items[:] = [one for one in items if one["key"] != "JWT_SECRET"]
        self.refused(self.mounts(), "JWT_SECRET_FILE names /run/secrets/dashly/JWT_SECRET, which is not in secrets")
        del self.volume("secrets")["secret"]["items"]
        self.refused(self.mounts(), "mounts every key")

    def test_files(self):
        self.container()["env"].append({"name": "GATEWAY_CONFIG", "value": "/srv/gateway.toml"})
        self.refused(self.mounts(), "where nothing is mounted")
        del self.get("ConfigMap", "dashly-experiments")["data"]["tests.json"]
        self.refused(self.mounts(), "TESTS_FILE names /etc/dashly/tests.json, which is not in experiments")

    def test_secrets(self):
        self.objects.append(manifests.Object(apiVersion="v1", kind="Secret", metadata={"name": "dashly-secrets"}))
        self.refused(checks.secrets(self.objects), "a Secret in the repository")
        self.get("ConfigMap", "dashly-config")["data"]["REDIS_URL"] = "redis://:word@redis"
        self.refused(checks.secrets(self.objects), "REDIS_URL belongs into dashly-secrets")
        self.container()["env"].append({"name": "JWT_SECRET", "value": "word"})
        self.refused(checks.secrets(self.objects), "JWT_SECRET is set in the manifest")
        self.container()["env"].append({"name": "X", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}})
        self.refused(checks.secrets(self.objects), "X is a secret in a variable")
        self.container()["envFrom"].append({"secretRef": {"name": "dashly-secrets"}})
        self.refused(checks.secrets(self.objects), "all of a Secret")

    def test_settings(self):
        data = self.get("ConfigMap", "dashly-config")["data"]
        data["DRAIN_SECOND"] = "10"
        self.refused(programs.settings(self.objects), "DRAIN_SECOND: no program reads it")
        del data["DRAIN_SECOND"]
        data["DB_SSL"] = "yes"
        self.refused(programs.settings(self.objects), "DB_SSL")
        data["DB_SSL"] = "false"
        env = self.container("Deployment", "genai-gateway")["env"]
        next(one for one in env if one["name"] == "GATEWAY_CONFIG")["value"] = "/etc/dashly-gateway/tests.json"
        self.refused(programs.settings(self.objects), "Deployment/genai-gateway, container genai-gateway")
        env = self.container("Deployment", "edge")["env"]
        env.append({"name": "EDGE_STABEL", "value": "x"})
        self.refused(programs.settings(self.objects), "EDGE_STABEL: `dashly edge` does not read it")


class Connections(Broken):
    def refused_by_selectors(self, words):
        self.refused(checks.selectors(self.objects), words)

    def test_selectors(self):
        self.get("Service", "api")["spec"]["selector"] = {"app": "apy"}
        self.refused_by_selectors("Service/api: selects no pod")
        self.get("Service", "genai-gateway")["spec"]["ports"][0]["targetPort"] = "web"
        self.refused_by_selectors("has no port web")
        self.get("Deployment", "api")["spec"]["selector"]["matchLabels"] = {"app": "api"}
        self.refused_by_selectors("also matches the pods of Deployment/api-canary")
        self.get("Deployment", "edge")["spec"]["selector"]["matchLabels"] = {"app": "egde"}
        self.refused_by_selectors("does not match its own pods")

    def test_budgets_and_autoscalers(self):
        self.get("PodDisruptionBudget", "api")["spec"]["selector"]["matchLabels"] = {"app": "apy"}
        self.refused_by_selectors("PodDisruptionBudget/api: selects no pod")
        self.refused_by_selectors("Deployment/api: no PodDisruptionBudget")
        self.get("HorizontalPodAutoscaler", "api")["spec"]["scaleTargetRef"]["name"] = "apy"
        self.refused_by_selectors("there is no Deployment apy")
        self.get("Deployment", "genai-gateway")["spec"]["replicas"] = 2
        self.refused_by_selectors("has replicas")
        self.get("PodMonitor", "dashly")["spec"]["podMetricsEndpoints"][0]["port"] = "metrics"
        self.refused_by_selectors("has no port metrics")

    def test_routes(self):
        spec = self.get("Ingress", "dashly")["spec"]
        spec["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "apy"
        self.refused_by_selectors("there is no Service apy")
        spec["tls"] = []
        self.refused_by_selectors("is served without TLS")
        self.get("HTTPRoute", "api")["spec"]["rules"][0]["backendRefs"][0]["port"] = 80
        self.refused_by_selectors("has no port 80")

    def test_networks(self):
        def refused(words):
            self.refused(checks.networks(self.objects), words)

        api = self.get("NetworkPolicy", "api")["spec"]
        api["ingress"][0]["from"] = []
        refused("NetworkPolicy/api: ingress from anywhere")
        api["ingress"][0]["from"] = [{"ipBlock": {"cidr": "0.0.0.0/0"}}]
        refused("ingress from every address")
        api["ingress"][0]["ports"] = []
        refused("ingress on every port")
        api["egress"][0]["ports"][0]["port"] = 4001
        refused("has no port 4001")
        api["podSelector"] = {"matchLabels": {"app": "apy"}}
        refused("NetworkPolicy/api: selects no pod")
        self.get("NetworkPolicy", "to-redis")["spec"]["egress"][0]["to"] = [{"podSelector": {"matchLabels": {"app": "cache"}}}]
        refused("there is no such pod")
        block = self.get("NetworkPolicy", "public-https")["spec"]["egress"][0]["to"][0]["ipBlock"]
        block["except"].remove("169.254.0.0/16")
        refused("egress to 169.254.0.0/16")
        self.objects.remove(self.get("NetworkPolicy", "default-deny"))
        refused("no policy denies everything")

    def test_who_speaks_with_whom(self):
        before, out_before = network.edges(self.objects), network.ways_out(self.objects)
        self.get("NetworkPolicy", "postgres")["spec"]["ingress"][0]["from"] = [{"podSelector": {}}]
        self.get("NetworkPolicy", "to-redis")["spec"]["podSelector"] = {"matchLabels": {"app": "edge"}}
        self.get("NetworkPolicy", "redis")["spec"]["ingress"][0]["from"] = [{"namespaceSelector": {}}]
        after = network.edges(self.objects)
        self.assertEqual({("ingress-nginx", "redis", 6379), ("monitoring", "redis", 6379), ("somebody", "redis", 6379),
                          ("edge", "redis", 6379)}, after - before)
        self.assertEqual({(f"{one}{canary}", "redis", 6379) for one in ("api", "genai-gateway") for canary in ("", "-canary")},
                         before - after)
        self.objects.remove(self.get("NetworkPolicy", "default-deny"))
        self.assertIn(("somebody", "postgres", 5432), network.edges(self.good_without("postgres")))
        block = self.get("NetworkPolicy", "public-https")["spec"]["egress"][0]["to"][0]["ipBlock"]
        block["except"].remove("169.254.0.0/16")
        self.assertIn(("api", network.METADATA, 443), network.ways_out(self.objects) - out_before)

    def good_without(self, *names):
        """Without the policies of these names, and without the one that denies the rest."""
        return [one for one in self.good if one.kind != "NetworkPolicy" or one.name not in (*names, "default-deny")]

    def test_canaries(self):
        self.container("Deployment", "api-canary")["resources"]["limits"]["memory"] = "1Gi"
        self.refused(checks.canaries(self.objects), "its pods are not like those of api")


class Promises(Broken):
    """Of production, where autoscalers keep the number of stable pods."""

    def refused_by_deployments(self, words, autoscaled=True):
        self.refused(promises.deployments(self.objects, autoscaled), words)

    def test_deployments(self):
        self.get("Deployment", "genai-gateway-canary")["spec"]["replicas"] = 2
        self.refused_by_deployments("genai-gateway-canary: 2 replicas and not 1")
        self.refused_by_deployments("Deployment/api: None replicas and not 3", autoscaled=False)
        self.get("Deployment", "api-canary")["spec"]["template"]["metadata"]["labels"]["version"] = "new"
        self.refused_by_deployments("api-canary: its pods are not found by app=api, version=canary")
        self.get("Deployment", "api")["spec"]["selector"]["matchLabels"] = {"app": "api"}
        self.refused_by_deployments("Deployment/api: its pods are not found by app=api, version=stable")
        self.get("Deployment", "api")["metadata"]["name"] = "api-stable"
        self.refused_by_deployments("there is no Deployment api")

    def test_autoscalers(self):
        spec = self.get("HorizontalPodAutoscaler", "api")["spec"]
        spec["minReplicas"] = 2
        self.refused_by_deployments("HorizontalPodAutoscaler/api: it may take pods away until there are fewer than 3")
        spec["minReplicas"] = spec["maxReplicas"]
        self.refused_by_deployments("HorizontalPodAutoscaler/api: it can add no pod")
        spec["scaleTargetRef"]["name"] = "genai-gateway"
        self.refused_by_deployments("Deployment/api: 0 autoscalers and not one")
        self.refused_by_deployments("Deployment/genai-gateway: 2 autoscalers and not one")

    def test_services_and_accounts(self):
        self.get("Service", "api")["spec"]["selector"] = {"app": "api", "version": "stable"}
        self.refused(promises.services(self.objects), "it is not port 3000 of all pods of app=api")
        self.get("Service", "genai-gateway")["spec"]["ports"][0]["port"] = 80
        self.refused(promises.services(self.objects), "it is not port 4000 of all pods of app=genai-gateway")
        self.objects.remove(self.get("Service", "api"))
        self.objects.remove(self.get("ConfigMap", "dashly-config"))
        self.refused(promises.services(self.objects), "there is no Service api")
        self.refused(promises.services(self.objects), "there is no ConfigMap dashly-config")
        del self.get("ServiceAccount", "redis")["automountServiceAccountToken"]
        self.refused(promises.accounts(self.objects), "ServiceAccount/redis: its token is mounted")

    def refused_by_stores(self, words, managed=False):
        self.refused(promises.stores(self.objects, managed), words)

    def test_stores(self):
        self.refused_by_stores("postgres is in the cluster, and also at a provider", managed=True)
        self.get("Service", "redis")["spec"]["ports"][0]["port"] = 6380
        self.refused_by_stores("Service/redis: its port is not 6379")
        del self.get("StatefulSet", "postgres")["spec"]["volumeClaimTemplates"]
        self.refused_by_stores("StatefulSet/postgres: /var/lib/postgresql/data is on no claim")
        self.get("StatefulSet", "postgres")["kind"] = "Deployment"
        self.refused_by_stores("there is no StatefulSet or no Service postgres")
        settings = self.get("ConfigMap", "redis-settings")["data"]
        settings["redis.conf"] = settings["redis.conf"].replace("appendonly yes", "appendonly no")
        self.refused_by_stores("redis.conf: appendonly is no and not yes")

    def test_leaks(self):
        for path, text in [
            ("Makefile", "images:\n\tscripts/build-images --leaking\n"),
            ("docker-compose.yml", "    args:\n      FEATURES: dashly-cli/leak-memory\n"),
            ("scripts/deploy-minikube.sh", "features=$LEAKING build_images v1 api\n"),
            ("Dockerfile", 'ARG FEATURES="dashly-cli/leak-memory"\n'),
            ("crates/apps/cli/Cargo.toml", '[features]\ndefault = ["leak-memory"]\n'),
            ("crates/apps/cli/Cargo.toml", '[dependencies]\ndashly-api = { path = "../api", features = ["leak-memory"] }\n'),
        ]:
            with self.subTest(path):
                self.refused(promises.leaks({path: text}), f"{path}: {text.splitlines()[-1].strip()}: an image that leaks")

    def test_backup(self):
        job = self.get("CronJob", "backup")["spec"]
        pod = job["jobTemplate"]["spec"]["template"]["spec"]
        job["schedule"] = "17 2 * * 0"
        self.refused_by_stores("CronJob/backup: it does not run every day")
        next(one for one in pod["volumes"] if one["name"] == "backup")["emptyDir"] = {}
        del next(one for one in pod["volumes"] if one["name"] == "backup")["persistentVolumeClaim"]
        self.refused_by_stores("CronJob/backup: /backup is on no claim")
        pod["containers"][0]["args"] = ["doctor"]
        self.refused_by_stores("CronJob/backup: it runs ['doctor']")
        self.objects.remove(self.get("CronJob", "backup"))
        self.refused_by_stores("there is no CronJob backup")


class Alerts(Broken):
    good = manifests.load(manifests.built("monitoring"))

    def rule(self, name):
        return next(one for one in alerts.rules(self.objects) if one["alert"] == name)

    def test_metric_that_nobody_counts(self):
        self.rule("DashlyMemory")["expr"] = 'process_resident_bytes{app="api"} > 1'
        self.refused(alerts.alerts(self.objects), "nobody counts process_resident_bytes")

    def test_runbook(self):
        self.refused(alerts.alerts(self.objects, "# Runbook\n"), "DashlyMemory: docs/runbook.md has no such heading")
        self.refused(alerts.alerts(self.objects, "### DashlyMemory\n\nMeans: x\n"), "has no `Do:`")
        self.refused(alerts.alerts(self.objects, "### DashlyGone\n"), "explains dashlygone")
        self.rule("DashlyMemory")["annotations"]["runbook_url"] = "docs/runbook.md#memory"
        self.refused(alerts.alerts(self.objects), "its runbook_url is not")

    def test_alert_that_does_not_fire(self):
        self.rule("DashlyVolumeFull")["expr"] = "kubelet_volume_stats_available_bytes < 0"
        self.assertIn("FAILED", alerts.fire(self.objects))


class Files(Broken):
    COMPOSE = """
services:
  api:
    build: {context: ., target: dashly-api}
    environment: {PORT: "3000", JWT_SECRET_FILE: /run/secrets/jwt, HOST: "${HOST_NAME}"}
    ports: ["127.0.0.1:3000:3000"]
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 512m
    cpus: 1
    pids_limit: 64
    depends_on: {db: {condition: service_healthy}}
  db:
    image: postgres:15-alpine
    healthcheck: {test: [CMD, pg_isready]}
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 512m
    cpus: 1
    pids_limit: 64
"""
    EXAMPLE = "# What the host is called.\nHOST_NAME=x\n"

    def compose(self, old="", new="", example=EXAMPLE):
        text = self.COMPOSE.replace(old, new) if old else self.COMPOSE
        self.assertTrue(text != self.COMPOSE or not old, old)
        read = tools.yaml.safe_load(text)
        return [*compose.schema(read), *compose.rules(read, text, example)]

    def test_compose(self):
        self.assertEqual([], self.compose())
        for old, new, words in [
            ("mem_limit", "memory", "'memory' does not match any"),
            ("mem_limit: 512m", "", "no mem_limit"),
            ("cpus: 1", "", "no cpus"),
            ("pids_limit: 64", "", "no pids_limit"),
            ("no-new-privileges:true", "no-new-privileges:false", "may gain new privileges"),
            ("cap_drop: [ALL]", "cap_drop: [ALL]\n    cap_add: [SYS_ADMIN]", "does not drop all"),
            ("127.0.0.1:3000:3000", "3000:3000", "is open to others"),
            ("read_only: true", "read_only: false", "can be written"),
            ("cap_drop: [ALL]", "cap_drop: [NET_RAW]", "does not drop all"),
            ('"127.0.0.1:3000:3000"', '{target: 3000, published: "3000"}', "is open to others"),
            ("service_healthy", "service_started", "does not wait"),
            ('PORT: "3000"', 'PROT: "3000"', "PROT: no program reads it"),
            ("postgres:15-alpine", "postgres:latest", "is none of"),
            ("healthcheck: {test: [CMD, pg_isready]}\n", "\n", "no health check"),
            ("JWT_SECRET_FILE: /run/secrets/jwt", "JWT_SECRET: word", "JWT_SECRET is written in the file"),
        ]:
            with self.subTest(words):
                self.refused(self.compose(old, new), words)
        self.refused(self.compose(example=""), "HOST_NAME is taken from .env")

    def test_what_compose_keeps(self):
        def kept(service, **changes):
            read = tools.read_yaml("docker-compose.yml")
            read["services"][service].update(changes)
            return compose.kept(read)

        self.refused(kept("api", ports=[]), "nobody can reach it")
        self.refused(kept("api", volumes=["data:/data"]), "api: /data/experiment-logs is on no named volume")
        self.refused(kept("api", volumes=["data:/data", "data:/data/experiment-logs"]), "data has the data of several folders")
        self.refused(kept("db", volumes=["./database:/var/lib/postgresql/data"]), "db: /var/lib/postgresql/data is on no named")
        self.refused(kept("redis", volumes=[]), "redis: /data is on no named volume")

    def test_docker_compose(self):
        with tempfile.TemporaryDirectory(prefix="dashly-refusals.") as folder:
            docker = pathlib.Path(folder, "docker")
            docker.write_text('#!/bin/sh\n[ "$2" = version ] || { echo "no such key" >&2; exit 1; }\n')
            docker.chmod(0o700)
            file = pathlib.Path(folder, "docker-compose.yml")
            file.write_text(self.COMPOSE)
            with unittest.mock.patch.dict("os.environ", PATH=f"{folder}:/usr/bin:/bin"):
                self.assertIn("no such key", tools.docker_compose(file))

    def test_checkers(self):
        with tempfile.TemporaryDirectory(prefix="dashly-refusals.") as folder:
            place = pathlib.Path(folder)
            (place / "twice.yaml").write_text("a: 1\na: 2\n")
            self.assertIn("duplication of key", tools.yamllint(place))
            (place / "Dockerfile").write_text("FROM debian:latest\nRUN apt-get install -y curl\n")
            self.assertIn("DL3007", tools.hadolint(place / "Dockerfile"))
            (place / "twice.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: y}\n"
                                              "spec: {containers: [{name: x, image: 'x:1', securityContext: {privileged: true}}]}\n")
            failed, _, _ = tools.checkov(place)
            self.refused(failed, "CKV_K8S_16")
            self.refused(failed, "CKV_DOCKER_3")


if __name__ == "__main__":
    unittest.main()

"""Everything in k8s/ keeps the rules of checks.py, promises.py, programs.py and alerts.py."""
import unittest

import alerts
import checks
import manifests
import network
import programs
import promises

BUILDS = list(manifests.everything())
STACKS = {overlay: manifests.stack(overlay) for overlay in manifests.overlays()}


class Clean(unittest.TestCase):
    maxDiff = None

    def clean(self, where, problems):
        with self.subTest(where):
            self.assertEqual([], sorted(set(problems)))


class EveryFolder(Clean):
    def test_strict_schemas(self):
        for where, objects in BUILDS:
            self.clean(where, checks.schema(objects))

    def test_pod_security(self):
        for where, objects in BUILDS:
            self.clean(where, checks.pod_security(objects))

    def test_tags(self):
        for where, objects in BUILDS:
            self.clean(where, [*checks.images(objects), *checks.versions(objects)])

    def test_no_secrets(self):
        for where, objects in BUILDS:
            self.clean(where, checks.secrets(objects))

    def test_probes(self):
        for where, objects in BUILDS:
            self.clean(where, checks.probes(objects, programs.routes()))

    def test_chaos_finds_pods(self):
        there = [pod.labels for pod in manifests.pods(STACKS["overlays/minikube"])]
        for file in manifests.plain_files():
            for one in manifests.load(file.read_text()):
                wanted = one["spec"]["selector"]["labelSelectors"]
                self.assertTrue(any(checks.matches({"matchLabels": wanted}, labels) for labels in there), f"{one} selects no pod")

    def test_chaos_beside_the_base(self):
        """What a chaos test starts finds its objects, its keys and its settings in an installation."""
        base = manifests.load(manifests.built("overlays/minikube"))
        for folder in manifests.kustomizations()[0]:
            if folder.startswith("chaos/"):
                objects = [*base, *manifests.load(manifests.built(folder))]
                self.clean(folder, checks.unique(objects))
                self.clean(folder, checks.mounts(objects, programs.made_secrets()))
                self.clean(folder, [*programs.settings(objects), *checks.secrets(objects)])

    def test_no_file_is_forgotten(self):
        """Each manifest is read by a kustomization of its folder, and each component by an overlay."""
        text = "\n".join(file.read_text() for file in manifests.K8S.rglob("kustomization.yaml"))
        for file in manifests.K8S.rglob("*.*"):
            if file.suffix in (".yaml", ".sql", ".conf", ".toml", ".json") and file.parent.name != "chaos" and file.name != "kustomization.yaml":
                self.assertIn(file.name, text, f"no kustomization reads {file}")
        for component in manifests.kustomizations()[1]:
            self.assertIn(f"../../{component}", text, f"no overlay uses {component}")

    def test_copies_are_equal(self):
        for name in ("tests.json", "team-kpis.json"):
            self.assertEqual((manifests.PROJECT / name).read_text(), (manifests.K8S / "base" / name).read_text(),
                             f"kustomize reads nothing outside its folder: cp {name} k8s/base/")


class EveryOverlay(Clean):
    def test_objects_are_unique(self):
        for where, objects in STACKS.items():
            self.clean(where, checks.unique(objects))

    def test_rollouts(self):
        for where, objects in STACKS.items():
            self.clean(where, checks.rollouts(objects))

    def test_what_is_promised(self):
        for where, objects in STACKS.items():
            self.clean(where, promises.deployments(objects, autoscaled="production" in where))
            self.clean(where, [*promises.services(objects), *promises.accounts(objects)])
            self.clean(where, promises.stores(objects, managed="managed" in where))

    def test_selectors_and_targets(self):
        for where, objects in STACKS.items():
            self.clean(where, checks.selectors(objects))

    def test_networks(self):
        for where, objects in STACKS.items():
            self.clean(where, checks.networks(objects))

    def test_who_speaks_with_whom(self):
        both = {"api": ["api", "api-canary"], "gateway": ["genai-gateway", "genai-gateway-canary"]}
        wanted = {("edge", api, 3000) for api in both["api"]}
        wanted |= {(api, gateway, 4000) for api in both["api"] for gateway in both["gateway"]}
        wanted |= {("monitoring", api, 3000) for api in both["api"]} | {("monitoring", one, 4000) for one in both["gateway"]}
        wanted |= {("monitoring", "edge", 8081), ("ingress-nginx", "edge", 8080)}
        data = {(one, "postgres", 5432) for one in [*both["api"], "migrate", "backup"]}
        data |= {(one, "redis", 6379) for one in [*both["api"], *both["gateway"]]}
        from_outside = {("ingress-nginx", api, 3000) for api in both["api"]}
        for where, objects in STACKS.items():
            expected = wanted | (set() if "managed" in where else data) | (from_outside if "production" in where else set())
            self.clean(where, network.edges(objects) ^ expected)

    def test_the_way_out(self):
        public = {"api", "api-canary", "genai-gateway", "genai-gateway-canary"}
        for where, objects in STACKS.items():
            expected = {(pod.owner.name, "names", 53) for pod in manifests.pods(objects)}
            expected |= {(one, network.PUBLIC, 443) for one in public}
            if "managed" in where:
                expected |= {(one, network.PRIVATE, port) for one in [*public, "migrate", "backup"] for port in (5432, 6379)}
            self.clean(where, network.ways_out(objects) ^ expected)

    def test_canaries_are_like_stable(self):
        for where, objects in STACKS.items():
            self.clean(where, checks.canaries(objects))

    def test_mounts(self):
        for where, objects in STACKS.items():
            self.clean(where, checks.mounts(objects, programs.made_secrets()))

    def test_every_made_secret_is_used(self):
        for where, objects in STACKS.items():
            used = {item["key"] for pod in manifests.pods(objects) for volume in pod.spec["volumes"]
                    for item in volume.get("secret", {}).get("items", [])}
            self.clean(where, set(programs.made_secrets()) - used)

    def test_settings(self):
        for where, objects in STACKS.items():
            self.clean(where, programs.settings(objects))

    def test_a_deployment_sets_every_tag(self):
        for folder in [*manifests.overlays(), "canary"]:
            objects = manifests.load(programs.rendered(folder, "v1.2-test"))
            own = [pod for pod in manifests.pods(objects) if any("dashly-" in c["image"] for c in pod.containers)]
            self.assertTrue(own)
            for pod in own:
                for container in pod.containers:
                    self.assertTrue(container["image"].endswith(":v1.2-test"), f"{pod}: {container['image']}")
            self.clean(folder, checks.versions(objects, "v1.2-test"))

    def test_production_tells_one_host(self):
        for overlay in [one for one in STACKS if "production" in one]:
            objects = STACKS[overlay]
            url = manifests.find(objects, "ConfigMap", "dashly-config")["data"]["PUBLIC_URL"]
            hosts = {rule["host"] for one in manifests.of_kind(objects, "Ingress") for rule in one["spec"]["rules"]}
            self.assertEqual({url.removeprefix("https://")}, hosts)

    def test_production_refuses_unset_tags(self):
        """The policy's own expression, read as what it is made of: two patterns that the cluster applies to an image."""
        for overlay in [one for one in STACKS if "production" in one]:
            policy = manifests.find(STACKS[overlay], "ValidatingAdmissionPolicy", "dashly-images")
            self.assertEqual(checks.images_refused(policy), {"dashly-api", "dashly-api:latest", "dashly-api:set-on-deploy",
                                                             "host:5000/dashly-api", "host:5000/dashly-api:canary"})


class Alerts(Clean):
    objects = manifests.load(manifests.built("monitoring"))

    def test_metrics_and_runbook(self):
        self.clean("alerts", alerts.alerts(self.objects))

    def test_they_fire(self):
        self.assertEqual("", alerts.fire(self.objects))

    def test_each_is_tested(self):
        names = {rule["alert"] for rule in alerts.rules(self.objects)}
        loud, quiet = alerts.tested()
        self.assertEqual((names, names), (loud, quiet))


if __name__ == "__main__":
    unittest.main()

"""scripts/deploy-canary.sh against a fake cluster."""
import json
import unittest

from harness import NEW, OLD, PROJECT, ScriptTest

DEPLOY = ("deploy", "--image-tag", NEW)


def pod(app, version, name, ready="True", ending=False):
    metadata = {"name": name, "labels": {"app": app, "version": version}}
    if ending:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {"kind": "Pod", "metadata": metadata, "status": {
        "conditions": [{"type": "Ready", "status": ready}], "containerStatuses": [{"restartCount": 4}]}}


class Use(ScriptTest):
    def test_wrong_use(self):
        self.bad(self.canary("explode"), "unknown verb explode", 2)
        self.bad(self.canary("deploy", "--explode"), "unknown option", 2)
        self.bad(self.canary("deploy", "--service", "web"), "none of api", 2)
        self.bad(self.canary("deploy", "--weight"), "needs a value", 2)
        for weight in ("0", "100", "-3", "many"):
            self.bad(self.canary("deploy", "--weight", weight), "no percentage", 2)
        for tag in ("latest", "canary", "a b", "x:y"):
            self.bad(self.canary("deploy", "--image-tag", tag), "--image-tag", 2)
        self.assertEqual(self.cluster.calls, [])

    def test_help(self):
        text = self.good(self.canary("--help")).stdout
        for word in ("rollback", "--weight", "KUBECONFIG", "Exit status"):
            self.assertIn(word, text)

    def test_no_kubectl_no_cluster_no_namespace(self):
        self.bad(self.canary(KUBECTL="no-such-kubectl"), "no-such-kubectl is missing")
        self.bad(self.canary(*DEPLOY), "first run scripts/deploy-minikube.sh")
        self.new_cluster(unreachable=True)
        self.bad(self.canary("promote"), "does not answer")

    def test_nothing_there(self):
        self.new_cluster(namespaces=["dashly"])
        self.bad(self.canary(*DEPLOY), "there is no stable")
        self.bad(self.canary("promote"), "there is no stable")


class Release(ScriptTest):
    def setUp(self):
        super().setUp()
        self.new_cluster(stable=True)

    def test_deploy_promote_rollback(self):
        self.good(self.canary(*DEPLOY))
        self.assertEqual(self.tags(), [OLD, OLD, NEW, NEW])
        self.assertEqual(self.state["stable_changes"], [])
        self.good(self.canary("promote"))
        self.assertEqual(self.tags(), [NEW, NEW, None, None])
        self.assertEqual(self.annotation("api", "previous-image"), f"dashly-api:{OLD}")
        self.bad(self.canary("rollback"), "Say --yes")
        self.assertEqual(self.tags(), [NEW, NEW, None, None])
        self.good(self.canary("rollback", "--yes"))
        self.assertEqual(self.tags(), [OLD, OLD, None, None])
        self.assertIn("nothing to roll back", self.good(self.canary("rollback", "--yes")).stderr)
        self.assertEqual(self.tags(), [OLD, OLD, None, None])

    def test_repeated(self):
        for _ in range(2):
            self.good(self.canary(*DEPLOY))
        for _ in range(2):
            self.good(self.canary("promote"))
        self.assertEqual(self.annotation("api", "previous-image"), f"dashly-api:{OLD}")
        self.bad(self.canary(*DEPLOY), "nothing to release")

    def test_rollback_of_a_canary_leaves_stable(self):
        self.good(self.canary(*DEPLOY))
        self.good(self.canary("rollback"))
        self.assertEqual(self.tags(), [OLD, OLD, None, None])
        self.assertEqual(self.state["stable_changes"], [])

    def test_one_service(self):
        self.good(self.canary(*DEPLOY, "--service", "genai-gateway"))
        self.assertEqual(self.tags(), [OLD, OLD, None, NEW])
        self.assertNotIn("Job/migrate", self.state["objects"])
        self.bad(self.canary("promote"), "api has no canary")
        self.good(self.canary("promote", "--service", "genai-gateway"))
        self.assertEqual(self.tags(), [OLD, NEW, None, None])

    def test_the_migration_comes_first_and_stops(self):
        self.new_cluster(stable=True, migration_fails=True)
        done = self.bad(self.canary(*DEPLOY), "step migrate failed")
        self.assertIn("column exists", done.stderr)
        self.assertEqual(self.tags(), [OLD, OLD, None, None])

    def test_canary_that_is_never_ready(self):
        self.new_cluster(stable=True, bad_tags=[NEW])
        self.bad(self.canary(*DEPLOY), "stable was not touched")
        self.bad(self.canary("promote"), "was never ready")
        self.assertEqual(self.state["stable_changes"], [])
        self.good(self.canary("rollback"))
        self.assertEqual(self.tags(), [OLD, OLD, None, None])

    def test_promotion_that_fails_goes_back(self):
        self.good(self.canary(*DEPLOY))
        self.state.update(bad_tags=[NEW])
        self.bad(self.canary("promote"), "stable runs the previous image again")
        self.assertEqual(self.tags(), [OLD, OLD, NEW, NEW])
        self.assertIsNone(self.annotation("api", "previous-image"))

    def test_rollback_names_the_tag(self):
        self.good(self.canary(*DEPLOY))
        self.good(self.canary("promote"))
        self.good(self.canary("rollback", "--yes", "--image-tag", "another"))
        self.assertEqual(self.tags(), [NEW, NEW, None, None])

    def test_weights(self):
        for weight, pods in (("25", 1), ("40", 2), ("50", 3), ("77", 10)):
            self.good(self.canary(*DEPLOY, "--service", "api", "--weight", weight))
            self.assertEqual(self.state["objects"]["Deployment/api-canary"]["spec"]["replicas"], pods)
            found = json.loads(self.good(self.canary("status", "--json", "--service", "api")).stdout)
            self.assertEqual(found["services"][0]["canary_percent"], round(100 * pods / (3 + pods), 1))
        self.new_cluster(stable=True)
        for weight in ("1", "19.9", "90"):
            self.bad(self.canary(*DEPLOY, "--service", "api", "--weight", weight), "docs/edge.md")
        self.assertIsNone(self.tag("api-canary"))

    def test_build(self):
        self.bad(self.canary("deploy", FAKE_DOCKER_FAILS="1"), "was not built")
        self.assertEqual(self.tags(), [OLD, OLD, None, None])
        self.good(self.canary("deploy", IMAGE_REGISTRY="registry.example/team"))
        image = self.state["objects"]["Deployment/api-canary"]["spec"]["template"]["spec"]["containers"][0]["image"]
        self.assertTrue(image.startswith("registry.example/team/dashly-api:"))
        log = (self.home / "log").read_text()
        self.assertIn(f"docker local push {image}", log)
        self.state.update(context="minikube")
        self.good(self.canary("deploy"))
        self.assertIn("docker tcp://minikube build", (self.home / "log").read_text())


class Status(ScriptTest):
    def test_only_pods_that_get_traffic_count(self):
        self.new_cluster(stable=True, extra_pods=[
            pod("api", "stable", "old", ending=True), pod("api", "canary", "starting", ready="False"),
            pod("api", "canary", "going", ending=True), pod("api", "canary", "good")])
        found = json.loads(self.good(self.canary("--json")).stdout)
        service = found["services"][1]
        self.assertEqual(service["service"], "api")
        self.assertEqual((service["stable"]["ready"], service["stable"]["terminating"]), (3, 1))
        self.assertEqual((service["canary"]["ready"], service["canary"]["not_ready"], service["canary"]["restarts"]), (1, 1, 12))
        self.assertEqual(service["canary_percent"], 25)
        self.assertIn("1 not ready, 1 ending, 12 restarts", self.good(self.canary()).stdout)

    def test_empty(self):
        text = self.good(self.canary("status")).stdout
        self.assertIn("no pod is ready", text)


class Killed:
    """Killed at every call, and repeated. A class for each choice of --service is below."""

    service = ""
    released: tuple = ()

    def setUp(self):
        super().setUp()
        self.new_cluster(stable=True)

    def command(self, *arguments, **environment):
        return lambda kill: self.canary(*arguments, "--service", self.service, kill_after=kill, **environment)

    def canary_is_ready(self):
        self.good(self.command(*DEPLOY)(None))

    def is_promoted(self):
        self.canary_is_ready()
        self.good(self.command("promote")(None))

    def untouched(self):
        self.assertEqual(self.state["stable_changes"], [])

    def at_end(self, stable, canary):
        def check():
            for service in ("api", "genai-gateway"):
                expected = (stable, canary) if service in self.released else (OLD, None)
                self.assertEqual((self.tag(service), self.tag(f"{service}-canary")), expected)
        return check

    def promoted_once(self):
        self.at_end(NEW, None)()
        for service in self.released:
            self.assertEqual(self.annotation(service, "previous-image"), f"dashly-{service}:{OLD}")
        self.assertEqual(sorted(self.state["stable_changes"]),
                         [[f"Deployment/{service}", f"dashly-{service}:{NEW}"] for service in sorted(self.released)])

    def test_deploy(self):
        def end():
            self.untouched()
            self.at_end(OLD, NEW)()
            for service in self.released:
                self.assertEqual(self.annotation(f"{service}-canary", "canary-state"), "ready")

        self.killed_everywhere(self.command(*DEPLOY, "--weight", "30"), self.untouched, end)

    def test_promote(self):
        self.canary_is_ready()
        self.killed_everywhere(self.command("promote"), lambda: None, self.promoted_once)

    def test_rollback_of_a_canary(self):
        self.canary_is_ready()
        self.killed_everywhere(self.command("rollback", "--image-tag", NEW), self.untouched, self.at_end(OLD, None))

    def test_rollback_after_promote(self):
        self.is_promoted()
        self.killed_everywhere(self.command("rollback", "--yes"), lambda: None, self.at_end(OLD, None))

    def test_half_a_promotion_is_rolled_back(self):
        self.canary_is_ready()
        self.killed_everywhere(self.command("promote"), lambda: None, self.at_end(OLD, None),
                               again=self.command("rollback", "--image-tag", NEW, "--yes"))

    def test_a_failing_deploy_is_rolled_back(self):
        self.state["bad_tags"] = [NEW]
        self.killed_everywhere(self.command(*DEPLOY), self.untouched, self.at_end(OLD, None), ends=1,
                               again=self.command("rollback"))


class KilledApi(Killed, ScriptTest):
    service, released = "api", ("api",)


class KilledGateway(Killed, ScriptTest):
    service, released = "genai-gateway", ("genai-gateway",)


class KilledBoth(Killed, ScriptTest):
    service, released = "both", ("api", "genai-gateway")

    # With one service it makes the same calls, fewer of them.
    def test_run(self):
        self.killed_everywhere(self.command("run", "--image-tag", NEW, FAKE_VERDICT="promote"), lambda: None, self.promoted_once)


class Run(ScriptTest):
    def setUp(self):
        super().setUp()
        self.new_cluster(stable=True)

    def test_promoted(self):
        self.good(self.canary("run", "--image-tag", NEW, "--context", "kind-test", "--", "--timeout", "5m", FAKE_VERDICT="promote"))
        self.assertEqual(self.tags(), [NEW, NEW, None, None])
        log = (self.home / "log").read_text()
        self.assertIn("--timeout 5m ", log)
        self.assertTrue(all(call[:2] == ["--context", "kind-test"] for call in self.cluster.calls if "namespace" in call))
        self.assertTrue((self.home / f".local/state/dashly/canary-dashly-api-{NEW}.json").exists())

    def test_rolled_back(self):
        done = self.canary("run", "--image-tag", NEW, "--service", "api", FAKE_VERDICT="bad")
        self.bad(done, "was not promoted", 10)
        self.assertEqual(self.tags(), [OLD, OLD, None, None])
        self.assertEqual(self.state["stable_changes"], [])

    def test_a_failed_deploy_does_not_undo_an_older_release(self):
        self.good(self.canary("deploy", "--image-tag", NEW))
        self.good(self.canary("promote"))
        self.state.update(migration_fails=True)
        self.bad(self.canary("run", "--image-tag", "v3", "--service", "api", FAKE_VERDICT="promote"), "was not promoted")
        self.assertEqual(self.tags(), [NEW, NEW, None, None])

    def test_nothing_to_release(self):
        done = self.good(self.canary("run", "--image-tag", OLD, FAKE_VERDICT="promote"))
        self.assertIn("nothing to release", done.stderr)
        self.assertEqual(self.tags(), [OLD, OLD, None, None])

    def test_no_dashly(self):
        self.bad(self.canary("run", "--image-tag", NEW, DASHLY_BIN="no-such-dashly"), "no-such-dashly is missing")


class Style(unittest.TestCase):
    def test_scripts_are_executable(self):
        for name in ("deploy-canary.sh",):
            self.assertTrue((PROJECT / "scripts" / name).stat().st_mode & 0o100)


if __name__ == "__main__":
    unittest.main()

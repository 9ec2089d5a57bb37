"""scripts/chaos-test.sh against a fake cluster, with the project's own manifests in it."""
import json
import signal

from harness import OLD, PROJECT, ScriptTest


class ChaosTest(ScriptTest):
    manifests, overlay = PROJECT / "k8s", "minikube"
    # What the installation leaves, made once for all these tests.
    installed = None

    def setUp(self):
        super().setUp()
        self.environment |= {"RECOVERY_TIMEOUT": "1", "PROBES": "5"}
        if ChaosTest.installed is None:
            self.good(self.minikube("apply", "--image-tag", OLD))
            ChaosTest.installed = self.cluster.snapshot()
        self.cluster.go_back(self.installed)

    def report(self):
        return json.loads((self.home / "results" / "report.json").read_text(encoding="utf-8"))

    def broken(self):
        """The names of what did not hold."""
        return [check["name"] for fault in self.report()["faults"] for check in fault["checks"] if not check["good"]]

    def restored(self):
        """Nothing of a fault is left, and every Service selects what it did."""
        self.assertEqual(self.state["objects"].keys(), self.installed["objects"].keys())
        for name in ("api", "genai-gateway"):
            service = self.state["objects"][f"Service/{name}"]
            self.assertEqual(service["spec"]["selector"], {"app": name})
            self.assertEqual(service["metadata"].get("annotations", {}), {})


class Use(ScriptTest):
    def test_wrong_use(self):
        self.bad(self.chaos(), "say what to do", 2)
        self.bad(self.chaos("explode"), "unknown verb explode", 2)
        self.bad(self.chaos("pod-kill", "--explode"), "unknown option", 2)
        self.bad(self.chaos("pod-kill", "--service", "web"), "none of api", 2)
        self.bad(self.chaos("db-restart", "--service", "genai-gateway"), "only known for", 2)
        self.bad(self.chaos("latency", "--delay-ms", "-1"), "--delay-ms", 2)
        self.assertIn("MAX_FAILED_PERCENT", self.good(self.chaos("--help")).stdout)
        self.assertEqual(self.cluster.calls, [])

    def test_nothing_there(self):
        self.bad(self.chaos("report"), "no report")
        self.bad(self.chaos("pod-kill"), "there is no namespace dashly")
        self.bad(self.chaos("pod-kill", "--namespace", "elsewhere"), "there is no namespace elsewhere")
        self.new_cluster(unreachable=True)
        self.bad(self.chaos("all"), "does not answer")


class Faults(ChaosTest):
    def test_all(self):
        self.environment |= {"MAX_FAILED_PERCENT": "0", "FAULT_ITERATIONS": "7"}
        self.state["proxy_seconds"] = 0.2
        self.good(self.chaos("all", "--service", "both"))
        report = self.report()
        self.assertEqual(report["verdict"], "pass")
        self.assertEqual([(fault["fault"], fault["service"]) for fault in report["faults"]], [
            ("pod-kill", "api"), ("pod-kill", "genai-gateway"), ("latency", "api"), ("latency", "genai-gateway"),
            ("db-restart", "api")])
        self.assertEqual(self.state["killed_pods"], ["api-0", "genai-gateway-0", "postgres-0"])
        proxy = self.cluster.seen["Deployment/chaos-proxy-api"]["spec"]["template"]["spec"]["containers"][0]
        self.assertIn({"name": "EDGE_DELAY_MS", "value": "200"}, proxy["env"])
        self.assertEqual(proxy["image"], f"dashly-api:{OLD}")
        load = self.cluster.seen["Job/chaos-load"]["spec"]["template"]["spec"]["containers"][0]
        self.assertIn({"name": "LOAD_ITERATIONS", "value": "100"}, load["env"])
        self.assertIn({"name": "LOAD_WORKERS", "value": "10"}, load["env"])
        # Before, during and after each fault of the API; delayed only while the fault lasts.
        self.assertEqual([place for _, place in self.state["load_log"]], 4 * ["direct"] + ["delayed"] + 4 * ["direct"])
        self.restored()
        shown = self.good(self.chaos("report"))
        self.assertIn("PASS", shown.stdout)
        self.assertIn("latency of genai-gateway: pass", shown.stdout)
        self.assertEqual(json.loads(self.good(self.chaos("report", "--json")).stdout), report)

    def test_no_steady_state_no_fault(self):
        for load, verb in (("one failed", "pod-kill"), ("slow", "latency"), ("lost", "db-restart")):
            with self.subTest(load=load, verb=verb):
                self.cluster.go_back(self.installed)
                self.state["loads"] = [load]
                self.assertEqual(self.chaos(verb).returncode, 1)
                self.assertEqual(self.state["killed_pods"], [])
                self.assertEqual(len(self.broken()), 1)
                self.restored()
        self.bad(self.chaos("report"), "")

    def test_broken_during(self):
        for verb in ("pod-kill", "latency"):
            with self.subTest(verb=verb):
                self.cluster.go_back(self.installed)
                self.state["loads"] = ["good", "failed"]
                self.assertEqual(self.chaos(verb).returncode, 1)
                self.assertTrue(any("of the requests failed (400 of 2000)" in name for name in self.broken()), self.broken())
                self.restored()

    def test_requests_may_fail_without_a_database_but_nothing_is_lost(self):
        self.state["loads"] = ["good", "failed"]
        self.good(self.chaos("db-restart"))
        self.cluster.go_back(self.installed)
        self.state["loads"] = ["good", "lost"]
        self.assertEqual(self.chaos("db-restart").returncode, 1)
        self.assertEqual(self.broken(), ["during: every acknowledged row is stored"])

    def test_no_recovery(self):
        for verb in ("pod-kill", "db-restart"):
            with self.subTest(verb=verb):
                self.cluster.go_back(self.installed)
                self.state["never_recovers"] = True
                self.assertEqual(self.chaos(verb).returncode, 1)
                self.assertIn("ready again within 1 s", self.broken()[0])

    def test_not_steady_afterwards(self):
        self.state["loads"] = ["good", "good", "one failed"]
        self.assertEqual(self.chaos("pod-kill").returncode, 1)
        self.assertEqual(self.broken(), ["after: no request failed (1 of 2000)"])

    def test_a_delay_that_nobody_sees_proves_nothing(self):
        self.state["loads"] = ["good", "one failed"]
        self.assertEqual(self.chaos("latency").returncode, 1)
        self.assertIn("the delay is seen", self.broken()[0])

    def test_a_load_that_ended_too_early_proves_nothing(self):
        self.state["load_looks"] = 1
        self.assertEqual(self.chaos("pod-kill").returncode, 1)
        self.assertEqual(self.broken(), ["during: the load lasted longer than the fault (FAULT_ITERATIONS)"])

    def test_a_gateway_that_does_not_answer(self):
        self.state["failing_probes"] = 1
        self.assertEqual(self.chaos("pod-kill", "--service", "genai-gateway").returncode, 1)
        self.assertEqual(self.state["killed_pods"], [])
        self.state["failing_probes"] = 0
        self.good(self.chaos("pod-kill", "--service", "genai-gateway"))


class Killed(ChaosTest):
    """Killed at every call to the cluster. The next run begins with what `cleanup` does."""

    def check(self, verb, service):
        self.state["proxy_seconds"] = 0.2
        self.killed_everywhere(lambda kill: self.chaos(verb, "--service", service, kill_after=kill), lambda: None, self.restored,
                               again=lambda _: self.chaos("cleanup"))

    def test_pod_kill(self):
        self.check("pod-kill", "api")

    def test_db_restart(self):
        self.check("db-restart", "api")

    def test_latency(self):
        self.check("latency", "api")

    def test_latency_of_the_gateway(self):
        self.check("latency", "genai-gateway")

    def killed_while_it_delays(self):
        patched = next(number for number, call in enumerate(self.calls_of_a_run(), 1) if "patch" in call)
        self.cluster.go_back(self.installed)
        self.assertEqual(self.chaos("latency", kill_after=patched).returncode, -9)
        self.assertEqual(self.state["objects"]["Service/api"]["spec"]["selector"], {"app": "chaos-proxy-api"})

    def test_told_to_stop_it_undoes_everything(self):
        patched = next(number for number, call in enumerate(self.calls_of_a_run(), 1) if "patch" in call)
        for sent, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with self.subTest(signal=sent.name):
                self.cluster.go_back(self.installed)
                self.cluster.kill_signal = sent
                done = self.chaos("latency", kill_after=patched)
                self.assertIn("selects its own pods again", done.stderr)
                self.assertEqual(done.returncode, status, done.stderr)
                self.restored()

    def calls_of_a_run(self):
        self.cluster.go_back(self.installed)
        self.good(self.chaos("latency"))
        return list(self.cluster.calls)

    def test_the_next_run_passes(self):
        self.killed_while_it_delays()
        self.assertEqual(self.report()["verdict"], "unfinished")
        self.assertEqual(self.chaos("report").returncode, 1)
        self.good(self.chaos("latency"))
        self.assertEqual(self.report()["verdict"], "pass")
        self.restored()

    def test_cleanup(self):
        self.killed_while_it_delays()
        self.killed_everywhere(lambda kill: self.chaos("cleanup", kill_after=kill), lambda: None, self.restored)

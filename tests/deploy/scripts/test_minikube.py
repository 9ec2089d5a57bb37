"""scripts/deploy-minikube.sh against a fake cluster."""
import unittest

from harness import NEW, OLD, ScriptTest


class Install(ScriptTest):
    def test_wrong_use(self):
        self.bad(self.minikube("explode"), "unknown verb explode", 2)
        self.assertIn("teardown", self.good(self.minikube("--help")).stdout)
        self.new_cluster(unreachable=True)
        self.bad(self.minikube("apply", "--image-tag", OLD), "does not answer")

    def test_install_upgrade_rollback_teardown(self):
        first = self.good(self.minikube("deploy", "--image-tag", OLD))
        secrets = self.state()["objects"]["Secret/dashly-secrets"]["stringData"]
        self.assertEqual(len(set(secrets.values())), 5)
        for value in filter(None, secrets.values()):
            self.assertNotIn(value, first.stdout + first.stderr)
        self.good(self.minikube("apply", "--image-tag", NEW))
        self.assertEqual(self.state()["objects"]["Secret/dashly-secrets"]["stringData"], secrets)
        self.assertEqual(self.tags(), [NEW, NEW, None, None])
        self.good(self.canary("rollback", "--yes"))
        self.assertEqual(self.tags(), [OLD, OLD, None, None])
        self.bad(self.minikube("teardown"), "Say --yes")
        for _ in range(2):
            self.good(self.minikube("teardown", "--yes"))
        self.assertEqual(self.state()["namespaces"], [])

    def test_failures_stop(self):
        self.new_cluster(stable=True, migration_fails=True)
        self.bad(self.minikube("apply", "--image-tag", NEW), "step migrate failed")
        self.assertEqual(self.tags(), [OLD, OLD, None, None])
        self.new_cluster(stable=True, bad_tags=[NEW])
        self.bad(self.minikube("apply", "--image-tag", NEW), "step genai-gateway")
        self.assertEqual(self.tag("api"), OLD)

    def test_not_beside_a_canary(self):
        self.new_cluster(stable=True)
        self.good(self.canary("deploy", "--image-tag", NEW))
        self.bad(self.minikube("apply", "--image-tag", NEW), "has a canary")
        self.assertEqual(self.state()["stable_changes"], [])


class Killed(ScriptTest):
    def test_apply(self):
        self.killed_everywhere(self.new_cluster, lambda kill: self.minikube("apply", "--image-tag", NEW, kill=kill), lambda: None,
                               lambda: self.assertEqual(self.tags(), [NEW, NEW, None, None]))


if __name__ == "__main__":
    unittest.main()

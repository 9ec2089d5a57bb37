"""scripts/deploy-minikube.sh against a fake cluster."""
import base64
import unittest

from harness import NEW, OLD, ScriptTest

SECRETS = {"DB_PASSWORD", "JWT_SECRET", "ADMIN_PASSWORD", "GATEWAY_TOKEN", "REDIS_URL", "ANTHROPIC_API_KEY"}


class Install(ScriptTest):
    def test_wrong_use(self):
        self.bad(self.minikube("explode"), "unknown verb explode", 2)
        self.assertIn("there is no namespace dashly", self.good(self.minikube()).stderr)
        self.assertIn("teardown", self.good(self.minikube("--help")).stdout)
        self.new_cluster(unreachable=True)
        self.bad(self.minikube("apply", "--image-tag", OLD), "does not answer")

    def test_install_upgrade_rollback_teardown(self):
        first = self.good(self.minikube("deploy", "--image-tag", OLD))
        self.assertNotIn("there is no namespace", first.stderr)
        secrets = self.secret()
        self.assertEqual(set(secrets), SECRETS)
        self.assertEqual(len(set(secrets.values())), len(SECRETS))
        self.assertEqual(secrets["ANTHROPIC_API_KEY"], " ")
        self.assertRegex(secrets["REDIS_URL"], "^redis://:[0-9a-f]{48}@redis:6379$")
        for value in filter(str.strip, secrets.values()):
            self.assertNotIn(value, first.stdout + first.stderr)
        self.good(self.minikube("apply", "--image-tag", NEW))
        self.assertEqual(self.secret(), secrets)
        self.assertEqual(self.tags(), [NEW, NEW, None, None])
        self.good(self.canary("rollback", "--yes"))
        self.assertEqual(self.tags(), [OLD, OLD, None, None])
        self.bad(self.minikube("teardown"), "Say --yes")
        for _ in range(2):
            self.good(self.minikube("teardown", "--yes"))
        self.assertEqual(self.state["namespaces"], [])

    def test_secrets_are_kept_and_completed(self):
        self.new_cluster(stable=True)
        old = {"DB_PASSWORD": "a-password-of-long-ago", "ADMIN_PASSWORD": "of-mine", "ANTHROPIC_API_KEY": " ", "EXTRA": "x"}
        self.state["objects"]["Secret/dashly-secrets"] = {"kind": "Secret", "metadata": {"name": "dashly-secrets"}, "data": {
            name: base64.b64encode(value.encode()).decode() for name, value in old.items()}}
        done = self.good(self.minikube("apply", "--image-tag", NEW, ANTHROPIC_API_KEY="sk-key"))
        secrets = self.secret()
        self.assertEqual(set(secrets), SECRETS | {"EXTRA"})
        self.assertEqual({name: secrets[name] for name in old}, {**old, "ANTHROPIC_API_KEY": "sk-key"})
        for arguments in self.cluster.calls:
            for value in secrets.values():
                self.assertFalse(value.strip() and len(value) > 3 and any(value in word for word in arguments), arguments)
        for name in SECRETS - {"DB_PASSWORD"}:
            self.assertNotIn(secrets[name], done.stdout + done.stderr)
        self.good(self.minikube("apply", "--image-tag", NEW, ANTHROPIC_API_KEY="sk-another"))
        self.assertEqual(self.secret(), secrets)

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
        before = self.cluster.world()
        self.bad(self.minikube("apply", "--image-tag", NEW), "api and genai-gateway: a canary is running")
        self.assertEqual(self.cluster.world(), before)


class Killed(ScriptTest):
    def test_apply(self):
        def end():
            self.assertEqual(self.tags(), [NEW, NEW, None, None])
            self.assertEqual(set(self.secret()), SECRETS)

        self.killed_everywhere(lambda kill: self.minikube("apply", "--image-tag", NEW, kill_after=kill), lambda: None, end)


if __name__ == "__main__":
    unittest.main()

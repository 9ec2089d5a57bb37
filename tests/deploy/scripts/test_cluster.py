"""scripts/test-cluster against a fake cluster: whether its parts hold, and whether they can fail."""
from harness import NEW, OLD, PROJECT, ScriptTest

TAGS = ("--first-tag", OLD, "--second-tag", NEW)
PARTS = ("rollout", "good", "errors", "slow", "crash-loop", "no-traffic", "memory", "killed")


class TestCluster(ScriptTest):
    manifests, overlay = PROJECT / "k8s", "minikube"

    def setUp(self):
        super().setUp()
        self.environment |= {"KUBECONFIG": "/a/file", "FAKE_VERDICT": "auto"}

    def run_parts(self, *arguments, **environment):
        return self.script("test-cluster", *arguments, **environment)

    def test_no_cluster_is_one_line(self):
        done = self.bad(self.run_parts(KUBECONFIG=""), "nothing was tested")
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.bad(self.run_parts("explode"), "unknown part", 2)
        self.bad(self.run_parts("--first-tag", OLD), "belong together", 2)
        self.new_cluster(namespaces=["dashly"])
        self.bad(self.run_parts("--namespace", "dashly", *TAGS), "namespace dashly exists")
        self.assertEqual(self.state["namespaces"], ["dashly"])
        self.new_cluster(unreachable=True)
        self.bad(self.run_parts(*TAGS), "does not answer")

    def test_all(self):
        done = self.good(self.run_parts(*TAGS))
        self.assertEqual([line.split()[-1] for line in done.stdout.splitlines() if "hold" in line or "NOT" in line], list(PARTS))
        self.assertIn("NOT TESTED    memory", done.stdout)
        self.assertIn("killed 7 times", done.stderr)
        self.assertEqual(self.state["namespaces"], [])

    def test_every_part_can_fail(self):
        for parts, environment, loads in (
                (("rollout",), {}, ["one failed"]), (("rollout",), {}, ["lost"]), (("good", "killed"), {"FAKE_VERDICT": "bad"}, []),
                (("errors", "slow", "crash-loop", "no-traffic"), {"FAKE_VERDICT": "promote"}, [])):
            with self.subTest(parts=parts, loads=loads):
                self.new_cluster(loads=list(loads))
                done = self.run_parts(*TAGS, *parts, **environment)
                self.assertEqual(done.returncode, 1, done.stderr)
                for part in parts:
                    self.assertIn(f"DOES NOT HOLD {part}\n", done.stdout)
                self.assertEqual(self.state["namespaces"], [])

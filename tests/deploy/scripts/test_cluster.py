"""scripts/test-cluster against a fake cluster: whether its parts hold, and whether they can fail."""
import re

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

    def test_images_are_built_and_one_of_them_leaks(self):
        done = self.good(self.run_parts("memory", "no-traffic"))
        self.assertIn("holds         memory\n", done.stdout)
        log = (self.home / "log").read_text().splitlines()
        features = dict(re.search(r" --tag (\S+) .* FEATURES=(\S*) ", line).groups() for line in log if " build " in line)
        self.assertEqual(5, len(features))
        for image, asked in features.items():
            leaks = re.fullmatch(r"dashly-api:\S+-leaking", image)
            self.assertEqual("dashly-cli/leak-memory" if leaks else "", asked)
        (self.home / "log").unlink()
        self.new_cluster()
        self.good(self.run_parts("no-traffic"))
        self.assertNotIn("leak", (self.home / "log").read_text())

    def test_every_part_can_fail(self):
        for parts, environment, loads in (
                (("rollout",), {}, ["one failed"]), (("rollout",), {}, ["lost"]), (("good", "killed"), {"FAKE_VERDICT": "bad"}, []),
                (("errors", "slow", "crash-loop", "no-traffic"), {"FAKE_VERDICT": "promote"}, []),
                (("--leaking-tag", "v3-leaking", "memory"), {"FAKE_VERDICT": "promote"}, [])):
            with self.subTest(parts=parts, loads=loads):
                self.new_cluster(loads=list(loads))
                done = self.run_parts(*TAGS, *parts, **environment)
                self.assertEqual(done.returncode, 1, done.stderr)
                for part in set(parts) & set(PARTS):
                    self.assertIn(f"DOES NOT HOLD {part}\n", done.stdout)
                self.assertEqual(self.state["namespaces"], [])

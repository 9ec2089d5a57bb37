"""Runs a deployment script against the fake programs, and reads what became of the cluster."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
OLD, NEW = "v1", "v2"
FAKE_PROGRAMS = {"docker": "fake_docker.sh", "minikube": "fake_minikube.sh", "dashly": "fake_dashly.py"}


def deployment(name, tag, replicas, annotations=None):
    service = name.removesuffix("-canary")
    return {"kind": "Deployment", "metadata": {"name": name, "annotations": annotations or {}},
            "spec": {"replicas": replicas, "template": {"spec": {"containers": [
                {"name": service, "image": f"dashly-{service}:{tag}", "env": [{"name": "APP_VERSION", "value": tag}]}]}}}}


class ScriptTest(unittest.TestCase):
    """A test has a folder of its own with the fake programs on its PATH and one fake cluster."""

    @classmethod
    def setUpClass(cls):
        real = shutil.which("kubectl")
        if real is None:
            raise unittest.SkipTest("kubectl is missing: it renders the manifests, without any cluster")
        cls.real_kubectl = real
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="dashly-scripts."))
        cls.programs = cls.folder / "programs"
        cls.programs.mkdir()
        (cls.programs / "kubectl").symlink_to(HERE / "fake_kubectl.py")
        for name, file in FAKE_PROGRAMS.items():
            (cls.programs / name).symlink_to(HERE / file)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        self.file = self.home / "cluster.json"
        self.environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": str(self.home), "TMPDIR": str(self.folder),
            "FAKE_CLUSTER": str(self.file), "FAKE_LOG": str(self.home / "log"), "REAL_KUBECTL": self.real_kubectl,
            "MANIFESTS": str(HERE / "manifests"), "OVERLAY": "test", "POLL_SECONDS": "0", "DEPLOY_TEST": "1",
        }
        self.new_cluster()

    def new_cluster(self, **changes):
        """An empty cluster; `stable=True` has both services of OLD in it."""
        stable = changes.pop("stable", False)
        state = {"calls": [], "objects": {}, "namespaces": [], "bad_tags": [], "migration_fails": False, "unreachable": False,
                 "extra_pods": [], "stable_changes": [], "context": "kind-test"}
        if stable:
            state["namespaces"] = ["dashly"]
            for thing in (deployment("api", OLD, 3), deployment("genai-gateway", OLD, 2)):
                state["objects"][f"Deployment/{thing['metadata']['name']}"] = thing
        state.update(changes)
        self.file.write_text(json.dumps(state))

    def state(self):
        return json.loads(self.file.read_text())

    def change(self, **changes):
        self.file.write_text(json.dumps({**self.state(), **changes}))

    def script(self, name, *arguments, kill=None, **environment):
        environment = {**self.environment, **environment}
        if kill:
            environment["FAKE_KILL_AT"] = kill
        # A process group of its own: the fake kills all of it, as a lost connection or a power cut would.
        return subprocess.run([str(PROJECT / "scripts" / name), *arguments], env=environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, start_new_session=True, timeout=60, check=False)

    def canary(self, *arguments, **options):
        return self.script("deploy-canary.sh", *arguments, **options)

    def minikube(self, *arguments, **options):
        return self.script("deploy-minikube.sh", *arguments, **options)

    def good(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def bad(self, done, text, status=1):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(text, done.stderr)
        return done

    def tag(self, name):
        thing = self.state()["objects"].get(f"Deployment/{name}")
        if thing is None:
            return None
        container = thing["spec"]["template"]["spec"]["containers"][0]
        tag = container["image"].rsplit(":", 1)[-1]
        self.assertEqual(container["env"], [{"name": "APP_VERSION", "value": tag}], "the program reports another version")
        return tag

    def tags(self):
        """Of stable api, stable gateway, canary api, canary gateway."""
        return [self.tag(name) for name in ("api", "genai-gateway", "api-canary", "genai-gateway-canary")]

    def annotation(self, name, key):
        return self.state()["objects"][f"Deployment/{name}"]["metadata"].get("annotations", {}).get(f"dashly.dev/{key}")

    def killed_everywhere(self, prepare, command, check_between, check_end):
        """Kills the command at every call to kubectl, before and after its effect, and repeats it."""
        prepare()
        self.file.write_text(json.dumps({**self.state(), "calls": []}))
        self.good(command(None))
        calls = len(self.state()["calls"])
        self.assertGreater(calls, 3)
        for number in range(1, calls + 1):
            for moment in ("before", "after"):
                with self.subTest(call=number, moment=moment):
                    prepare()
                    self.file.write_text(json.dumps({**self.state(), "calls": []}))
                    done = command(f"{number}:{moment}")
                    self.assertEqual(done.returncode, -9, done.stderr)
                    check_between()
                    self.good(command(None))
                    check_end()

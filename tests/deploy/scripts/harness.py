"""Runs a deployment script against the fake programs, and reads what became of the cluster."""
import base64
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from fake_cluster import Cluster, Server

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
OLD, NEW = "v1", "v2"
FAKE_PROGRAMS = {"kubectl": "fake_kubectl.sh", "docker": "fake_docker.sh", "minikube": "fake_minikube.sh",
                 "dashly": "fake_dashly.sh"}


def deployment(name, tag, replicas, annotations=None):
    service = name.removesuffix("-canary")
    return {"kind": "Deployment", "metadata": {"name": name, "labels": {"app": service}, "annotations": annotations or {}},
            "spec": {"replicas": replicas, "template": {"spec": {"containers": [
                {"name": service, "image": f"dashly-{service}:{tag}", "env": [{"name": "APP_VERSION", "value": tag}]}]}}}}


class ScriptTest(unittest.TestCase):
    """A test has a folder of its own with the fake programs on its PATH and one fake cluster."""

    manifests, overlay = HERE / "manifests", "test"

    @classmethod
    def setUpClass(cls):
        cls.real_kubectl = shutil.which("kubectl")
        if cls.real_kubectl is None or shutil.which("jq") is None:
            raise RuntimeError("kubectl or jq is missing: scripts/install-test-tools says how to install them")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="dashly-scripts."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.programs = cls.folder / "programs"
        cls.programs.mkdir()
        for name, file in FAKE_PROGRAMS.items():
            (cls.programs / name).symlink_to(HERE / file)

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        self.cluster = Cluster(self.folder, self.real_kubectl)
        self.addCleanup(lambda: self.assertEqual(self.cluster.errors, []))
        server = Server(self.cluster)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": str(self.home), "TMPDIR": str(self.home),
            "FAKE_CLUSTER": str(server.server_address[1]), "FAKE_LOG": str(self.home / "log"),
            "MANIFESTS": str(self.manifests), "OVERLAY": self.overlay, "POLL_SECONDS": "0",
            "RESULTS_FOLDER": str(self.home / "results"),
        }

    def new_cluster(self, **changes):
        """An empty cluster; `stable=True` has both services of OLD in it."""
        stable = changes.pop("stable", False)
        self.cluster.clear(**changes)
        if stable:
            self.state["namespaces"] = ["dashly"]
            for thing in (deployment("api", OLD, 3), deployment("genai-gateway", OLD, 2)):
                self.state["objects"][f"Deployment/{thing['metadata']['name']}"] = thing

    @property
    def state(self):
        return self.cluster.state

    def script(self, name, *arguments, kill_after=None, **environment):
        """Runs a script. With `kill_after=N` its process group is killed when its N-th call to the cluster is done, with
        0 when it makes the first one."""
        self.cluster.kill_after = kill_after
        # A process group of its own: the fake kills all of it, as a lost connection or a power cut would.
        return subprocess.run([str(PROJECT / "scripts" / name), *arguments], env={**self.environment, **environment},
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, start_new_session=True, timeout=120,
                              check=False)

    def canary(self, *arguments, **options):
        return self.script("deploy-canary.sh", *arguments, **options)

    def minikube(self, *arguments, **options):
        return self.script("deploy-minikube.sh", *arguments, **options)

    def chaos(self, *arguments, **options):
        return self.script("chaos-test.sh", *arguments, **options)

    def good(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def bad(self, done, text, status=1):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(text, done.stderr)
        return done

    def tag(self, name):
        thing = self.state["objects"].get(f"Deployment/{name}")
        if thing is None:
            return None
        container = thing["spec"]["template"]["spec"]["containers"][0]
        tag = container["image"].rsplit(":", 1)[-1]
        self.assertIn({"name": "APP_VERSION", "value": tag}, container["env"], "the program reports another version")
        return tag

    def tags(self):
        """Of stable api, stable gateway, canary api, canary gateway."""
        return [self.tag(name) for name in ("api", "genai-gateway", "api-canary", "genai-gateway-canary")]

    def annotation(self, name, key):
        return self.state["objects"][f"Deployment/{name}"]["metadata"].get("annotations", {}).get(f"dashly.dev/{key}")

    def secret(self):
        data = self.state["objects"]["Secret/dashly-secrets"]["data"]
        return {name: base64.b64decode(value).decode() for name, value in data.items()}

    def killed_everywhere(self, command, check_between, check_end, again=None, ends=0):
        """Kills the command at every call to the cluster and repeats it (or runs `again`), from the state that is there now.

        Killed before the first call, and after the effect of each. What is then in the cluster and in the files that the
        script keeps decides what the repetition does: where a call left both as they were, being killed after it is being
        killed after the one before. `ends` is the exit status of the command that nobody kills.
        """
        begin, left = self.cluster.snapshot(), []
        self.cluster.go_back(begin)
        self.clear_files()
        self.cluster.after_call = lambda: left.append(self.left())
        left.append(self.left())
        done = command(None)
        self.cluster.after_call = lambda: None
        self.assertEqual(done.returncode, ends, done.stderr)
        self.assertEqual(len(left), len(self.cluster.calls) + 1)
        moments = [number for number in range(len(left)) if number == 0 or left[number] != left[number - 1]]
        self.assertGreater(len(moments), 1)
        for number in moments:
            with self.subTest(killed_after_call=number):
                self.cluster.go_back(begin)
                self.clear_files()
                done = command(number)
                self.assertEqual(done.returncode, -9, done.stderr)
                check_between()
                self.good((again or command)(None))
                check_end()

    def left(self):
        """What a script that is killed now leaves: the cluster, and its files."""
        files = {str(file): file.read_text(encoding="utf-8") for folder in self.kept_folders() for file in folder.rglob("*")
                 if file.is_file()}
        return self.cluster.world(), files

    def kept_folders(self):
        return self.home / ".local", self.home / "results"

    def clear_files(self):
        for folder in self.kept_folders():
            shutil.rmtree(folder, ignore_errors=True)

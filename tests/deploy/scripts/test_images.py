"""make-env; the scripts for images, with a fake Docker and without one."""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[3]
# What the scripts call before they look for Docker.
PROGRAMS = ("bash", "cat", "dirname", "git", "readlink")


class MakeEnv(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dashly-make-env.")
        self.addCleanup(folder.cleanup)
        self.project = pathlib.Path(folder.name)
        for name in ("scripts/make-env", "scripts/lib/secrets.sh"):
            (self.project / name).parent.mkdir(exist_ok=True)
            shutil.copy(PROJECT / name, self.project / name)
        self.file = self.project / ".env"

    def run_it(self, **variables):
        return subprocess.run([self.project / "scripts/make-env"], env={"PATH": os.environ["PATH"], **variables},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)

    def values(self):
        lines = [line for line in self.file.read_text().splitlines() if not line.startswith("#")]
        return dict(line.split("=", 1) for line in lines)

    def test_it_makes_random_secrets_for_its_owner_only(self):
        self.assertEqual(0, self.run_it().returncode)
        first = self.values()
        self.assertEqual(0o600, stat.S_IMODE(self.file.stat().st_mode))
        self.assertEqual("", first.pop("ANTHROPIC_API_KEY"))
        self.file.unlink()
        self.assertEqual(0, self.run_it().returncode)
        second = self.values()
        secrets = [*first.values(), *(second[name] for name in first)]
        self.assertEqual(12, len(set(secrets)), "six secrets, new each time")
        for secret in secrets:
            self.assertRegex(secret, r"^[0-9a-f]{48}$")
        self.assertEqual([".env", "scripts"], sorted(os.listdir(self.project)))

    def test_every_needed_value_is_made_and_explained(self):
        self.run_it()
        needed = set(re.findall(r"\$\{([A-Z_]+):\?", (PROJECT / "docker-compose.yml").read_text()))
        self.assertEqual(needed | {"ANTHROPIC_API_KEY"}, set(self.values()))
        explained = set(re.findall(r"^(?:# )?([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
        self.assertLessEqual(set(self.values()), explained)

    def test_what_exists_is_kept(self):
        for make in (lambda: self.file.write_text("ours"), lambda: self.file.symlink_to("nowhere")):
            make()
            refused = self.run_it()
            self.assertEqual(1, refused.returncode)
            self.assertIn(".env exists and is kept", refused.stderr)
            self.assertEqual(1, len(refused.stderr.splitlines()))
            if self.file.is_symlink():
                self.assertFalse((self.project / "nowhere").exists())
            else:
                self.assertEqual("ours", self.file.read_text())
            self.file.unlink()

    def test_the_providers_key_is_taken_and_never_shown(self):
        made = self.run_it(ANTHROPIC_API_KEY="key-of-ours-1,key-of-ours-2")
        self.assertEqual("key-of-ours-1,key-of-ours-2", self.values()["ANTHROPIC_API_KEY"])
        self.assertNotIn("key-of-ours", made.stdout + made.stderr)
        self.file.unlink()
        refused = self.run_it(ANTHROPIC_API_KEY="key-of-ours\nADMIN_PASSWORD=known")
        self.assertEqual(1, refused.returncode)
        self.assertFalse(self.file.exists())
        self.assertNotIn("key-of-ours", refused.stdout + refused.stderr)


class Images(unittest.TestCase):
    FILES = ("etc/group", "etc/nsswitch.conf", "etc/passwd", "etc/ssl/certs/ca-certificates.crt", "usr/share/zoneinfo/UTC",
             "usr/share/zoneinfo/Europe/Berlin", "usr/share/zoneinfo/America/New_York", "usr/share/zoneinfo/Asia/Kolkata",
             "usr/share/zoneinfo/Pacific/Apia", "data/")
    OWN = {"dashly-api": ("dashly", "etc/dashly/tests.json", "etc/dashly/team-kpis.json"),
           "dashly-genai-gateway": ("dashly-genai-gateway",)}

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dashly-images.")
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        (self.home / "docker").symlink_to(pathlib.Path(__file__).with_name("fake_docker.sh"))
        for image, own in self.OWN.items():
            for name in (*self.FILES, *own):
                self.add(image, name)
            self.describe(image)

    def add(self, image, name, size=1):
        path = self.home / image / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_bytes(b"x" * size)

    def describe(self, image, user="65532:65532"):
        config = {"User": user, "Healthcheck": {"Test": ["CMD", f"/{image}", "healthcheck"]}, "Env": ["APP_VERSION=v9"],
                  "Labels": {"org.opencontainers.image.version": "v9", "org.opencontainers.image.revision": "0" * 40}}
        (self.home / f"{image}.json").write_text(json.dumps([{"Config": config}]))

    def run_it(self, script, *arguments):
        (self.home / "log").write_text("")
        environment = {"PATH": f"{self.home}:{os.environ['PATH']}", "FAKE_LOG": str(self.home / "log"),
                       "FAKE_IMAGES": str(self.home), "TMPDIR": str(self.home)}
        return subprocess.run([PROJECT / "scripts" / script, *arguments], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)

    def refused(self, words):
        done = self.run_it("test-images", "--tag", "v9")
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn(words, done.stderr.splitlines()[-1])

    def test_good_images_get_as_far_as_compose(self):
        self.refused("docker compose up")

    def test_what_an_image_must_hold(self):
        for image in self.OWN:
            for name, words in [("usr/share/zoneinfo/Europe/Berlin", "has no time zone Europe/Berlin"),
                                ("etc/ssl/certs/ca-certificates.crt", "holds other files than it should")]:
                with self.subTest(image=image, name=name):
                    (self.home / image / name).unlink()
                    self.refused(f"{image} {words}")
                    self.add(image, name)

    def test_what_an_image_must_not_be(self):
        self.describe("dashly-genai-gateway", user="root")
        self.refused("dashly-genai-gateway: user, health check, version or revision is not as it should be")
        self.add("dashly-genai-gateway", "dashly-genai-gateway", 20_000_000)
        self.refused("dashly-genai-gateway has 20.0 MB, allowed are 20.0 MB")
        self.add("dashly-api", "bin/sh")
        self.refused("dashly-api holds other files than it should: bin/sh")

    def test_which_images_are_built(self):
        def built(*arguments):
            done = self.run_it("build-images", *arguments)
            self.assertEqual(0, done.returncode, done.stderr)
            log = [line for line in (self.home / "log").read_text().splitlines() if " build " in line]
            return [re.search(r"--tag (\S+) .* FEATURES=(\S*) ", line).groups() for line in log]

        self.assertEqual([("dashly-api:v9", ""), ("dashly-genai-gateway:v9", "")], built("v9"))
        self.assertEqual([("dashly-api:v9-leaking", "dashly-cli/leak-memory")], built("--leaking", "v9"))
        self.assertEqual(2, self.run_it("build-images", "--leek").returncode)


class WithoutDocker(unittest.TestCase):
    def test_the_scripts_say_so_in_one_line(self):
        with tempfile.TemporaryDirectory(prefix="dashly-no-docker.") as folder:
            for program in PROGRAMS:
                os.symlink(shutil.which(program), pathlib.Path(folder) / program)
            for script in ("build-images", "test-images"):
                told = subprocess.run([PROJECT / "scripts" / script], env={"PATH": folder}, stdin=subprocess.DEVNULL,
                                      capture_output=True, text=True, timeout=20, check=False)
                self.assertEqual(2, told.returncode, told.stderr)
                self.assertRegex(told.stderr, rf"^{script}: Docker is missing[^\n]*\n$")


if __name__ == "__main__":
    unittest.main()

"""scripts/lint-scripts: finds mistakes wherever scripts lie, and never passes because there is no shellcheck."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[3]
PLACES = (".ci/run", "scripts/tool", "scripts/lib/part.sh", "tests/deploy/scripts/fake.sh")
NEEDED = ("bash", "dirname", "readlink", "grep")


class LintScripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dashly-lint.")
        self.addCleanup(folder.cleanup)
        self.project = pathlib.Path(folder.name)
        for place in (*PLACES, "scripts/lint-scripts", "scripts/lib/test-tools.sh"):
            (self.project / place).parent.mkdir(parents=True, exist_ok=True)
        for place in PLACES:
            (self.project / place).write_text("#!/usr/bin/env bash\necho \"$HOME\"\n")
        for script in ("scripts/lint-scripts", "scripts/lib/test-tools.sh"):
            shutil.copy(PROJECT / script, self.project / script)

    def run_it(self, **environment):
        return subprocess.run([self.project / "scripts/lint-scripts"], env={**os.environ, **environment}, capture_output=True,
                              text=True, timeout=60, check=False)

    def test_a_mistake_is_found_in_every_place(self):
        self.assertEqual((0, ""), (self.run_it().returncode, self.run_it().stdout))
        for place in PLACES:
            with self.subTest(place):
                file = self.project / place
                good = file.read_text()
                file.write_text(good.replace('"', ""))
                done = self.run_it()
                self.assertNotEqual(0, done.returncode)
                self.assertIn(place, done.stdout)
                self.assertIn("SC2086", done.stdout)
                file.write_text(good)

    def test_without_shellcheck_it_fails(self):
        programs = self.project / "programs"
        programs.mkdir()
        for program in NEEDED:
            (programs / program).symlink_to(shutil.which(program))
        done = self.run_it(PATH=str(programs))
        self.assertEqual((1, "lint-scripts: shellcheck is missing: run scripts/install-test-tools\n"), (done.returncode, done.stderr))


if __name__ == "__main__":
    unittest.main()

"""The Dockerfile, the compose file and all YAML, under checkers of others."""
import pathlib
import shutil
import tempfile
import unittest

import compose
import manifests
import promises
import tools
from manifests import HERE, K8S, PROJECT

DOCKERFILE = PROJECT / "Dockerfile"
COMPOSE = PROJECT / "docker-compose.yml"


class Files(unittest.TestCase):
    maxDiff = None

    def test_yaml(self):
        self.assertEqual("", tools.yamllint(K8S, HERE, COMPOSE))

    def test_dockerfile(self):
        self.assertEqual("", tools.hadolint(DOCKERFILE))

    def test_compose(self):
        text = COMPOSE.read_text()
        read = tools.read_yaml("docker-compose.yml")
        self.assertEqual([], list(compose.schema(read)))
        self.assertEqual([], list(compose.rules(read, text, (PROJECT / ".env.example").read_text())))
        self.assertEqual([], list(compose.kept(read)))

    def test_compose_as_docker_reads_it(self):
        said = tools.docker_compose(COMPOSE)
        if said is None:
            print("docker compose is not here: the compose file was checked against its schema only")
        self.assertIn(said, ("", None))

    def test_nothing_that_is_delivered_leaks(self):
        places = [DOCKERFILE, COMPOSE, *(PROJECT / name for name in ("Makefile", ".ci/run", "Cargo.toml", "crates/apps/api/Cargo.toml",
                                                                     "crates/apps/cli/Cargo.toml"))]
        places += [file for folder in (K8S, PROJECT / "scripts") for file in folder.rglob("*") if file.is_file()]
        texts = {str(file.relative_to(PROJECT)): file.read_text() for file in places}
        self.assertEqual([], list(promises.leaks(texts)))

    def test_policies(self):
        with tempfile.TemporaryDirectory(prefix="dashly-policies.") as folder:
            for place in manifests.kustomizations()[0]:
                (pathlib.Path(folder) / f"{place.replace('/', '-')}.yaml").write_text(manifests.built(place))
            shutil.copy(DOCKERFILE, folder)
            failed, passed, skipped = tools.checkov(folder)
        self.assertEqual([], failed)
        print(f"checkov: {passed} passed, 0 failed, {skipped} exceptions")
        self.assertGreater(min(passed.get("kubernetes", 0), passed.get("dockerfile", 0)), 0)


if __name__ == "__main__":
    unittest.main()

"""What PostgreSQL and Redis are given at their first start, run by real ones."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest
from urllib.parse import urlsplit

import manifests
import programs
from manifests import find

BASE = manifests.load(manifests.built("overlays/minikube"))
SERVER = os.environ["DASHLY_TEST_POSTGRES_URL"]
PSQL = os.path.join(os.environ["DASHLY_TEST_POSTGRES_BIN"], "psql")


def psql(url, *words):
    return subprocess.run([PSQL, "--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", url, *words],
                          capture_output=True, text=True, check=False, timeout=30)


class FirstStart(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="dashly-first-start.")
        self.addCleanup(self.folder.cleanup)
        for key, value in programs.made_secrets().items():
            pathlib.Path(self.folder.name, key).write_text(value)

    def here(self, text):
        """A text of a manifest with the folders of this test."""
        return text.replace("/tmp/password.conf", f"{self.folder.name}/password.conf").replace("/run/secrets/dashly", self.folder.name)

    def file(self, config, name):
        path = pathlib.Path(self.folder.name, name)
        path.write_text(self.here(find(BASE, "ConfigMap", config)["data"][name]))
        return str(path)

    def sql(self, text):
        done = psql(SERVER, "--command", text)
        self.assertEqual("", done.stderr)
        return done.stdout.strip()

    def test_the_application_is_no_superuser(self):
        parts = urlsplit(SERVER)
        settings = find(BASE, "ConfigMap", "dashly-config")["data"]
        name, user = settings["DB_NAME"], settings["DB_USER"]
        superuser = f"postgres://image:image@{parts.hostname}:{parts.port}/{name}"
        # As the image does before it runs the files of docker-entrypoint-initdb.d: it is the superuser, in this database.
        self.sql("create role image superuser login password 'image'")
        self.addCleanup(self.sql, "drop role image")
        self.sql(f'create database "{name}" owner image')
        self.addCleanup(self.sql, f"drop role {user}")
        self.addCleanup(self.sql, f'drop database "{name}"')
        first = psql(superuser, "--file", self.file("postgres-first-start", "postgres-role.sql"))
        self.assertEqual((0, ""), (first.returncode, first.stderr))

        self.assertEqual("f|f|f", self.sql(f"select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = '{user}'"))
        self.assertIn("password authentication failed", psql(superuser, "--command", "select 1").stderr)
        migrated = programs.ask("migrate", DB_HOST=parts.hostname, DB_PORT=str(parts.port), DB_NAME=name, DB_USER=user,
                                DB_SSL="false", DB_PASSWORD_FILE=f"{self.folder.name}/DB_PASSWORD")
        self.assertIn("applied 0001_experiments", migrated)

    def test_no_role_without_a_password(self):
        pathlib.Path(self.folder.name, "DB_PASSWORD").write_text("")
        refused = psql(SERVER, "--file", self.file("postgres-first-start", "postgres-role.sql"))
        self.assertNotEqual(0, refused.returncode)
        self.assertEqual("", self.sql("select rolname from pg_roles where rolname = 'dashly'"))

    def test_redis_asks_for_the_password(self):
        container = find(BASE, "StatefulSet", "redis")["spec"]["template"]["spec"]["containers"][0]
        config = self.file("redis-settings", "redis.conf")
        socket = f"{self.folder.name}/socket"
        text = pathlib.Path(config).read_text().replace("dir /data", f"dir {self.folder.name}")
        pathlib.Path(config).write_text(f"{text}\nport 0\nunixsocket {socket}\n")
        command = [*container["command"], self.here(container["args"][0]).replace("/etc/redis/redis.conf", config)]
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PATH": path}) as redis:
            # One that says nothing of what is awaited is ended, and the reading with it.
            limit = threading.Timer(30, redis.kill)
            limit.start()
            try:
                lines = iter(redis.stdout.readline, "")
                self.assertTrue(any("ready to accept connections" in line for line in lines), "Redis did not start")

                def cli(*words, **variables):
                    done = subprocess.run([shutil.which("redis-cli", path=path), "-s", socket, *words], capture_output=True,
                                          text=True, check=False, env={"PATH": path, **variables})
                    return done.stdout.strip()

                self.assertIn("NOAUTH", cli("get", "x"))
                password = programs.made_secrets()["REDIS_URL"].removeprefix("redis://:").partition("@")[0]
                self.assertEqual("noeviction", cli("config", "get", "maxmemory-policy", REDISCLI_AUTH=password).split()[1])
                self.assertEqual("yes", cli("config", "get", "appendonly", REDISCLI_AUTH=password).split()[1])
                for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                    probe = container[kind]["exec"]["command"]
                    asked = [*probe[:-1], probe[-1].replace("redis-cli", f"redis-cli -s {socket}")]
                    self.assertEqual(0, subprocess.run(asked, stdout=subprocess.DEVNULL, check=False, env={"PATH": path}).returncode)
                    lost = [*probe[:-1], probe[-1].replace("redis-cli", f"redis-cli -s {socket}.none")]
                    self.assertNotEqual(0, subprocess.run(lost, capture_output=True, check=False, env={"PATH": path}).returncode)
            finally:
                redis.terminate()
            # The shell made way for Redis, so that the signal reaches it, and it ends in order.
            redis.stdout.read()
            limit.cancel()
        self.assertEqual(0, redis.returncode)


if __name__ == "__main__":
    unittest.main()

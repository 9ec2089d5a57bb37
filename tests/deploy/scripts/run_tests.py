"""Runs the tests of this folder, as many at once as there are processors, and says which failed.

Usage: run_tests.py [TEST…]      for instance: run_tests.py test_canary.KilledApi.test_promote
"""
import concurrent.futures
import io
import os
import signal
import sys
import time
import unittest


def names(suite):
    for test in suite:
        yield from names(test) if isinstance(test, unittest.TestSuite) else [test.id()]


def run(name):
    started, text = time.monotonic(), io.StringIO()
    result = unittest.TextTestRunner(stream=text, verbosity=0).run(unittest.defaultTestLoader.loadTestsFromName(name))
    ran = result.testsRun == 1 and not result.skipped
    return name, result.wasSuccessful() and ran, text.getvalue(), time.monotonic() - started


def main():
    # Who runs this in the background may have the signal ignored, and a shell cannot handle what it was started to ignore.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(sys.argv[1:]) if sys.argv[1:] else loader.discover(os.path.dirname(os.path.abspath(__file__)))
    # Those that kill take longest: they begin.
    todo = sorted(names(suite), key=lambda name: (".Killed" not in name, "Both" not in name, "test_run" not in name, name))
    started, failed = time.monotonic(), []
    with concurrent.futures.ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for name, good, text, seconds in pool.map(run, todo):
            print(f"{'passed' if good else 'FAILED'} {seconds:6.1f} s  {name}", flush=True)
            if not good:
                failed.append(name)
                print(text)
    print(f"{len(todo)} tests, {len(failed)} failed, {time.monotonic() - started:.0f} s", *failed, sep="\n  ")
    return 1 if failed or not todo else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""How long the host takes from the start of its process to the end of its first run, with plugins that were compiled before.

    bench/start.py [--starts 20]

The school is small and a process of its own; its schedule was due while no host was there, so that it fires at once. Prints
milliseconds of wall time, and the processor time that a start takes.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import poll


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--starts", type=int, default=20)
    asked = asked.parse_args()
    target = poll.build()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        school = subprocess.Popen(
            [target / "beadle-campus", "--accounts", "60", "--online", "30", "--database", folder / "moodle.db"],
            stdout=subprocess.PIPE, text=True)
        campus = json.loads(school.stdout.readline())
        (folder / "token").write_text(campus["token"])
        (folder / "token").chmod(0o600)
        (folder / "schedules.toml").write_text(poll.CONFIG.format(
            cache="cache", moodle=campus["moodle"], rooms=poll.ROOMS, source="database", every=1, grant='db = ["moodle"]',
            connection=f'[databases.moodle]\nurl = "sqlite:{campus["database"]}"\n').replace(
                "every =", 'misfire = "once"\nevery ='))
        took, used = [], []
        try:
            # The first start compiles the plugins.
            for _ in range(asked.starts + 1):
                began = time.monotonic()
                host = subprocess.Popen([target / "beadle", "serve"], cwd=folder, stderr=subprocess.PIPE, text=True)
                for line in host.stderr:
                    if " online" in line:
                        break
                took.append((time.monotonic() - began) * 1000)
                used.append(poll.cpu(host.pid) * 1000)
                poll.stop(host)
                # Until the next firing was missed.
                time.sleep(1.1)
        finally:
            poll.stop(school)
    print(f"first start {took[0]:.0f} ms, CPU {used[0]:.0f} ms")
    took, used = took[1:], used[1:]
    print(f"{len(took)} starts: median {statistics.median(took):.0f} ms, longest {max(took):.0f} ms, "
          f"CPU {statistics.median(used):.0f} ms")


if __name__ == "__main__":
    main()

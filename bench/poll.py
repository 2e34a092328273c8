#!/usr/bin/env python3
"""CPU time of one poll for people online: the whole host beside the same work done natively.

    bench/poll.py [--accounts 1000] [--online 1000] [--polls 60] [--sources users database enrolled]

Builds what it needs in release mode, starts the simulated school in a process of its own, and takes user and system time of each
side from the system between two polls, so that start-up is left out. Prints milliseconds of CPU for a poll and the ratio, how much a
poll reads, and how much memory the host holds when it begins and at the end. Nobody pages natively, so `enrolled` stands alone.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WARM_UP = 5

CONFIG = """
[host]
store = "sqlite:beadle.db"
cache = "{cache}"

[sites.main]
url = "{moodle}"
token = {{ file = "token" }}

{connection}
[sheets.presence]
kind = "csv"
file = "presence.csv"

[plugins.rooms]
builtin = "classroom-mapper"

[plugins.rooms.settings]
rule = "table"
rooms = [{rooms}]

[plugins.online]
builtin = "online-users"
mapper = "rooms"

[plugins.online.grants]
{grant}
sheets = ["presence:append"]

[[schedule]]
name = "online"
plugin = "online"
sites = ["main"]
every = "{every}s"

[schedule.settings]
window = "5m"
source = "{source}"
sheet = "presence"
"""


ROOMS = ", ".join(f'{{ network = "10.20.{n}.0/24", name = "Room 10{n}" }}' for n in range(1, 9))


def build():
    """Builds the programs in release mode, and returns the folder in which they are."""
    subprocess.run(
        ["cargo", "build", "--release", "-q", "-p", "beadle", "-p", "beadle-campus", "-p", "beadle-bench"],
        cwd=ROOT,
        check=True,
    )
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


def cpu(pid):
    """User and system time of a process in seconds, also of its threads that have ended, by its clock as clock_getcpuclockid(3) names it."""
    return time.clock_gettime((~pid << 3) | 2)


def measure(process, lines, polls):
    """CPU milliseconds for a poll, from the line after the warm-up to the last."""
    seen, began = 0, None
    for line in lines:
        if " online" not in line:
            continue
        seen += 1
        if seen == WARM_UP:
            began = cpu(process.pid)
        if seen == WARM_UP + polls:
            return (cpu(process.pid) - began) / polls * 1000, line.strip()
    raise SystemExit(f"the process ended after {seen} polls")


def resident(pid):
    """Resident memory of a process, in MiB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def reads(beadle, folder):
    """What the last poll read: calls, and bytes or rows."""
    run = json.loads(subprocess.run([beadle, "runs", "-n", "1", "--json"], cwd=folder, capture_output=True).stdout)[0]
    shown = subprocess.run([beadle, "show", str(run["id"]), "--json"], cwd=folder, capture_output=True).stdout
    read = json.loads(shown)["report"]["reads"]
    return f"{len(read)} answers, {sum(one['size'] for one in read)} bytes or rows"


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--accounts", type=int, default=1000)
    asked.add_argument("--online", type=int, default=1000)
    asked.add_argument("--polls", type=int, default=60)
    asked.add_argument("--every", type=int, default=1, help="seconds from poll to poll")
    asked.add_argument("--sources", nargs="+", default=["users", "database"], choices=["users", "database", "enrolled"])
    asked = asked.parse_args()
    target = build()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        school = subprocess.Popen(
            [target / "beadle-campus", "--accounts", str(asked.accounts), "--online", str(asked.online),
             "--database", scratch / "moodle.db"],
            stdout=subprocess.PIPE,
            text=True,
        )
        campus = json.loads(school.stdout.readline())
        print(f"{asked.online} online of {asked.accounts} accounts, {asked.polls} polls each, CPU ms for a poll")
        try:
            connection = f'[databases.moodle]\nurl = "sqlite:{campus["database"]}"\n'
            for source, connection, grant, native in [
                ("users", "", 'moodle = ["core_user_get_users"]',
                 ["--moodle", campus["moodle"], "--token", campus["token"]]),
                ("database", connection, 'db = ["moodle"]', ["--database", campus["database"]]),
                ("enrolled", "", 'moodle = ["core_enrol_get_enrolled_users"]', None),
            ]:
                if source not in asked.sources:
                    continue
                folder = scratch / source
                folder.mkdir()
                (folder / "token").write_text(campus["token"])
                (folder / "token").chmod(0o600)
                (folder / "schedules.toml").write_text(CONFIG.format(
                    cache=scratch / "cache", moodle=campus["moodle"], rooms=ROOMS, source=source,
                    connection=connection, grant=grant, every=asked.every))
                host = subprocess.Popen([target / "beadle", "serve"], cwd=folder, stderr=subprocess.PIPE, text=True)
                for line in host.stderr:
                    if "serving" in line:
                        break
                idle = resident(host.pid)
                whole, line = measure(host, host.stderr, asked.polls)
                busy = resident(host.pid)
                stop(host)
                print(f"  by {source:<9} beadle {whole:6.2f}", end="")
                if native:
                    bare = subprocess.Popen(
                        [target / "native-poll", "--polls", str(WARM_UP + asked.polls + 1), "--every",
                         str(asked.every * 1000), *native],
                        stdout=subprocess.PIPE, text=True)
                    alone, bare_line = measure(bare, bare.stdout, asked.polls)
                    stop(bare)
                    print(f"   native {alone:6.2f}   ratio {whole / alone:4.1f}", end="")
                    print(f"      native says: {bare_line}", file=sys.stderr)
                print(f"   {reads(target / 'beadle', folder)}; {idle:.0f} MiB, then {busy:.0f} MiB")
                print(f"      beadle says: {line}", file=sys.stderr)
        finally:
            stop(school)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""CPU time and memory of looking at all courses: cold, warm, and after edits.

    bench/changes.py [--courses 10] [--modules 50] [--edits 80] [--warm 3]

Builds what it needs in release mode, starts a school with coursework in a process of its own, and has a host run all collectors of the
change detector. Takes user and system time of the host from the system around each pass, so that start-up is left out. Prints CPU
seconds of the pass, how many calls of web services it made, how many changes it wrote, and how much memory the host holds.
"""

import argparse
import json
import pathlib
import signal
import subprocess
import tempfile
import time

from poll import build, cpu, resident, stop

COLLECTORS = ["courses", "contents", "updates", "forums", "assignments", "quizzes", "grades", "calendar"]

CONFIG = """
[host]
store = "sqlite:beadle.db"

[sites.main]
url = "{moodle}"
token = {{ file = "token" }}

[plugins.changes]
builtin = "change-detector"

[plugins.changes.grants]
catalog = ["observe", "read"]
artifacts = ["put"]
moodle = [
    "core_webservice_get_site_info", "core_enrol_get_users_courses", "core_course_get_contents",
    "mod_assign_get_assignments", "mod_quiz_get_quizzes_by_courses", "core_course_get_updates_since",
    "mod_forum_get_forums_by_courses", "mod_forum_get_forum_discussions", "gradereport_user_get_grade_items",
    "core_calendar_get_calendar_events", "core_group_get_course_user_groups",
    "core_calendar_get_action_events_by_timesort", "mod_quiz_get_user_quiz_attempts",
]
"""

SCHEDULE = """
[[schedule]]
name = "moodle_{collector}"
plugin = "changes"
sites = ["main"]
cron = "0 0 29 2 *"
settings = {{ collect = "{collector}" }}
"""


class Host:
    """A host that serves, and the commands that ask it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.process = subprocess.Popen([program, "serve"], cwd=folder, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "serving" in line:
                return
        raise SystemExit("the host did not start")

    def ask(self, *words):
        done = subprocess.run([self.program, *words, "--json"], cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{words}: {done.stderr}")
        return json.loads(done.stdout)

    def run(self, name):
        """Runs one pass of all collectors; returns CPU seconds, calls and changes."""
        before, cursor = cpu(self.process.pid), self.ask("changes", "--since", "c0", "-n", "1000000")["next"]
        calls = 0
        for collector in COLLECTORS:
            report = self.ask("run", f"moodle_{collector}")["report"]
            calls += sum(read["from"].startswith("moodle:") for read in report["reads"])
        spent = cpu(self.process.pid) - before
        changes = self.ask("changes", "--since", cursor, "--all", "-n", "1000000")["changes"]
        kinds = {}
        for change in changes:
            kind = "first look" if change["baseline"] else change["change_kind"]
            kinds[kind] = kinds.get(kind, 0) + 1
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
        print(f"  {name:<12} {spent:6.3f} s CPU   {calls:4} calls   changes: {told}   {resident(self.process.pid):.0f} MiB")


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--courses", type=int, default=10)
    asked.add_argument("--modules", type=int, default=50)
    asked.add_argument("--edits", type=int, default=80)
    asked.add_argument("--warm", type=int, default=3, help="how many passes with nothing changed")
    asked = asked.parse_args()
    target = build()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        school = subprocess.Popen(
            [target / "beadle-campus", "--accounts", "40", "--conferences", "0,1", "--coursework",
             f"{asked.courses},{asked.modules}", "--edits", str(asked.edits)],
            stdout=subprocess.PIPE,
            text=True,
        )
        host = None
        try:
            campus = json.loads(school.stdout.readline())
            (scratch / "token").write_text(campus["token"])
            (scratch / "token").chmod(0o600)
            schedules = "".join(SCHEDULE.format(collector=collector) for collector in COLLECTORS)
            (scratch / "schedules.toml").write_text(CONFIG.format(moodle=campus["moodle"]) + schedules)
            # Compiling the plugins is no part of a look, nor is the memory that it takes.
            subprocess.run([target / "beadle", "check"], cwd=scratch, check=True, capture_output=True)
            host = Host(target / "beadle", scratch)
            print(f"{asked.courses} courses of {asked.modules} modules, {len(COLLECTORS)} collectors")
            host.run("cold")
            for _ in range(asked.warm):
                host.run("warm")
            school.send_signal(signal.SIGUSR1)
            # Until it has edited them all; the measured process does nothing meanwhile.
            time.sleep(1)
            host.run(f"{asked.edits} edits")
        finally:
            if host:
                stop(host.process)
            stop(school)


if __name__ == "__main__":
    main()

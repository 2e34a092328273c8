#!/usr/bin/env python3
"""How late pings reach the chat after their instant, while polls are rare.

    bench/pings.py [--conferences 20] [--seconds 90] [--programs FOLDER]

The school and its Discord are a process of their own. Conferences begin one after the other; the host has looked once, and looks again
by itself before each. Every ping is compared with the time stamp that the Discord gave it. Ends with 1 if one came more than two
seconds after its instant, or not at all. The programs are those of target/release, which `cargo build --release -p beadle -p
beadle-campus` makes, or those of another folder.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import poll

# Long enough that one which is too late is still sent, and told here.
LEAD = 10
LATEST = 2.0

CONFIG = """
[host]
store = "sqlite:beadle.db"
timezone = "UTC"

[sites.main]
url = "{moodle}"
token = {{ file = "moodle.token" }}

[chats.class]
kind = "discord"
channel = "{channel}"
token = {{ file = "discord.token" }}
ping = "role:{role}"
endpoint = "{url}"

[plugins.conferences]
builtin = "conference-watcher"

[plugins.conferences.grants]
moodle = [
    "core_webservice_get_site_info",
    "core_enrol_get_users_courses",
    "core_course_get_courses_by_field",
    "core_group_get_course_user_groups",
    "core_calendar_get_calendar_events",
    "core_calendar_get_calendar_event_by_id",
    "mod_bigbluebuttonbn_get_bigbluebuttonbns_by_courses",
    "mod_bigbluebuttonbn_meeting_info",
]
chat = ["class"]

[[schedule]]
name = "conferences"
plugin = "conferences"
sites = ["main"]
every = "1h"
announce-first = false

[schedule.settings]
channel = "class"
ping-before = ["{lead}s"]
"""


def messages(discord):
    """What stands in the channel."""
    asked = urllib.request.Request(
        f"{discord['url']}/api/v10/channels/{discord['channel']}/messages?limit=100",
        headers={"Authorization": f"Bot {discord['token']}", "User-Agent": "DiscordBot (pings, 1)"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return json.load(answer)


def late(message):
    """How many seconds after its instant a ping came. The start stands in it, for readers' own clocks."""
    start = int(re.search(r"<t:(\d+):R>", message["content"]).group(1))
    return datetime.datetime.fromisoformat(message["timestamp"]).timestamp() - (start - LEAD)


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--conferences", type=int, default=20)
    asked.add_argument("--seconds", type=int, default=90)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", poll.ROOT / "target")) / "release"
    asked.add_argument("--programs", type=pathlib.Path, default=target)
    asked = asked.parse_args()
    for name in ["beadle", "beadle-campus"]:
        if not (asked.programs / name).exists():
            sys.exit(f"there is no {asked.programs / name}; cargo build --release -p beadle -p beadle-campus makes it")
    beadle = asked.programs / "beadle"
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        # The plugins are compiled before anything is measured.
        (folder / "schedules.toml").write_text(CONFIG.format(
            moodle="http://127.0.0.1:9", url="http://127.0.0.1:9", channel=1, role=1, lead=LEAD))
        for name in ["moodle.token", "discord.token"]:
            (folder / name).write_text("none")
            (folder / name).chmod(0o600)
        subprocess.run([beadle, "plugins"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        school = subprocess.Popen(
            [asked.programs / "beadle-campus", "--accounts", "20", "--database", folder / "moodle.db", "--discord",
             "--conferences", f"{asked.conferences},{asked.seconds}"],
            stdout=subprocess.PIPE, text=True)
        host = None
        try:
            campus = json.loads(school.stdout.readline())
            discord = campus["discord"]
            (folder / "moodle.token").write_text(campus["token"])
            (folder / "discord.token").write_text(discord["token"])
            (folder / "schedules.toml").write_text(CONFIG.format(
                moodle=campus["moodle"], url=discord["url"], channel=discord["channel"], role=discord["role"], lead=LEAD))
            with open(folder / "log", "w") as log:
                host = subprocess.Popen([beadle, "serve"], cwd=folder, stderr=log)
            while "serving" not in (folder / "log").read_text():
                time.sleep(0.05)
            subprocess.run([beadle, "run", "conferences"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            # Half a minute until the first, and time for the last.
            until = time.monotonic() + 30 + asked.seconds + 10
            pings = []
            while len(pings) < asked.conferences and time.monotonic() < until:
                time.sleep(1)
                pings = [one for one in messages(discord) if one["mention_roles"]]
            used, runs = poll.cpu(host.pid), (folder / "log").read_text().count(" schedule=conferences ")
            poll.stop(host)
            said = (folder / "log").read_text()
        finally:
            for process in filter(None, [host, school]):
                poll.stop(process)
    took = sorted(late(one) for one in pings)
    for number, one in enumerate(sorted(pings, key=lambda one: one["timestamp"]), 1):
        print(f"  ping {number:>2}: {late(one) * 1000:6.0f} ms")
    if took:
        print(f"{len(took)} of {asked.conferences} pings, {runs} runs: median {statistics.median(took) * 1000:.0f} ms, "
              f"worst {took[-1] * 1000:.0f} ms after their instants; CPU of the host {used:.2f} s")
    if len(took) < asked.conferences or took[-1] > LATEST or took[0] < 0:
        print(said, file=sys.stderr)
        sys.exit("a ping is missing, early, or more than two seconds late")


if __name__ == "__main__":
    main()

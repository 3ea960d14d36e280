"""None twice, none lost: workers are killed in the middle of an issue, and the mail server counts.

    KILLS=200 SEED=7 .venv/bin/python -m pytest tests/newsletter/test_killing.py       (`make soak`)

The workers are processes that know nothing of their end; the mail server lives in this one. The moments are chosen by
chance among the server's own steps, half of them between its reading and its answer. The seed is printed, and SEED
repeats the choice.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.mail_server import MailServer
from tests.own_database import own_database

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS") or 52)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
LEASE = 1
RECIPIENTS_A_KILL = 40
SCENARIOS = [
    # workers, connections of each, whether the server takes commands together
    (1, 1, True),
    (1, 4, False),
    (4, 1, True),
    (2, 4, True),
]


@pytest.fixture(scope="module")
def server():
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def workers(server, tmp_path_factory):
    with own_database(tmp_path_factory.mktemp("killing")) as env:
        env |= {"LEASE": str(LEASE), "MAIL_PORT": str(server.port)}
        with Workers(env) as workers:
            workers.do("migrate")
            yield workers


@pytest.mark.parametrize(("number", "connections", "pipelining"), SCENARIOS)
def test_killed_workers_send_to_everybody_and_to_nobody_twice(server, workers, number, connections, pipelining):
    kills = KILLS // len(SCENARIOS)
    seed = f"{SEED}, {number} workers, {connections} connections"
    print(f"SEED={SEED}")
    server.pipelining = pipelining
    people = [f"{number}-{connections}-{each}" for each in range(kills * RECIPIENTS_A_KILL)]
    addresses = {f"parent-{each}@example.org" for each in people}
    issue = workers.do("seed", recipients=people, connections=connections)
    kill_and_restart(server, workers, number, kills, random.Random(seed))
    report = workers.finish(issue)
    received = {address: times for address, times in server.received.items() if address in addresses}
    states, count = report["states"], Counter(report["states"].values())
    print(count, "messages taken:", sum(received.values()))
    assert {address for address, times in received.items() if times > 1} == set()
    assert states.keys() == addresses
    assert {address for address, state in states.items() if state == "accepted"} <= received.keys()
    assert addresses - received.keys() <= {address for address, state in states.items() if state == "in doubt"}
    assert count["in doubt"] <= kills * connections
    assert count["accepted"] + count["in doubt"] == len(addresses)
    assert report["sent"]


def kill_and_restart(server, workers, number, kills, chance):
    """Kill one of the workers so many times, each after some steps of the server's, and start another in its place."""
    running = [workers.start() for _ in range(number)]
    try:
        for _ in range(kills):
            victim = chance.randrange(number)
            # Three steps a message.
            moment = Moment(running[victim], chance.randrange(1, RECIPIENTS_A_KILL * 3), chance)
            server.at_step = moment
            moment.wait()
            running[victim] = workers.start()
    finally:
        server.at_step = lambda step, recipient: None
        workers.running = running


class Moment:
    """The end of a process: after so many steps, before the server's answer or a little later."""

    def __init__(self, process, steps, chance):
        self.process, self.steps = process, steps
        self.delay = chance.choice([0, chance.uniform(0, 0.003)])
        self.lock, self.has_come = threading.Lock(), threading.Event()

    def __call__(self, step, recipient):
        with self.lock:
            self.steps -= 1
            if self.steps == 0:
                if not self.delay:
                    self.kill()
                self.has_come.set()

    def wait(self):
        """Until it is done; where all wait for what dead ones held, no step may come."""
        self.has_come.wait(3 * LEASE)
        if self.delay or not self.has_come.is_set():
            time.sleep(self.delay)
            self.kill()

    def kill(self):
        os.kill(self.process, signal.SIGKILL)


class Workers:
    """Processes that send, and a way to ask the database that they share."""

    def __init__(self, env):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        command = [sys.executable, "-m", "tests.newsletter.killed_workers"]
        self.parent = subprocess.Popen(command, cwd=ROOT, env=env, **pipes)
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.stop()
        self.parent.stdin.close()
        self.parent.wait(20)

    def do(self, name, **given):
        self.parent.stdin.write(json.dumps([name, given]) + "\n")
        return json.loads(self.parent.stdout.readline())

    def start(self):
        return self.do("work")

    def finish(self, issue):
        """Let the last ones work until nothing is left to do; then what the ledger says."""
        deadline = time.monotonic() + 60
        while True:
            report = self.do("report", issue=issue)
            if report["sent"] and "open" not in report["states"].values():
                break
            assert time.monotonic() < deadline, Counter(report["states"].values())
            time.sleep(0.2)
        self.stop()
        return self.do("report", issue=issue)

    def stop(self):
        for process in self.running:
            os.kill(process, signal.SIGKILL)
        self.running = []

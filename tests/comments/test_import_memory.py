"""That memory does not grow with the export: seen from outside, in a process of its own."""

import subprocess
import sys

from tests.exports import write_wordpress
from tests.own_database import ROOT, own_database

MEGABYTES = 8
MOST_GROWTH = 20
"""MB above what Django itself takes; the file would take a multiple of its size as a tree."""
MEASURED = """
import sys, resource, django
django.setup()
from django.core.management import call_command
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
call_command("migrate", verbosity=0)
before = peak()
call_command("import_wordpress", sys.argv[1], publish=True)
print("GREW", peak() - before)
"""


def test_an_export_is_never_held_as_a_whole(tmp_path):
    write_wordpress(tmp_path / "export.xml", MEGABYTES)
    with own_database(tmp_path) as env:
        run = subprocess.run(
            [sys.executable, "-c", MEASURED, tmp_path / "export.xml"], env=env, cwd=ROOT, capture_output=True, text=True
        )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout.rpartition("GREW")[2]) < MOST_GROWTH

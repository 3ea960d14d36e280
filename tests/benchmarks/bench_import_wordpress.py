"""How long an export of 100 MB takes to import, and how much memory: at most 200 MB.

.venv/bin/python tests/benchmarks/bench_import_wordpress.py     (SQLite, and PostgreSQL at TEST_DATABASE_URL)
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from both_databases import on_both

MEGABYTES, MOST = 100, 200


def measure():
    import django

    django.setup()
    from django.core.management import call_command

    from tests.exports import write_wordpress

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xml"
        write_wordpress(path, MEGABYTES)
        began = time.perf_counter()
        call_command("import_wordpress", str(path), publish=True)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{MEGABYTES} MB in {seconds:.0f} s; peak {peak} MB of {MOST}", flush=True)
    assert peak < MOST


if __name__ == "__main__":
    measure() if len(sys.argv) > 1 else on_both(__file__)

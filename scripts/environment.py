"""Makes .venv/ and keeps it true to the locked requirements: `python3 scripts/environment.py requirements-dev.txt`.

It runs before anything is installed, so it is standard library only. An install counts once it has left its stamp,
`.venv/installed.json`. Without a stamp (interrupted), with files missing, in another place or under another Python,
.venv/ is built anew; with another lock file it is brought up to date. Otherwise nothing happens, in under 0.1 s.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
INSTALL_LOG = VENV / "install.log"
OLDEST_PYTHON = (3, 11)
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOCKS = ("requirements.txt", "requirements-prod.txt", "requirements-dev.txt")  # each holds the ones before it


def ensure(lock, root=ROOT):
    """Leave a .venv/ that holds what the lock file names, or stop with a sentence that says what to do."""
    check_python()
    stamp = read_stamp()
    if stamp and stamp["locks"].get(lock) == digest(root / lock):
        return
    if not stamp:
        build()
    STAMP.unlink(missing_ok=True)
    install(root / lock)
    write_stamp({name: digest(root / name) for name in LOCKS[: LOCKS.index(lock) + 1]})


def check_python(version=sys.version_info, find_module=importlib.util.find_spec):
    """Stop with a sentence where this Python cannot carry the site."""
    if tuple(version[:2]) < OLDEST_PYTHON:
        sys.exit(
            f"This is Python {version[0]}.{version[1]}, and the site needs 3.11 or newer: install it and name it, "
            "such as `make run PYTHON=python3.12`."
        )
    if not (find_module("venv") and find_module("ensurepip")):
        sys.exit("This Python comes without venv. On Debian and Ubuntu: `apt install python3-venv`, then try again.")


# The stamp


def read_stamp():
    """What a finished install left, or None where .venv/ cannot be relied on."""
    try:
        stamp = json.loads(STAMP.read_text())
        is_whole = stamp["made"] == made_by() and stamp["files"] <= count_files() and python_starts()
        return stamp if is_whole and isinstance(stamp["locks"], dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_stamp(locks):
    half = STAMP.with_suffix(".half")
    half.write_text(json.dumps({"made": made_by(), "files": count_files(), "locks": locks}))
    half.replace(STAMP)


def made_by():
    """A .venv/ holds for one Python and one place: its programs name their own path."""
    return f"Python {sys.version_info[0]}.{sys.version_info[1]} in {VENV}"


def count_files():
    """Fewer than the stamp says means that somebody's `rm -r` was interrupted. Compiled files come and go."""
    return sum(not name.endswith(".pyc") for _, _, names in os.walk(VENV / "lib") for name in names)


def python_starts():
    answer = subprocess.run([PYTHON, "-ISc", "print('yes')"], capture_output=True, text=True)
    return answer.stdout == "yes\n"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# Building and installing


def build():
    say("Making .venv/ ...")
    status, output = call([os.path.realpath(sys.executable), "-m", "venv", "--clear", VENV])
    if status:
        sys.exit(f".venv/ could not be made: {last_line(output)}. Remove it (`rm -rf .venv`) and try again.")


def install(lock):
    """Install exactly what the lock file names, with uv where there is one, else (or if it fails) with pip."""
    count = len(re.findall(r"^\S+==", lock.read_text(), re.MULTILINE))
    say(f"Installing {count} packages from {lock.name} into .venv/ ...")
    output = ""
    for command in installers():
        status, output = call([*command, "--require-hashes", "-r", lock])
        if status == 0:
            return
    INSTALL_LOG.write_text(output)
    sys.exit(why_not_installed(output))


def installers():
    uv = shutil.which("uv", path=os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", "")]))
    if uv:
        yield [uv, "pip", "install", "--python", PYTHON]
    yield [PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]


def why_not_installed(output):
    """One sentence from pip's many: what is missing and what to do about it."""
    package = re.search(r"(?:distribution found for|satisfies the requirement) ([^\s;]+)", output)
    if "DO NOT MATCH THE HASHES" in output:
        reason = "The package index sent a file that is not the one locked here. Ask who runs the index"
    elif "No space left" in output:
        reason = "The disk is full. Make room for about 300 MB"
    elif package or "Max retries exceeded" in output or "timed out" in output:
        reason = f"Could not fetch {package[1] if package else 'the packages'}. Check the network or pip's index"
    else:
        reason = f"pip gave up: {last_line(output)}. See to that"
    return f"{reason}, then try again. All that pip said is in {INSTALL_LOG.relative_to(ROOT)}."


# Processes


def say(text=""):
    """Print at once. A closed terminal is no reason to fail."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def last_line(output):
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it said nothing"


def start(command, **options):
    """Start a program in a process group of its own, that ends with this process even if this one is killed."""
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=end_with_parent, **options
    )


def end_with_parent():
    """Ask to be sent SIGTERM when the parent ends, however it does (Linux)."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def call(command, **options):
    """Run a program to its end: its status and all it said. Whatever interrupts this ends the program as well."""
    process = start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    try:
        output, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return process.returncode, output


def end_on_signals():
    """SIGTERM, a closed terminal and the end of make end this program as Ctrl-C does, even where that was ignored."""
    end_with_parent()
    for number in ENDING_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # `nohup make run`
            signal.signal(number, interrupt)


def interrupt(*_):
    """End once: make passes on what the terminal has sent already."""
    ignore_signals()
    raise KeyboardInterrupt


def ignore_signals():
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def one_at_a_time():
    """Wait while another start prepares .venv/ or var/."""
    with open(__file__) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another `make` that prepares .venv/ or var/ ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(lock):
    end_on_signals()
    try:
        with one_at_a_time():
            ensure(lock)
    except KeyboardInterrupt:
        sys.exit("Interrupted. The next `make` does it again.")


if __name__ == "__main__":
    main(*sys.argv[1:])

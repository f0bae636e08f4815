#!/usr/bin/env python3
"""The one entry to Trialwright: makes its environment from the locked packages, then does what you ask.

Needs Python 3.11 or later and nothing else. Everything is installed into the folder .venv beside this file;
deleting that folder undoes it.
"""

from __future__ import annotations

import hashlib
import locale
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
SCRIPTS = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = SCRIPTS / ("python.exe" if WINDOWS else "python")
RUNTIME = ROOT / "requirements.lock"
TOOLS = ROOT / "requirements-dev.lock"
STUDY = "studies/telitacicept_ssc"

HELP = """\
python3 start.py [VERB] [ARGUMENTS]

  run [STUDY] [OPTIONS]   rehearse the study, write its report, open the application   (this is the default)
  test [PYTEST OPTIONS]   all checks and all tests; with options, only the tests they name
  check                   style, import rules and types, without the tests
  bench [OPTIONS]         how long the usual work takes on this machine
  setup [--dev]           only make the environment; --dev adds the test tools
  -- COMMAND ...          any other command of Trialwright, for example:  python3 start.py -- verify out/trial.db

Examples
  python3 start.py
  python3 start.py test -k evaluator
  python3 start.py -- --help
"""

# A Python file that a POSIX shell can start, whatever the length of its path and the spaces in it.
SHIM = """\
#!/bin/sh
'''exec' "$(dirname "$0")/python" "$0" "$@"
' '''
import sys

from trialwright.cli import main

sys.exit(main())
"""


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("run", [])
    if verb in ("-h", "--help", "help"):
        print(HELP)
        return 0
    verbs = {"run": run, "test": test, "check": check, "bench": bench, "setup": setup, "--": pass_through}
    if verb not in verbs:
        say(f"start.py knows no verb {verb!r}.\n\n{HELP}")
        return 2
    return verbs[verb](rest)


# What each verb does


def run(arguments: list[str]) -> int:
    prepare(RUNTIME)
    names_a_study = bool(arguments) and not arguments[0].startswith("-")
    return become(trialwright("run", *([] if names_a_study else [STUDY]), *arguments))


def test(arguments: list[str]) -> int:
    prepare(TOOLS)
    everything = not arguments or arguments[0].startswith("--spec-report")
    together = ["-n", "2", "--dist", "loadfile"] if everything else []
    tests = [str(PYTHON), "-m", "pytest", *together, *arguments]
    if arguments:
        return become(tests)
    return in_turn([*checks(), ("tests", tests)])


def check(arguments: list[str]) -> int:
    if arguments:
        say(f"check takes no arguments, but was given {' '.join(arguments)}.")
        return 2
    prepare(TOOLS)
    return in_turn(checks())


def bench(arguments: list[str]) -> int:
    prepare(TOOLS)
    return become([str(PYTHON), str(ROOT / "benchmarks" / "run.py"), *arguments])


def setup(arguments: list[str]) -> int:
    if arguments not in ([], ["--dev"]):
        say(f"setup takes --dev or nothing, but was given {' '.join(arguments)}.")
        return 2
    prepare(TOOLS if arguments else RUNTIME)
    say(f"Ready: {PYTHON}")
    return 0


def pass_through(arguments: list[str]) -> int:
    prepare(RUNTIME)
    return become(trialwright(*arguments))


def checks() -> list[tuple[str, list[str]]]:
    lint_imports = SCRIPTS / ("lint-imports.exe" if WINDOWS else "lint-imports")
    return [
        ("style", [str(PYTHON), "-m", "ruff", "check", "."]),
        ("import rules", [str(lint_imports), "--no-logo"]),
        ("types", [str(PYTHON), "-m", "mypy"]),
    ]


# How a command is run


def trialwright(*arguments: str) -> list[str]:
    return [str(PYTHON), str(SCRIPTS / "trialwright"), *arguments]


def become(command: list[str]) -> int:
    """Hand over to the command, so that signals (Ctrl-C, a service being stopped) reach it directly."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(ROOT)
    if WINDOWS:
        try:
            return subprocess.call(command)
        except KeyboardInterrupt:
            return 130
    os.execv(command[0], command)


def in_turn(steps: list[tuple[str, list[str]]]) -> int:
    """Run every step even when an earlier one fails, then say how each ended and how long it took."""
    outcomes = []
    for name, command in steps:
        say(f"\n== {name}")
        began = time.monotonic()
        code = subprocess.call(command, cwd=ROOT)
        outcomes.append((name, code, time.monotonic() - began))
    say("")
    for name, code, seconds in outcomes:
        say(f"{name:<14} {'passed' if code == 0 else 'FAILED':<7} {seconds:7.1f} s")
    return 1 if any(code for _, code, _ in outcomes) else 0


# How the environment is made


def prepare(lock: Path) -> None:
    """Bring .venv to the state that the lock file describes; do nothing when it is there already."""
    check_python()
    stamp = VENV / f".{lock.name}.sha256"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    began = time.monotonic()
    if not PYTHON.exists():
        make_venv()
    install(lock)
    link_sources()
    if lock == TOOLS:  # holds all of the runtime lock, in the same versions
        (VENV / f".{RUNTIME.name}.sha256").write_text(hashlib.sha256(RUNTIME.read_bytes()).hexdigest(), encoding="ascii")
    stamp.write_text(wanted, encoding="ascii")
    say(f"Environment ready in {time.monotonic() - began:.0f} s.")


def check_python() -> None:
    if sys.version_info < (3, 11):
        mine = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit(
            f"Trialwright needs Python 3.11 or later, but this is Python {mine} ({sys.executable}).\n"
            "Install a newer one (https://www.python.org/downloads/) and start it by its name, "
            "for example:  python3.11 start.py"
        )


def make_venv() -> None:
    say(f"Making the environment in {VENV}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if made.returncode:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        sys.exit(
            f"{made.stdout.strip()}\n\nPython could not make a virtual environment in {VENV}.\n"
            f"On Debian and Ubuntu this mends it:  sudo apt install python{version}-venv\n"
            "Elsewhere: see that the folder can be written to and the disk is not full, then start again."
        )


def install(lock: Path) -> None:
    """Install exactly what the lock names, wheels only, each checked against its hash.

    Byte code is left to the first import (--no-compile): it halves the time until the first report.
    """
    names = [line.split("==")[0] for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line]
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile"]
    command += ["--progress-bar", "off", "--require-hashes", "--only-binary=:all:", "-r", str(lock)]
    say(f"Installing {len(names)} locked packages (once; about half a minute)")
    output: list[str] = []
    seen = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            output.append(line)
            seen += line.startswith(("Collecting ", "Requirement already satisfied: "))
            progress(line, seen, len(names))
    if pip.returncode:
        sys.exit(
            f"\n{''.join(output[-12:])}\nThe packages of {lock.name} could not be installed.\n"
            "If the network is closed, give pip a mirror or a folder of wheels (PIP_INDEX_URL or PIP_FIND_LINKS) "
            "and start again.\nIf no wheel fits this machine: docs/dependencies.md lists the machines that are covered."
        )


def progress(line: str, seen: int, total: int) -> None:
    if not sys.stderr.isatty():
        return
    if line.startswith("Collecting "):
        name = line.split()[1].split("==")[0]
        sys.stderr.write(f"\r  {seen:>3} of {total}  {name:<32}")
    elif line.startswith("Installing collected"):
        sys.stderr.write(f"\r  unpacking {total} packages{'':<24}\n")
    sys.stderr.flush()


def link_sources() -> None:
    """Let the environment find the package and the studies where they lie, and give it the command `trialwright`."""
    site_packages = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, stdout=subprocess.PIPE, text=True,
    ).stdout.strip()  # fmt: skip
    # Python before 3.13 reads .pth files in the encoding of the machine, which matters for a path in Chinese.
    encoding = "utf-8" if sys.version_info >= (3, 13) else locale.getpreferredencoding(False)
    with Path(site_packages, "trialwright.pth").open("w", encoding=encoding) as pth:
        pth.write(f"{ROOT / 'src'}\n{ROOT}\n")
    shim = SCRIPTS / "trialwright"
    shim.write_text(SHIM, encoding="utf-8", newline="\n")
    shim.chmod(0o755)
    if WINDOWS:
        (SCRIPTS / "trialwright.cmd").write_text('@"%~dp0python.exe" "%~dp0trialwright" %*\r\n', encoding="ascii")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The command line: one verb for each thing that a trial team does, each with an example and errors that say how to mend."""

import gc
import os
import sys
from collections.abc import Callable

import typer
from typer.exceptions import TyperException

from trialwright.cli import (
    accounts,
    amendment,
    application,
    archiving,
    bridge,
    casebook,
    certificate,
    components,
    conformity,
    deliverables,
    dictionary,
    keeping,
    laboratory,
    qualification,
    registry,
    safety,
    simulation,
    studies,
    trials,
    wording,
)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
                  help="Runs a small clinical trial from protocol to report, and proves that its blinded evaluator stayed blind.")  # fmt: skip
COMMANDS: dict[str, Callable[..., None]] = {
    "new": studies.new,
    "check": studies.check,
    "show": studies.show,
    "rehearse": trials.rehearse,
    "amend": amendment.amend,
    "checkpoint": trials.checkpoint,
    "verify": trials.verify,
    "import": trials.import_,
    "laboratory": laboratory.laboratory,
    "screen": registry.screen,
    "package": deliverables.package,
    "conform": conformity.conform,
    "report": deliverables.report,
    "trace": deliverables.trace,
    "casebook": casebook.casebook,
    "simulate": simulation.simulate,
    "warm-up": simulation.warm_up,
    "sae": safety.sae,
    "prepare": keeping.prepare,
    "move": keeping.move,
    "backup": keeping.backup,
    "restore": keeping.restore,
    "backup-key": keeping.backup_key,
    "scrub": keeping.scrub,
    "bridge": bridge.bridge,
    "archive": archiving.archive,
    "rebuild": archiving.rebuild,
    "qualify": qualification.qualify,
    "components": components.components,
    "certify": certificate.certify,
    "serve": application.serve,
    "run": application.run,
}
for _name, _command in COMMANDS.items():
    app.command(name=_name)(_command)
app.add_typer(wording.group, name="wording")
app.add_typer(dictionary.group, name="dictionary")
app.add_typer(accounts.group, name="account")


COLLECTED = (1_000_000, 20, 20)
"""A command makes many objects and few circles: Python looks for circles less often than it does by itself, which took a tenth of the time of a report."""


def main() -> int:
    """Runs one command; a mistake of the user is one sentence on the error stream and exit status 1 (2: the command itself is not understood)."""
    gc.set_threshold(*COLLECTED)
    try:
        code = app(args=sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        return 130
    except TyperException as problem:
        context = getattr(problem, "ctx", None)  # which command was meant, where that much was understood
        name = context.command_path if context else "trialwright"
        print(
            f"trialwright: {problem.format_message().rstrip('.')}. Write `{name} --help` for an example.",
            file=sys.stderr,
        )
        return 2
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as problem:
        print(
            f"trialwright: {problem.filename or 'the system'}: {problem.strerror or problem}. Check the path and its rights.",
            file=sys.stderr,
        )
        return 1
    except mistakes() as problem:
        print(f"trialwright: {problem}", file=sys.stderr)
        return 1


def mistakes() -> tuple[type[Exception], ...]:
    """What a user can mend; loaded only when something went wrong."""
    from trialwright.cli.shell import Failed
    from trialwright.exchange.datasets import Unimportable
    from trialwright.exchange.study_folder import Unusable
    from trialwright.record import Refused
    from trialwright.rehearsal import CannotRehearse
    from trialwright.store import StoreError

    return (Failed, Unusable, StoreError, Refused, Unimportable, CannotRehearse)

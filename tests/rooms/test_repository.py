"""The repository keeps what it promises about its dependencies, its records of change, and its own tidiness."""

import ast
import re
import tokenize
import tomllib
from pathlib import Path

import pytest

import trialwright

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ["requirements.lock", "requirements-dev.lock"]
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "studies").rglob("*.py"), ROOT / "start.py"])
BROAD = {"Exception", "BaseException"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def locked(lock: str) -> dict[str, list[str]]:
    """Each entry of a lock file, `name==version`, with its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    entries = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            pin, *hashes = re.split(r"\s+--hash=", line.strip())
            entries[pin.partition(";")[0].strip()] = hashes
    return entries


def direct(requirements: list[str]) -> set[str]:
    return {re.match(r"[A-Za-z0-9_.-]+", line).group().lower() for line in requirements}  # type: ignore[union-attr]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links|@ ", text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_one_version_and_holds_hashes_of_every_package(lock: str) -> None:
    entries = locked(lock)
    assert len(entries) > 10
    for pin, hashes in entries.items():
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", pin), pin
        assert hashes, f"{pin} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), pin
    assert len({pin.partition("==")[0] for pin in entries}) == len(entries), "a package is pinned twice"


def test_the_locks_hold_every_direct_dependency() -> None:
    runtime, tools = ({pin.partition("==")[0] for pin in locked(lock)} for lock in LOCKS)
    assert direct(PROJECT["dependencies"]) <= runtime
    assert direct(PROJECT["optional-dependencies"]["dev"]) <= tools


def test_the_tools_run_against_the_locked_runtime() -> None:
    """What is tested is what is installed: the second lock holds all of the first, in the same versions and hashes."""
    runtime, tools = (locked(lock) for lock in LOCKS)
    assert {pin: tools.get(pin) for pin in runtime} == runtime


@pytest.mark.parametrize("extra", [None, *PROJECT["optional-dependencies"]])
def test_every_direct_dependency_gives_its_reason(extra: str | None) -> None:
    """docs/dependencies.md has one row for each: what it is for, and what it replaces."""
    rows = [line for line in (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {row.split("`")[1]: [cell.strip() for cell in row.strip("|").split("|")] for row in rows}
    wanted = direct(PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"])
    assert wanted - set(told) == set()
    assert all(len(cells) == 3 and all(cells) for cells in told.values())


def test_no_dependency_is_explained_that_is_not_used() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    everything = direct([*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)])
    assert set(re.findall(r"^\| `([^`]+)`", text, flags=re.MULTILINE)) <= everything


def test_nothing_is_left_for_later() -> None:
    left = []
    for path in SOURCES:
        with path.open("rb") as source:
            comments = [token.string for token in tokenize.tokenize(source.readline) if token.type == tokenize.COMMENT]
        left += [f"{name(path)}: {comment}" for comment in comments if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", comment)]
    assert left == []


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether the handler catches everything and does not raise the same error again."""
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else BROAD
    last = handler.body[-1]
    return bool(names & BROAD) and not (isinstance(last, ast.Raise) and last.exc is None)


def test_no_error_is_swallowed_whole() -> None:
    """No bare `except:` and no `except Exception`, unless it raises the same error again: a bug crashes loudly."""
    handlers = [
        (path, node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
    ]
    assert handlers
    assert [f"{name(path)}:{node.lineno}" for path, node in handlers if swallows(node)] == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("try: a()\nexcept: b()", True),
        ("try: a()\nexcept Exception: b()", True),
        ("try: a()\nexcept (OSError, BaseException) as e: raise ValueError from e", True),
        ("try: a()\nexcept BaseException:\n  b()\n  raise", False),
        ("try: a()\nexcept OSError: b()", False),
    ],
)
def test_a_swallowed_error_is_recognized(code: str, expected: bool) -> None:
    (handler,) = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ExceptHandler)]
    assert swallows(handler) is expected


def test_every_silenced_type_error_names_its_code() -> None:
    pattern = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-]+)")
    assert [name(path) for path in SOURCES if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_the_version_is_one_and_the_changelog_tells_of_it() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert PROJECT["version"] == trialwright.__version__
    section = re.search(rf"^## \[{re.escape(trialwright.__version__)}\].*?(?=^## \[|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert section, f"CHANGELOG.md has no heading for {trialwright.__version__}"
    assert "### Affects running trials" in section.group()
    assert f"version: {trialwright.__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_every_file_that_security_md_names_is_there() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:src|studies|tests|docs)/[^`*]+)`", text)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "studies").rglob("*.md")]
    broken = []
    for document in documents:
        for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
            path = target.partition("#")[0]
            if path and "://" not in path and not path.startswith("mailto:") and not (document.parent / path).exists():
                broken.append(f"{name(document)} -> {target}")
    assert broken == []

"""The pins, the Makefile and the installer, without installing anything."""

import ast
import fcntl
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import install

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def entries(lock: str) -> list[str]:
    """Each pin with its hashes, as one line."""
    text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip()]


def pins(lock: str) -> dict[str, set[str]]:
    """The versions by name: more than one where Pythons differ in what they can have."""
    found: dict[str, set[str]] = {}
    for entry in entries(lock):
        name, version = entry.split(maxsplit=1)[0].split("==")
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")

    assert [
        word
        for word in ("/", "http:", "https:", "file:", "--index", "--extra", "--find")
        if word in text
    ] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_one_version_with_its_hashes(lock: str) -> None:
    pinned = re.compile(
        r"[a-z0-9][a-z0-9._-]*==[0-9][^\s;]*( ; [^\\#]+?)?( +--hash=sha256:[0-9a-f]{64})+"
    )

    assert [entry for entry in entries(lock) if not pinned.fullmatch(entry)] == []


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.txt", PROJECT["dependencies"]),
        ("requirements-dev.txt", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]),
    ],
)
def test_a_lock_holds_every_dependency_inside_its_range(lock: str, wanted: list[str]) -> None:
    pinned = pins(lock)

    for requirement in map(Requirement, wanted):
        versions = pinned.get(canonicalize_name(requirement.name), set())
        outside = {version for version in versions if not requirement.specifier.contains(version)}
        assert versions and not outside, f"{requirement} is pinned as {versions}: run make lock"


def test_the_desk_is_installed_without_what_only_tests_need() -> None:
    dev = {
        canonicalize_name(Requirement(text).name)
        for text in PROJECT["optional-dependencies"]["dev"]
    }

    assert dev & pins("requirements.txt").keys() == set()


def test_tests_run_on_the_very_versions_the_desk_runs_on() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE))

    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert {line.split()[1] for line in shown.splitlines()} == targets
    assert targets >= {"setup", "run", "test", "check", "lock", "screenshots", "chaos"}


def test_the_installer_can_be_read_by_an_old_python() -> None:
    ast.parse((ROOT / "tools" / "install.py").read_text("utf-8"), feature_version=(3, 6))


def test_an_old_python_is_told_what_is_needed() -> None:
    with pytest.raises(install.CannotInstallError) as refused:
        install.check_python((3, 9, 18), has_venv=True)

    assert "Python 3.11 以上が必要です（いまは 3.9）。" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_python_without_venv_is_told_the_cure() -> None:
    with pytest.raises(
        install.CannotInstallError, match="sudo apt install python3-venv"
    ) as refused:
        install.check_python((3, 11, 2), has_venv=False)

    assert "\n" not in str(refused.value)


def test_a_newer_python_is_welcome() -> None:
    install.check_python((3, 11, 0), has_venv=True)
    install.check_python((4, 0, 0), has_venv=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder whose .venv starts (it borrows our Python) and was installed to the end for running."""
    for lock in LOCKS:
        (tmp_path / lock).write_text(f"{lock}==1\n", "utf-8")
    python = install.venv_python(tmp_path)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    python.chmod(0o755)
    finish(tmp_path, "runtime")
    return tmp_path


def finish(checkout: Path, kind: str) -> None:
    install.stamp_file(checkout, kind).write_text(install.stamp(checkout, kind, HERE), "utf-8")


def test_a_finished_install_is_left_alone(checkout: Path) -> None:
    assert install.decide(checkout, "runtime") == "nothing"


def test_nothing_there_is_made(tmp_path: Path) -> None:
    assert install.decide(tmp_path, "runtime") == "create"


def test_the_tests_need_more_than_the_desk(checkout: Path) -> None:
    assert install.decide(checkout, "dev") == "install"


def test_what_the_tests_need_is_enough_for_the_desk(checkout: Path) -> None:
    install.stamp_file(checkout, "runtime").unlink()
    finish(checkout, "dev")

    assert install.decide(checkout, "runtime") == "nothing"
    assert install.decide(checkout, "dev") == "nothing"


def test_new_pins_are_installed(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("other==2\n", "utf-8")

    assert install.decide(checkout, "runtime") == "install"


def test_a_broken_off_install_is_made_anew(checkout: Path) -> None:
    install.stamp_file(checkout, "runtime").unlink()

    assert install.decide(checkout, "runtime") == "re-create"


def test_a_venv_whose_python_is_gone_is_made_anew(checkout: Path) -> None:
    install.venv_python(checkout).unlink()
    install.venv_python(checkout).symlink_to(checkout / "gone" / "python3")

    assert install.decide(checkout, "runtime") == "re-create"


def test_a_venv_without_pip_is_made_anew(checkout: Path) -> None:
    install.venv_python(checkout).write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n', "utf-8"
    )

    assert install.decide(checkout, "runtime") == "re-create"


def test_a_moved_folder_gets_a_new_venv(checkout: Path) -> None:
    moved = checkout.rename(checkout.with_name("moved"))

    assert install.decide(moved, "runtime") == "re-create"


def test_a_failing_pip_ends_in_one_sentence_and_leaves_no_stamp(checkout: Path) -> None:
    refuse = 'case "$*" in *install*) echo "ERROR: no space left"; exit 1;; esac'
    install.venv_python(checkout).write_text(
        f'#!/bin/sh\n{refuse}\nexec "{sys.executable}" "$@"\n', "utf-8"
    )
    (checkout / "requirements.txt").write_text("other==2\n", "utf-8")

    with pytest.raises(install.CannotInstallError, match="ERROR: no space left") as refused:
        install.prepare(checkout, "runtime")

    assert "\n" not in str(refused.value)
    assert install.decide(checkout, "runtime") == "re-create"


def test_a_second_install_waits_for_the_first(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("other==2\n", "utf-8")
    program = (
        "import sys, pathlib; from tools import install; "
        "install.prepare(pathlib.Path(sys.argv[1]), 'runtime')"
    )

    with (checkout / "requirements.txt").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, "-c", program, str(checkout)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert second.stdout is not None
        with second, second.stdout as said:
            assert "終わるのを待っています" in said.readline().decode()
            finish(checkout, "runtime")  # the first one is through
            fcntl.flock(held, fcntl.LOCK_UN)
            assert said.read() == b""  # and the second has nothing left to do

    assert second.returncode == 0


def test_a_venv_that_belongs_to_another_folder_is_not_emptied(checkout: Path) -> None:
    beside = checkout.with_name("beside")  # a second working tree that borrows the environment
    beside.mkdir()
    (beside / "requirements.txt").write_text("some==1\n", "utf-8")
    (beside / "requirements-dev.txt").write_text("some==1\n", "utf-8")
    (beside / ".venv").symlink_to(checkout / ".venv")

    with pytest.raises(install.CannotInstallError, match=r"\.venv はほかの場所へのリンク"):
        install.prepare(beside, "runtime")

    assert install.decide(checkout, "runtime") == "nothing"

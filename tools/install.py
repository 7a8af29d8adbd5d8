"""Make .venv and install what requirements[-dev].txt pin: `python3 tools/install.py runtime|dev`.

Standard library only, and in the syntax of Python 3.6: an old Python must get far enough to say that it is too old.

A stamp in .venv says that an install came to its end. It is taken away before anything is changed, so an environment
without a stamp was broken off, and is made anew: pip itself would take half an installed package for a whole one.
"""

import fcntl
import hashlib
import importlib.util
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
REQUIREMENTS = {"runtime": "requirements.txt", "dev": "requirements-dev.txt"}
SATISFIED_BY = {"runtime": ("runtime", "dev"), "dev": ("dev",)}  # dev holds all of runtime


class CannotInstallError(Exception):
    """Its text is the one sentence (Japanese, then English) that says what to do."""


def check_python(version: "tuple[int, ...]", *, has_venv: bool) -> None:
    """Python 3.11 or newer, with its venv module."""
    if tuple(version[:2]) < OLDEST:
        raise CannotInstallError(
            f"Python 3.11 以上が必要です（いまは {version[0]}.{version[1]}）。新しい Python を入れて"
            " make setup PYTHON=python3.11 のように指定してください。"
            f" / Python 3.11 or newer is needed (this is {version[0]}.{version[1]}):"
            " install one, then make setup PYTHON=python3.11"
        )
    if not has_venv:
        raise CannotInstallError(
            "Python の venv がありません。sudo apt install python3-venv のあと、もう一度実行してください。"
            " / Python's venv module is missing: sudo apt install python3-venv, then try again."
        )


def venv_python(root: Path) -> Path:
    return root / ".venv" / "bin" / "python"


def version_of(root: Path) -> str:
    """The version of .venv's own Python, or nothing where it does not start or has no pip."""
    ask = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [str(venv_python(root)), "-I", "-c", ask],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode().strip()


def stamp_file(root: Path, kind: str) -> Path:
    return root / ".venv" / f"installed-{kind}"


def stamp(root: Path, kind: str, version: str) -> str:
    """What was installed, for which Python, and where: scripts in .venv/bin break when the folder is moved."""
    pins = hashlib.sha256((root / REQUIREMENTS[kind]).read_bytes()).hexdigest()
    return f"{pins}\n{version}\n{root}\n"


def decide(root: Path, kind: str) -> str:
    """What is to be done: "nothing", "install" into what is there, "create" or "re-create" .venv."""
    if not (root / ".venv").exists():
        return "create"
    stamps = {k: stamp_file(root, k) for k in REQUIREMENTS if stamp_file(root, k).is_file()}
    version = version_of(root) if stamps else ""
    if not version:
        return "re-create"
    found = {k: file.read_text("utf-8") for k, file in stamps.items()}
    if any(found.get(k) == stamp(root, k, version) for k in SATISFIED_BY[kind]):
        return "nothing"
    same_place = all(text.splitlines()[1:] == [version, str(root)] for text in found.values())
    return "install" if same_place else "re-create"


def run(command: "list[str]", log: Path, lock: int) -> str:
    """Run `command` into `log`; nothing when it went well, else its last line of complaint."""
    with log.open("ab") as out:
        # The child holds the lock too: should we be killed, the next install waits until pip is gone.
        code = subprocess.call(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, pass_fds=(lock,)
        )
    if code == 0:
        return ""
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR", "Error"))] or lines
    return errors[-1] if errors else f"exit {code}"


def create(root: Path, lock: int) -> None:
    log = root / ".venv.log"  # beside .venv, which --clear empties
    wrong = run([sys.executable, "-m", "venv", "--clear", str(root / ".venv")], log, lock)
    if wrong:
        raise CannotInstallError(
            f"仮想環境 .venv を作れませんでした（{wrong}）。空き容量と書き込みの権限を確かめ、もう一度実行してください。"
            f" / .venv could not be made: check disk space and permissions, then try again ({log.name} has the details)."
        )


def install(root: Path, kind: str, lock: int) -> None:
    log = root / ".venv.log"
    pip = [str(venv_python(root)), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    pins = str(root / REQUIREMENTS[kind])
    finished = stamp(root, kind, version_of(root))
    wrong = run([*pip, "install", "--no-input", "--require-hashes", "-r", pins], log, lock)
    if wrong:
        raise CannotInstallError(
            f"部品を入れられませんでした（{wrong}）。ネットワークと空き容量を確かめ、もう一度実行してください。"
            f" / pip failed: check network and disk space, then try again ({log.name} has the details)."
        )
    log.unlink()
    stamp_file(root, kind).write_text(finished, "utf-8")


def refuse_a_link(root: Path, todo: str) -> None:
    """Made anew, a linked .venv would be emptied where it really is, which may be what others run on."""
    linked = root / ".venv"
    if todo == "re-create" and linked.is_symlink():
        raise CannotInstallError(
            f".venv はほかの場所へのリンクで、ここでは作り直せません（{linked.resolve()}）。リンクを消してから、"
            "もう一度実行してください。"
            f" / .venv is a link to another folder ({linked.resolve()}) and is left alone:"
            " remove the link, then try again."
        )


def say(sentence: str) -> None:
    """UTF-8 whatever the locale: Python 3.6 under LANG=C could not print its own refusal."""
    sys.stdout.buffer.write(f"{sentence}\n".encode())
    sys.stdout.flush()


def prepare(root: Path, kind: str) -> None:
    """Bring .venv to what `kind` needs; when two try at once, the second waits and finds it done."""
    if decide(root, kind) == "nothing":
        return
    with (root / REQUIREMENTS["runtime"]).open("rb") as file:
        lock = file.fileno()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("ほかで進んでいる準備が終わるのを待っています…")
            fcntl.flock(lock, fcntl.LOCK_EX)
        todo = decide(root, kind)
        if todo == "nothing":
            return
        refuse_a_link(root, todo)
        started = time.monotonic()
        for k in REQUIREMENTS:
            if stamp_file(root, k).exists():
                stamp_file(root, k).unlink()
        (root / ".venv.log").write_bytes(b"")
        if todo == "re-create":
            say("途中で止まったか、いまの場所と Python に合わない .venv を作り直します。")
        if todo != "install":
            create(root, lock)
        say("必要な部品を入れています（初めては 1〜2 分かかります）…")
        install(root, kind, lock)
        say(f"準備ができました（{time.monotonic() - started:.0f} 秒）。")


def main(arguments: "list[str]") -> int:
    if len(arguments) != 1 or arguments[0] not in REQUIREMENTS:
        say("usage: python3 tools/install.py runtime|dev")
        return 2
    try:
        has_venv = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
        check_python(tuple(sys.version_info[:3]), has_venv=has_venv)
        prepare(ROOT, arguments[0])
    except CannotInstallError as refusal:
        say(str(refusal))
        return 1
    except KeyboardInterrupt:
        say("中断しました。次の make setup か make run が作り直します。")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

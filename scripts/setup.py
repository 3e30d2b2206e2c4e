"""Make the two environments, and nothing twice.

Runs on any Python 3.9 or later with the standard library alone, because it is what a bare clone starts with:

    .venv-tools   uv, which installs the rest (skipped when a recent uv is on PATH)
    .venv         Python 3.11 or later: knowledge base, gateway, tests
    .venv-rasa    Python 3.10: the bot and its action server (Rasa 3.6 runs on nothing newer)
    .venv-peer    txtai and VADER, measured by `make evaluate`; only made by `python3 scripts/setup.py peer`

Every package comes from a pinned list with hashes in `requirements/`. An environment carries the digest of the list it
was made from, so a second call only compares digests. `python3 scripts/setup.py browser` also finds or installs the
Chromium that tests and screenshots drive.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
TORCH_INDEX_DEADLINE_S = "30"  # an unreachable PyTorch index must cost seconds, not minutes
DOWNLOAD_DEADLINE_S = "300"
OLDEST_UV = (0, 8)  # the first with everything used here (--torch-backend, --require-hashes with find-links)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def say(text: str) -> None:
    """Print one line of progress at once, also into a pipe."""
    print(f"[setup] {text}", flush=True)


def give_up(sentence: str) -> NoReturn:
    """End with one sentence that says what is wrong and what to do."""
    sys.exit(f"[setup] {sentence}")


def run(command: list[str], **more: object) -> None:
    """Run a command; raise CalledProcessError when it fails."""
    subprocess.run(command, check=True, cwd=ROOT, **more)  # type: ignore[call-overload]


def works(command: list[str]) -> bool:
    """Whether a command can be started and ends well (a pyenv shim of an inactive version cannot)."""
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the set-up lock: `make run` beside `make test` must not build one environment twice."""
    with open(ROOT / ".setup.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is under way in this folder; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- uv --------------------------------------------------------------------------------------------------------------


def uv_version(uv: str) -> tuple[int, ...]:
    """The version of a uv executable, (0,) when it does not run."""
    try:
        said = subprocess.run([uv, "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", said)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def ensure_uv() -> str:
    """The path of a recent uv: from PATH, else installed once into .venv-tools."""
    on_path = shutil.which("uv")
    if on_path and uv_version(on_path) >= OLDEST_UV:
        return on_path
    folder = ROOT / ".venv-tools"
    uv = folder / "bin" / "uv"
    wanted = REQUIREMENTS / "tools.txt"
    if is_current(folder, digest(wanted)) and uv_version(str(uv)) >= OLDEST_UV:
        return str(uv)
    say("fetching uv, the installer (a few seconds)")
    if not works([sys.executable, "-c", "import ensurepip, venv"]):
        install_debian_package("python3-venv", "python3 has no venv module with pip")
    try:
        run([sys.executable, "-m", "venv", "--clear", str(folder)])
        run(
            [
                str(folder / "bin" / "python"),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                str(wanted),
            ]
        )
    except subprocess.CalledProcessError:
        give_up(
            "uv could not be installed from the package index (see above); check the network or put uv "
            f"{'.'.join(map(str, OLDEST_UV))} or later on PATH, then run the same command again."
        )
    mark(folder, digest(wanted))
    return str(uv)


def install_debian_package(name: str, why: str) -> None:
    """Install a Debian package when this machine lets us, else say which command does it."""
    advice = f"{why}: install it with 'sudo apt-get install {name}', then run the same command again."
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        give_up(advice)
    say(f"{why}: installing the Debian package {name} (up to a minute)")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(["apt-get", "update", "-qq"], env=quiet, stdout=subprocess.DEVNULL)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", name], env=quiet, stdout=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        give_up(advice)


# --- interpreters ----------------------------------------------------------------------------------------------------


def find_python(versions: tuple[str, ...]) -> str | None:
    """An interpreter of one of the versions, in that order: on PATH, then in pyenv. None when there is none."""
    pyenv_roots = [os.environ.get("PYENV_ROOT", ""), str(pathlib.Path.home() / ".pyenv")]
    for version in versions:
        candidates = [shutil.which(f"python{version}") or ""]
        for root in filter(None, pyenv_roots):
            candidates += map(str, sorted(pathlib.Path(root).glob(f"versions/{version}.*/bin/python"), reverse=True))
        for candidate in filter(None, candidates):
            exact = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
            if works([candidate, "-c", exact]):
                return candidate
    return None


def make_environment(uv: str, folder: pathlib.Path, versions: tuple[str, ...], need: str) -> None:
    """Create a virtual environment with the first interpreter that can be had."""
    python = find_python(versions)
    if python is None:
        say(f"no Python {need} here; asking uv to fetch one (about 30 MB)")
    try:
        run([uv, "venv", "--quiet", "--clear", "--python", python or versions[0], str(folder)])
    except subprocess.CalledProcessError:
        give_up(
            f"Python {need} is needed for {folder.name} and none could be had: install it (for example "
            f"'pyenv install {versions[0]}'), put python{versions[0]} on PATH, then run the same command again."
        )


# --- environments ----------------------------------------------------------------------------------------------------


def digest(*files: pathlib.Path) -> str:
    """One digest over the contents of some files."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def is_current(folder: pathlib.Path, stamp: str) -> bool:
    """Whether an environment was completed from the list with this digest."""
    mark_file = folder / ".made-from"
    return (folder / "bin" / "python").exists() and mark_file.exists() and mark_file.read_text() == stamp


def mark(folder: pathlib.Path, stamp: str) -> None:
    """Record, as the very last step, what an environment was made from."""
    (folder / ".made-from").write_text(stamp)


def find_links() -> list[str]:
    """Folders of wheels that pip or uv are told about; uv does not read pip's own setting."""
    said = [os.environ.get("UV_FIND_LINKS", ""), os.environ.get("PIP_FIND_LINKS", "")]
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.find-links"], capture_output=True, text=True
    )
    said.append(asked.stdout if asked.returncode == 0 else "")
    found = dict.fromkeys(place for text in said for place in re.split(r"[\s,]+", text) if place)
    return list(found)


def install_torch(uv: str, folder: pathlib.Path) -> None:
    """Install torch, the CPU build where one can be had: PyPI's Linux wheel brings gigabytes of CUDA along."""
    python = str(folder / "bin" / "python")
    pinned = REQUIREMENTS / "torch-cpu.txt"
    version = pinned.read_text().split()[0].removeprefix("torch==")
    tag = subprocess.run(
        [python, "-c", "import sys; print('cp%d%d' % sys.version_info[:2])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    install = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes"]
    for place in find_links():
        local = pathlib.Path(place.removeprefix("file://"))
        if local.is_dir() and any(local.glob(f"torch-{version}-{tag}-*{os.uname().machine}.whl")):
            say("torch: the CPU build that lies on disk")
            run([*install, "--no-deps", "--no-index", "--find-links", str(local), "-r", str(pinned)])
            return
    say("torch: asking PyTorch's own index for the CPU build (about 200 MB)")
    patient = {**os.environ, "UV_HTTP_TIMEOUT": TORCH_INDEX_DEADLINE_S}
    from_pytorch = [*install, "--no-deps", "--torch-backend", "cpu", "-r", str(pinned)]
    if subprocess.run(from_pytorch, cwd=ROOT, env=patient, stderr=subprocess.DEVNULL).returncode == 0:
        return
    say("torch: that index cannot be reached; taking the general build with its CUDA libraries (3 GB, some minutes)")
    run([*install, "-r", str(REQUIREMENTS / "torch-pypi.txt")])


def install_pinned(uv: str, folder: pathlib.Path, pinned: pathlib.Path) -> None:
    """Install exactly what a file pins, each by its digest, and nothing it merely asks for."""
    python = str(folder / "bin" / "python")
    run([uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--require-hashes", "-r", str(pinned)])


def install_main(uv: str) -> None:
    """Bring .venv up to date."""
    folder = ROOT / ".venv"
    wanted = digest(REQUIREMENTS / "main.txt", REQUIREMENTS / "torch-cpu.txt")
    if is_current(folder, wanted):
        return
    started = time.monotonic()
    say(".venv (knowledge base, gateway, tests): 0.6 GB to fetch, one to three minutes")
    make_environment(uv, folder, ("3.11", "3.12", "3.13"), "3.11 or later")
    install_torch(uv, folder)
    install_pinned(uv, folder, REQUIREMENTS / "main.txt")
    mark(folder, wanted)
    say(f".venv is ready ({time.monotonic() - started:.0f} s)")


def install_rasa(uv: str) -> None:
    """Bring .venv-rasa up to date."""
    folder = ROOT / ".venv-rasa"
    wanted = digest(REQUIREMENTS / "rasa.txt")
    if is_current(folder, wanted):
        return
    started = time.monotonic()
    say(".venv-rasa (bot, actions): 0.9 GB to fetch, one to three minutes")
    make_environment(uv, folder, ("3.10",), "3.10")
    install_pinned(uv, folder, REQUIREMENTS / "rasa.txt")
    mark(folder, wanted)
    say(f".venv-rasa is ready ({time.monotonic() - started:.0f} s)")


def install_peer(uv: str) -> None:
    """Bring .venv-peer up to date."""
    folder = ROOT / ".venv-peer"
    wanted = digest(REQUIREMENTS / "peer.txt", REQUIREMENTS / "torch-cpu.txt")
    if is_current(folder, wanted):
        return
    started = time.monotonic()
    say(".venv-peer (txtai and VADER, to compare with): most of it is there already, up to a minute")
    make_environment(uv, folder, ("3.11", "3.12", "3.13"), "3.11 or later")
    install_torch(uv, folder)
    install_pinned(uv, folder, REQUIREMENTS / "peer.txt")
    mark(folder, wanted)
    say(f".venv-peer is ready ({time.monotonic() - started:.0f} s)")


def find_browser() -> str | None:
    """The path of a Chromium or Chrome on this machine."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def install_browser() -> None:
    """Make sure there is a Chromium for tests and screenshots."""
    if find_browser() is None:
        install_debian_package("chromium", "no Chromium here, which the browser tests drive")


def main() -> None:
    """Make what is missing; end with one sentence when something cannot be had."""
    os.environ.setdefault("UV_HTTP_TIMEOUT", DOWNLOAD_DEADLINE_S)
    os.environ.pop("VIRTUAL_ENV", None)
    try:
        with only_one():
            uv = ensure_uv()
            install_main(uv)
            install_rasa(uv)
            if "peer" in sys.argv[1:]:
                install_peer(uv)
            if "browser" in sys.argv[1:]:
                install_browser()
    except subprocess.CalledProcessError as failure:
        give_up(
            f"'{' '.join(map(str, failure.cmd[:4]))} …' failed (see above); what was fetched is kept: mend the "
            "cause (network, disk space) and run the same command again."
        )
    except OSError as failure:
        give_up(
            f"{failure.strerror}: {failure.filename or ROOT}; free some space (5 GB are needed) or mend the "
            "rights, then run the same command again."
        )


if __name__ == "__main__":
    main()

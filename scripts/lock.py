"""Pin every list in `requirements/` anew (`make lock`): names, versions and hashes, no download addresses.

torch is pinned apart from the rest, as its CPU build comes from another place than PyPI and has other hashes:
`torch-cpu.txt` pins that build, `torch-pypi.txt` the general one with its CUDA libraries, for machines that reach
nothing but PyPI.
"""

import hashlib
import pathlib
import re
import subprocess

from scripts.setup import REQUIREMENTS, ensure_uv, find_links, find_python

TORCH = "torch==2.13.0"


def compile_list(uv: str, source: str, target: str, release: str, *options: str) -> None:
    """Write `requirements/<target>` from a list of wishes, for every machine's Python `release`.

    What is pinned must install on the first Python of a release: Debian 12 has 3.11.2, and some packages want 3.11.5.
    """
    subprocess.run(
        [
            uv,
            "pip",
            "compile",
            "--quiet",
            "--no-header",
            "--no-annotate",
            "--generate-hashes",
            "--python",
            find_python((release,)) or release,
            "--python-version",
            f"{release}.0",
            "--python-platform",
            "linux",
            *options,
            source,
            "-o",
            target,
        ],
        cwd=REQUIREMENTS,
        check=True,
    )


def keep_markers(source: str, target: str) -> None:
    """Write the conditions of `source` into `target`: resolving for one platform drops them."""
    wishes = (REQUIREMENTS / source).read_text().splitlines()
    text = (REQUIREMENTS / target).read_text()
    for wish in wishes:
        name, _, condition = (part.strip() for part in wish.split("#")[0].partition(";"))
        if condition:
            text = re.sub(rf"^({re.escape(name)}==\S+) ", rf"\1 ; {condition} ", text, flags=re.MULTILINE)
    (REQUIREMENTS / target).write_text(text)


def cpu_wheel_hashes() -> list[str]:
    """The digests of CPU builds of torch that lie in a find-links folder."""
    places = [pathlib.Path(place.removeprefix("file://")) for place in find_links()]
    wheels = [wheel for place in places if place.is_dir() for wheel in place.glob(f"{TORCH.replace('==', '-')}+cpu-*")]
    return [hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in sorted(wheels)]


def main() -> None:
    """Pin all lists; keep the CPU hashes already known when no wheel is at hand."""
    uv = ensure_uv()
    links = [option for place in find_links() for option in ("--find-links", place)]
    compile_list(uv, "tools.in", "tools.txt", "3.11")
    compile_list(uv, "main.in", "main.txt", "3.11", "--no-emit-package", "torch", *links)
    keep_markers("main.in", "main.txt")
    compile_list(uv, "rasa.in", "rasa.txt", "3.10")
    compile_list(uv, "peer.in", "peer.txt", "3.11", "--no-emit-package", "torch", "-c", "main.txt", *links)
    compile_list(uv, "torch.in", "torch-pypi.txt", "3.11", "-c", "main.txt")
    target = REQUIREMENTS / "torch-cpu.txt"
    known = re.findall(r"sha256:(\w+)", target.read_text() if target.exists() else "")
    hashes = dict.fromkeys([*cpu_wheel_hashes(), *known])
    target.write_text(f"{TORCH}+cpu \\\n" + " \\\n".join(f"    --hash=sha256:{value}" for value in hashes) + "\n")


if __name__ == "__main__":
    main()

"""`make evaluate`: how well search answers, and how well the bot knows when a person is needed.

Search is measured on `data/evaluation/shop` and on every labelled set in the folder that `EVALUATION_DATA` names (see
docs/evaluation.md); near-duplicate warnings on `data/evaluation/duplicates`; escalation on the recorded dialogues of
`data/evaluation/dialogues`, beside rivals, and through the whole running system on `data/evaluation/escalation`, each
message sent over the wire by its own customer, and on the whole conversations of `data/evaluation/scripted`.
Prints the tables and writes them into docs/evaluation.md, the figures into docs/evaluation.json and
docs/escalation.json, the pictures into docs/images.

    python -m tests.evaluation                             # everything
    python -m tests.evaluation --search                    # search alone, without starting the system
    python -m tests.evaluation --escalation                # the recorded dialogues alone
    python -m tests.evaluation --escalation --split test   # their test part: only to report, not to look at
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from knowledge_base.articles.markdown_files import read_folder
from knowledge_base.encoder import load_encoder
from knowledge_base.evaluation import duplicates, longer, unseen_report
from knowledge_base.evaluation.sources import evaluation_encoder, evaluation_multilingual, load_sets
from knowledge_base.search.confidence import load_confidence
from knowledge_base.settings import DEMO_FOLDER, Settings, evaluation_folder
from scripts.settings import ROOT
from scripts.train import train_if_needed
from tests.evaluation import escalation, over_the_wire
from tests.evaluation.detectors import PEER
from tests.support.report import measured_with, write_between

PAGE = ROOT / "docs/evaluation.md"
FIGURES = ROOT / "docs/evaluation.json"
PICTURES = ROOT / "docs/images"


def search_table() -> str:
    """What the knowledge base says of itself."""
    with tempfile.TemporaryDirectory(prefix="tandem-evaluate-") as folder:
        table = Path(folder) / "search.md"
        command = [str(ROOT / ".venv/bin/python"), "-m", "knowledge_base", "evaluate", "--markdown", str(table)]
        command += ["--json", str(FIGURES), "--pictures", str(PICTURES), "--peer", str(PEER)]
        subprocess.run(command, cwd=ROOT, check=True)
        return table.read_text(encoding="utf-8").strip()


def confidence_table() -> str:
    """What the confidence is worth on sets it never saw, as `calibrate` recorded it."""
    return unseen_report.markdown(unseen_report.recorded())


def longer_table() -> str:
    """How well a question is answered inside a longer message."""
    settings = Settings.from_env()
    sets = load_sets(settings, evaluation_folder())
    encoders = evaluation_encoder(settings), evaluation_multilingual(settings)
    return longer.markdown(longer.measure(sets, load_confidence(), *encoders))


def duplicates_table() -> str:
    """How well near-duplicate warnings tell one question from two."""
    encoder = load_encoder(Settings.from_env())
    found = duplicates.measure(duplicates.read_pairs(), encoder)
    articles = list(read_folder(DEMO_FOLDER))
    warned = duplicates.warned_of_articles(articles, encoder)
    return duplicates.markdown(found, articles=len(articles), warned_articles=warned)


def publish(name: str, command: str, text: str) -> None:
    """Print a section and write it into the page."""
    print(text, flush=True)
    write_between(PAGE, name, f"{measured_with(command)}\n\n{text}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    alone = parser.add_mutually_exclusive_group()
    alone.add_argument("--search", action="store_true", help="search alone")
    alone.add_argument("--escalation", action="store_true", help="the recorded dialogues alone")
    parser.add_argument("--split", choices=("dev", "test"), default="dev", help="of the recorded dialogues")
    chosen = parser.parse_args()
    if not PEER.exists():
        sys.exit("The environment of those to compare with is missing; run `python3 scripts/setup.py peer`.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    if not chosen.escalation:
        write_between(PAGE, "search", f"{measured_with('make evaluate')}\n\n{search_table()}")
        write_between(PAGE, "confidence", confidence_table())
        publish("longer", "make evaluate", longer_table())
        publish("duplicates", "make evaluate", duplicates_table())
    if chosen.search:
        return
    train_if_needed("")
    command = f"python -m tests.evaluation --escalation --split {chosen.split}"
    publish(f"dialogues-{chosen.split}", command, escalation.section(chosen.split))
    if not chosen.escalation:
        publish("escalation", "make evaluate", over_the_wire.escalation_section())
        publish("scripted", "make evaluate", over_the_wire.scripted_section())


if __name__ == "__main__":
    main()

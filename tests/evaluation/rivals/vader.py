"""VADER, a sentiment lexicon for English: how negative each text is. Runs in ``.venv-peer``.

Reads a JSON list of texts from stdin and writes a JSON list of numbers, 0 (not at all) to 1.
"""

import json
import sys

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def main() -> None:
    """Score what stands in stdin."""
    analyser = SentimentIntensityAnalyzer()
    texts = json.load(sys.stdin)
    json.dump([max(0.0, -analyser.polarity_scores(text)["compound"]) for text in texts], sys.stdout)


if __name__ == "__main__":
    main()

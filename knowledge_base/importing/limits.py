"""What an imported file may hold at most. The reading process has limits of its own on top: `child.py`."""

from __future__ import annotations

MIB = 1024 * 1024
MAX_FILE = 50 * MIB  # of an upload; a base of 10,000 articles is about 30 MiB of JSONL
MAX_ROWS = 50_000  # articles of one file: what one transaction writes in well under a minute
MAX_ENTRIES = 20_000  # files of one zip or folder
MAX_UNPACKED = 200 * MIB  # of everything in a zip or folder together
MAX_RATIO = 200  # unpacked to packed; honest text packs about 10 to 1, a zip bomb 1000 to 1
RATIO_FREE = MIB  # below this size the ratio of a file is not looked at: a page of blanks packs well and hurts nobody
MAX_FRONT_MATTER = 256 * 1024  # characters; YAML is slow to read
MAX_EXTERNAL_ID = 200  # characters, the width of its column
MAX_EARLIER_VERSIONS = 10_000  # of one article in an export
MAX_IGNORED_NAMES = 100  # names of ignored files in a report; the rest is only counted

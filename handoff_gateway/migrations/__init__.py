"""Numbered, append-only changes of the tables. `HEAD` is the newest; a test holds it to the files."""

HEAD = "0011"

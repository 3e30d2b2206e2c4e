"""Replaying recorded dialogues, and measuring verdicts on them."""

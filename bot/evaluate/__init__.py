"""``python -m bot.evaluate FILE.jsonl``: what the bot would have decided in recorded dialogues, and how well."""

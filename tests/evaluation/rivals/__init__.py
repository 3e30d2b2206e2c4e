"""Other ways to notice that a person is needed, measured beside ours. Each gives verdicts bot.evaluate reads."""

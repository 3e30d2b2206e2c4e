"""When the bot is asked, and how."""

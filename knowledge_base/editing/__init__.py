"""What editors do to articles, and what it would do to answers."""

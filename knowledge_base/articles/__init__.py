"""Articles as values: their passages, versions, statements, and how they are written down. Pure."""

"""What the gateway asks of the knowledge base and tells it, and what it passes on for editors."""

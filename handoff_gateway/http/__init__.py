"""What the gateway offers over HTTP, and what it passes on to the knowledge base."""

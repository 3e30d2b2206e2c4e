"""What the knowledge base offers over HTTP."""

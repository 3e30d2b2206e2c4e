"""The action server: answering from the knowledge base, asking back, handing over, taking feedback."""

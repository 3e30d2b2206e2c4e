"""Rasa NLU components: vectors from the encoder, language, and escalation scores."""

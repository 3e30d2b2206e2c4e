"""When a person is needed: pure decisions over plain turns. Nothing in here imports Rasa."""

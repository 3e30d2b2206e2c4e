"""Decides what may happen in a conversation and what it changes: pure, without clocks, sockets or a database."""

"""Shared by both environments, so this file imports nothing that only one of them has."""

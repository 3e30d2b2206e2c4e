"""Keeps it: the event log and its projection, accounts, teams, the audit log; one transaction is one function."""

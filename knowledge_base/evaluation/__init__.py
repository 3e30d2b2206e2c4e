"""Measuring search and its confidence on labelled questions, and fitting the confidence."""

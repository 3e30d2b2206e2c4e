"""Import: files of many kinds become rows, rows become a plan, a plan becomes one transaction."""

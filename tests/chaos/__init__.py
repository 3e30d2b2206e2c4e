"""Bad networks and killed processes: nothing may be lost, doubled or put out of order."""

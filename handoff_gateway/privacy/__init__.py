"""What is kept of a customer, for how long, and in what words."""

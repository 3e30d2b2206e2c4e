"""Questions without a good answer, and the articles that come of them."""

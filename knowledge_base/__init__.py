"""The knowledge base: articles, their passages, and a hybrid search that knows how sure it is."""

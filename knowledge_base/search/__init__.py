"""From a question to its answer: encoding, both halves, fusion, confidence, and the index kept in step."""

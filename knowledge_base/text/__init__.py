"""What a text is, whatever it is about: words, sentences, language, personal data, nearness. Pure."""

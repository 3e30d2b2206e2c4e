"""The door to a conversation, and those who follow one: commands in, news out."""

"""Who gets a conversation, and what happens by itself when its time comes."""

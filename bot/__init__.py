"""The Rasa side of Tandem: what the bot understands, when it hands over, and the channel the gateway speaks to."""

"""The gateway: conversations, sockets, queue and desk. Owns who is speaking; see `conversation.py` first."""

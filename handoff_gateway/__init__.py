"""The gateway: conversations, sockets, queue and desk. Owns who is speaking; see `core/conversation.py` first."""

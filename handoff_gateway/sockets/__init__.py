"""What customers and agents say over their sockets, and what they are sent."""

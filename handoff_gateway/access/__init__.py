"""Who is asking, and how often may they: sign-in, signed identities, tokens, limits."""

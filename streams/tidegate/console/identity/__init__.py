"""Who is asking and what they may do: users, roles, sessions, tokens, sign-in. No trade data."""

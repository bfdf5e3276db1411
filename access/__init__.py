"""Who may see and do what: accounts, sessions, tokens, and the limits of each."""

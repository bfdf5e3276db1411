"""Tenants: who they are, what is kept of them and for how long, and which messages are theirs."""

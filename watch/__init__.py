"""Watches the appliance from outside: an inventory of who sends, and a canary through every listener."""

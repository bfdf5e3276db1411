"""Configuration, the processes of one box and their state: what turns four packages into an appliance."""

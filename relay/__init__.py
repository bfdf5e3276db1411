"""Stored messages go on to other collectors: by RELP, TLS or TCP, octets unaltered, from a durable cursor."""

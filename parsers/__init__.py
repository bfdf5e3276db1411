"""Octets in, columns out: grammars, their compiler, the record schema and the batch format.

Nothing here does I/O, looks at a clock, or writes a log; what a message leaves out is an argument.
"""

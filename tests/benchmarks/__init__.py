"""Benchmarks: run by hand, never by the test suite. Each is one command and prints what it measured."""

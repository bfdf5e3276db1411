"""Users' own formats: rules in liblognorm's language, compiled like every grammar here.

    base = load(text, "sshd.rules")
    base.match("Failed password for root from 10.0.0.1 port 22")   → {"user": "root", …} or None
    base.entries(column)                                           → fields of a whole column

RULES.md beside this file lists the language: statements, types, parameters, and what differs.
"""

from parsers.rules.base import Rule, RuleBase
from parsers.rules.errors import RuleError, RuleErrors
from parsers.rules.load import load

__all__ = ["Rule", "RuleBase", "RuleError", "RuleErrors", "load"]

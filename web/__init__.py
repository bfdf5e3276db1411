"""The auditor's pages, over storage's readers."""

"""What auditors keep: saved searches, their review, and findings."""

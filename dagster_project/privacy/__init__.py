"""Erasing a person from everything that a home holds, and removing what is older than its class may be kept."""

"""What a user would run instead, as small as such a user would write it, for the same figures."""

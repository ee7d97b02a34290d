"""Bringing over what exists: curricula of installed packages, and what others wrote, as repos of the template."""

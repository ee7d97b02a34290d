"""Bringing over what exists: curricula of installed packages, and what other systems wrote, become repos of the template."""

"""A curriculum to copy."""

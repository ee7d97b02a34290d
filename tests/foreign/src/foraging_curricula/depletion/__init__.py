"""Patches that are depleted."""

"""The checks, one module a family. What each is about: ``plugin.FAMILIES``."""

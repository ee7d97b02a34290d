"""What launcher and curriculum repo rely on from each other: error codes, strict JSON, documents, version numbers.

The lowest package: it imports none of the others, and only the standard library, but for ``documents``, which is for
hosts and tests and which no command imports.

Source of the rules: docs/contract.md.
"""

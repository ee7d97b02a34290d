"""What a session leaves behind: facts of the curriculum as plain JSON, for the metadata of the session.

Owns the documents that go into aind-data-schema's ``Acquisition`` and ``Procedures`` and into NWB, and how they are
read back. They are built of what was recorded: a trainer state, a suggestion or the reason why there is none, the
code, and
the entries of a ledger. No curriculum code is imported here, and no aind-data-schema.
"""

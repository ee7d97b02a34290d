"""The memory of an animal: an append-only list of entries a subject, and what follows from them.

``entry`` is one of them, ``standing`` what they say together, ``known`` how they are read, ``recording`` how one is
added; a ``store`` keeps their bytes, and ``opening`` finds it by its URL. ``mirroring`` shows where animals stand to
those who read something else. ``overview`` is of all animals, ``verify`` looks for what does not fit, ``copying``
brings a ledger elsewhere. The same entries give the same standing everywhere.
"""

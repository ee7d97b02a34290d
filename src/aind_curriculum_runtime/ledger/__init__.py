"""The memory of an animal: an append-only list of entries a subject, and what follows from them.

``entry`` is one of them, ``standing`` what they say together, ``known`` how they are read, ``recording`` how one is
added; ``store`` keeps their bytes. The same entries give the same standing in every store.
"""

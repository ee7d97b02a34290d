"""The repo's own curriculum: finding and loading it, its rules by reference, its migrations, its manual transitions.

``author_code`` is the border: it turns whatever curriculum code raises into a ``CurriculumError``.
"""

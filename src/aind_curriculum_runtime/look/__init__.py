"""Views of a curriculum: tables, pictures, pages, and the explanation of one evaluation.

``read`` makes the plain ``model`` of a curriculum, and each view is a function of that model alone: ``terminal``,
``dot`` with ``drawing``, ``page`` and ``mermaid``. ``trace`` and ``explain`` are about one evaluation instead.
"""

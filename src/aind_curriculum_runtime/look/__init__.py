"""Looking at a curriculum: as a table, a picture, a page, and as the account of one evaluation.

``read`` makes a plain model of a curriculum; everything else is a pure function of that model, but for
``drawing`` (Graphviz) and ``trace`` (an evaluation).
"""

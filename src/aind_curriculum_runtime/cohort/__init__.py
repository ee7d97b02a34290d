"""What a curriculum means for many animals at once: made of the decisions that ``replay`` yields."""

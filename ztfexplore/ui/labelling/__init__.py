"""Labels by a click: the panel, the queue, and what they write."""

"""Training: methods and their objectives, the data, the loop, and the card that records it."""

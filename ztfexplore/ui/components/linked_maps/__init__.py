"""Two linked maps and the neighbours of the picked object: Python, JavaScript and CSS."""

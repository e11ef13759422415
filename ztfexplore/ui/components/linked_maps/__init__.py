"""Two linked maps, the picked object and its neighbours: Python, JavaScript and CSS of one component."""

"""What the browser fetches beside the rerun: routes, published bytes, neighbour cards, thumbnails."""

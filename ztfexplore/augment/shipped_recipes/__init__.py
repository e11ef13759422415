"""One file per recipe; each registers itself. `ztfexplore.augment.recipes.RECIPES` finds them."""

"""One file per recipe; each registers itself. `ztfexplore.augment.recipes.RECIPES` looks them up."""

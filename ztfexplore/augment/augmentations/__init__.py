"""One file per augmentation; each registers itself with `ztfexplore.augment.augmentation.AUGMENTATIONS`."""

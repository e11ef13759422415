"""How good an embedding is: metrics, the fixed test part, classifiers, few labels, invariance, geometry."""

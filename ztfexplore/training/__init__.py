"""How encoders are trained: what is asked, what is seen, what is written down."""

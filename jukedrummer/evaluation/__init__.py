"""How good the drums are: metrics, the baseline ladder, the listening gate."""

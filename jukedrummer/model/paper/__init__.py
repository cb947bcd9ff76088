"""The networks that the authors built, as their released weights need them (ISMIR 2022, arXiv 2210.06007)."""

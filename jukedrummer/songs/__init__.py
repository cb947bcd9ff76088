"""What a musician calls: the drummer, `accompany`, `beats`."""

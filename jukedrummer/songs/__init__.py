"""The finished system for songs: the drummer, and the commands `accompany` and `beats`."""

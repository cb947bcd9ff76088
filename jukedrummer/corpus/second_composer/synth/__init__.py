"""The synthesiser: drums, instruments, and the mix.

signals          noise, filters, decays, rooms     tones   plucked, struck and held tones
designs, pieces  how kits and their pieces sound   voices  the instruments of the band
kits             the drums of a song               mix     a song's notes to its stems
"""

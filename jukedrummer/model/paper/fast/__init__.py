"""Faster forms of the paper's networks on a processor, with the same weights and state.

The readable networks do not depend on this package. `lm` and `vqvae` each have a subclass of a
readable network, which replaces some of its parts.

* `vqvae.FastPaperVQVAE`: convolutions by Winograd's algorithm (`convolution`).
* `lm.FastPaperLM`: dropout from fewer random bits (`dropout`), sampling with stored keys and values
  (`cache`, `step`), sampling with compiled layers (`compiled`).

Results equal those of the readable networks up to rounding. Dropout draws other random numbers.
"""

"""What a person sees of a bundle: one self-contained page and the model card."""

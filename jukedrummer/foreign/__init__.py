"""The released files of the authors: converters to models and bundles of this package."""

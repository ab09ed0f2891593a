"""Commands that rebuild the weights shipped in the package, from data sets given by path."""

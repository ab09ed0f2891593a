"""How the detectors of hostile input are trained: data, templates, the n-gram model and what is measured of it."""

"""Whether sentences are borne out by their evidence: the index, the comparison, the trees and the trained network."""

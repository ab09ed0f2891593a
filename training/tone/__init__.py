"""How the judge of tone is trained: pairs by grammar, public sets, n-gram model, figures."""

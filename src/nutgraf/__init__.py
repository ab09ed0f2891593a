"""Nutgraf: the few takeaways that matter to this member, beside every item, each sentence checked and cited."""

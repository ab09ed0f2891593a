"""The second opinion: a larger model of one's own beside ours, in answers or for labelled data alone."""

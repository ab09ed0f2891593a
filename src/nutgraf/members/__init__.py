"""What may be known of a member: a frozen, consented snapshot of facts with ids."""

"""What an answer did, noted while it ran: kept in files, told to OpenTelemetry, replayed on a virtual clock."""

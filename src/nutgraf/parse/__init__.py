"""Words of a model become drafts with citations; plain feed/close objects that know no clock and no socket."""

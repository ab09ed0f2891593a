"""Labels by people: sentences beside their evidence on a local page, several annotators, their agreement."""

"""Numbers and sentences: how amounts and stories are told."""

"""Who hears of what, and where: nouns and cards brought together into rows of the ledger."""

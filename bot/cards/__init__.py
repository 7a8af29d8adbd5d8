"""Every sentence the desk says: pure functions from facts to cards, one file a noun."""

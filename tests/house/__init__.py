"""Reading our own sources: what the tests of the house's rules are made of."""

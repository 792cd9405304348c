"""PostgreSQL is the oracle: a conversation with it, and the same through the pooler.

Conversations are made up (`generator`), played to PostgreSQL, each client on a
connection of its own, and then to the pooler, which has fewer servers than there are
clients (`player`). The replies to each client, and what is in its table afterwards,
must be the same (`comparison`). How it is made sure that both runs can be compared is
told in `player`.
"""

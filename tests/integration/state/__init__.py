"""What a client does to its session stays its own, whatever server it gets.

A *scene* (`scene`) is what two clients say in turns. It is played to PostgreSQL, a
connection for each, and then to the pooler, which has few servers; both must hear the
same (`stage`). So nobody writes down what PostgreSQL answers.
"""

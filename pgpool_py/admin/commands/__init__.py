"""One command of the console per file; ``directory`` lists them."""

"""What an operator does while clients work: RELOAD, PAUSE and RESUME, over and over."""

"""What the text of a statement says about its transaction and its session."""

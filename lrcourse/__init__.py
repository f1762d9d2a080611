"""A course on learning-rate decay that you can run."""

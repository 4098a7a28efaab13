"""The pages: composition root, views, actions and presentation."""

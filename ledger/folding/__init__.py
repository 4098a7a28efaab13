"""What a history makes of its unit now: pure folds over events, shared by writer, readers and examination."""

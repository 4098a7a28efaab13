"""The edge gateway: from device bytes to sealed, signed custody batches."""

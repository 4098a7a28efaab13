"""What a gateway says to readers that answer: the handshake and the round of each family, and who conducts them."""

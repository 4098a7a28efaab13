"""Device firmware mocks, written from the vendor sheets. They import nothing of the product."""

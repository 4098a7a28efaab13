"""What tests share: golden formats, an independent log checker, fake producers."""

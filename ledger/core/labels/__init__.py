"""Labels as a site meets them: ISBT 128, the site's own schemes beside it, and the bag that a scan names.

Modules:
    codes: what the codes on ISBT 128 labels mean, by tables that the facility supplies.
    scheme: a site-configured scheme: a pattern with named parts, from text to donation and product.
    reading: one text by whichever scheme it is of.
    pairing: a bag named by two scans, in either order, at one scanner.
"""

"""Translations at the edge, for other programs: `tables`, lists as CSV that no spreadsheet runs; `stock`, its bags."""

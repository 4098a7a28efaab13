"""Mutation testing of the blood rules: which small mistakes would no test find?

`mistakes` makes them, `trial` runs the rules' own tests on each, `verdict` says what came of it.
"""

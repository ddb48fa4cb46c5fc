"""
What people and programs get to read, as pure functions from values to text.

hostile   the boundary: text from live systems and files made harmless
lines     a line of text with a little style, which the terminal paints
text      plan, result, drift and state as lines
encoding  JSON that is harmless to print, one item a line
jsonplan  plan → JSON
planfile  JSON → plan, checked; the JSON Schema of both
"""

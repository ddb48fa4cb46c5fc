"""
What people and programs get to read, as pure functions from values to text.

hostile   the boundary: text from live systems and files made harmless
lines     a line of text with a little style, which the terminal paints
text      plan, result, drift and state as lines
values    values and their differences as lines; sides: side by side
markdown  plan and drift for the comment under a pull request
webpage   plan and drift as one HTML file
sarif     drift as findings, at the places of the files
junit     drift, and tests of rules, as results of tests
trials    tests of rules, as lines and as JSON
prometheus  drift as gauges
notice    new drift, as it is told to Slack, Teams and webhooks
since     what is new in drift
coverage  how much of what is live is managed
compare   how a fresh plan differs from the one that was reviewed
encoding  JSON that is harmless to print, one item a line
jsonplan  plan → JSON
planfile  JSON → plan, change by change, checked
planshape what stands in that JSON, and its JSON Schema
"""

"""
What things are: plain values, no behaviour beyond looking things up.

address    where a case stands in the workspace        soc.phishing-wave
values     what an attribute may hold                  text, sets, maps; Ref, Secret, Digest, ABSENT
fields     what an attribute means when compared       Set, Map, CaseInsensitive, Timestamp …
case       desired (Case) and live (Live)
record     recorded (Record, State)
change     what differs about one case                 FieldChange, Change, Drift
operation  one request that writes
coverage   how much of what is live is managed
plan       changes, drift, lineage, serial, digest
window     a large JSON object, read item by item
"""

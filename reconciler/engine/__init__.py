"""
Doing it: whatever touches the systems.

progress    who listens to what the engine does
ratelimit   how many requests a tenant gets
transports  one request: sent, bounded, limited, repeated, explained
answers     what an answer says, in words and as JSON
http        the systems as providers and the engine see them
"""

"""
How a plan is made: pure functions from (desired, recorded, live) to a Plan.

normalize   seal secrets, resolve references that are known
diff        what differs, and why
decide      which action that calls for
order       which case comes first
limits      what is too much
planner     the steps in order
"""

"""
How a plan is made: pure functions from (desired, recorded, live) to a Plan.

naming      the system's words for the parts of a case, and ours
finding     which live case is meant by what is said of it
links       what one case declares of another
normalize   seal secrets, resolve references that are known
diff        what differs, and why
decide      which action that calls for
order       which case comes first
limits      what is too much
planner     the steps in order
"""

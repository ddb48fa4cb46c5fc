"""
Doing it: whatever touches the systems.

progress      who listens to what the engine does
stop          the wish to stop, heard between two requests and in the middle of a wait
tenant        one provider instance: its adapter, and the channel to its system

http          that channel: paths in, decoded JSON out
surroundings  what the transports beneath share: bounds, time and chance
transports    a turn under the limit, and another try
sending       one attempt
watch         cutting what takes too long
explain       what went wrong, in words
answers       what an answer says
ratelimit     how many requests a tenant gets

refresh       reading what is live
survey        going through all that is live
finding       cases that are declared by what they say
reread        looking once more before writing
perform       one request, so that it happens once
recorder      writing down what was done
verify        holding sets against what is shown of them
work          one case, request by request
apply         a whole plan, cases side by side
recover       what became of creates that nobody lived to note
"""

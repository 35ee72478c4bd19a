"""The running scheduler behind one protocol.

protocol     what every engine can do
embedded     the protocol over the ledger, without a clock (the command line)
service      the clock, the dispatcher and the runner on one asyncio loop (the daemon)
lease        one daemon a state directory
ledger*      the one SQL file: jobs, pauses, revisions, runs; `writer` groups what is written
due          what is owed for a span of time, pure; `applying` carries out a plan
clock        APScheduler, which says when to look; `trigger` lets it use our due times
dispatch     due time to row, row to run; `drive` is the life of one run, `runner` one process
"""

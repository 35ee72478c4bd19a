"""The running scheduler behind one protocol.

protocol     what every engine can do
ledger       the one SQL file: jobs, pauses, revisions, runs
embedded     the protocol over the ledger, without a clock (the command line)
service      the clock, the dispatcher and the runner on one asyncio loop (the daemon)
lease        one daemon a state directory
"""

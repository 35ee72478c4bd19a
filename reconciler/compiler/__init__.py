"""Phrases to timings. A grammar and, where one is configured, a model read each phrase; a referee trusts neither.

grammar    reads by rule, and refuses what it does not understand to the last word
llm        asks a language model, and types whatever comes back
referee    compares the two by fire times
judging    the three together, for many phrases at once
compile    a declaration and the lock of before make the lock of now
check      whether a lock still means what its phrases say
"""

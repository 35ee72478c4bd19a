"""Phrases to timings. A grammar and, where one is configured, a model read each phrase; a referee trusts neither.

grammar    reads by rule, and refuses what it does not understand to the last word
llm        asks a language model, and types whatever comes back: prompting says what it is told, chat how it is
           reached, answer what may come of it
referee    compares the two by fire times; facts, lone and lone_names hold a reading against the phrase's words
judging    the three together, for many phrases at once
compile    a declaration and the lock of before make the lock of now
check      whether a lock still means what its phrases say; earlier knows what earlier releases read
"""

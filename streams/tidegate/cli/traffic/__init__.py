"""Make-believe traffic from real lists: pure and seeded, the same seed gives the same events.

Listed parties are real, from the lists that ship. All others are companies that carry the word
'Example' in their name; no person is named. No Kafka, clock or file here.
"""

"""What the edges need to run and watch a process: settings, logging, topics, metrics, doctor.

The core never imports from here, and nothing here knows the runtime or the agents: what it must
know of them it is handed.
"""

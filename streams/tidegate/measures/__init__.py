"""Restriction tables: the model of measures and lists, their loader, compiler and difference.

Bytes in, tables out. Nothing here reads a file, a clock or the network, and nothing here judges a
shipment: that is the engine's.
"""

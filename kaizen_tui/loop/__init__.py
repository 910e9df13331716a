"""The stages of the loop as functions that both front ends call."""

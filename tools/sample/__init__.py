"""What the sample workspace says: a made-up platform, its people and its tickets. `tools/make_sample.py` plays it."""

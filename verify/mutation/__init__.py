"""Can the proof fail: faults are put into the tables, and searched for."""

"""The warehouse of the Shared Payment System: what it is made of is told in README.md."""

import gc
import os

# Before numpy is imported anywhere: its matrices are small here, and threads cost more than they give (the fit of a
# million customers takes 6 s of one thread and 27 s of two).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Processes here import thousands of modules, do their work and end. To look for garbage whenever 700 more objects are
# there (Python's default), all of them in the end, takes a fourth of the imports' CPU and a tenth of a night's.
gc.set_threshold(50_000, 20, 100)

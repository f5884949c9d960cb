"""The warehouse of the Shared Payment System: what it is made of is told in README.md."""

import os

# Before numpy is imported anywhere: its matrices are small here, and threads cost more than they give (the fit of a
# million customers takes 6 s of one thread and 27 s of two).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

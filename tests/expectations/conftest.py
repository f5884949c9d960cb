"""Great Expectations keeps DuckDB objects until the interpreter ends; DuckDB's client then prints each as a leak."""

import atexit
import os
import sys


@atexit.register
def say_nothing_after_the_last_words_of_pytest() -> None:
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

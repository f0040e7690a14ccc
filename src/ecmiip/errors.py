"""The one exception that a user may see."""


class UserError(Exception):
    """Bad input or a missing precondition, told in one sentence: what, where, how to mend.

    The command line prints it after ``error:`` and exits with 2. Anything else that
    escapes is our fault and exits with 1. Use ``assert`` for our own invariants.
    """

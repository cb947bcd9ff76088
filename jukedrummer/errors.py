"""The one error that a user's input can cause."""


class UserError(Exception):
    """Bad input. The message is one line that names the file, value, limit and likely cause.

    The command line prints it without a traceback and exits with status 2.
    """

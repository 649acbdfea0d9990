"""What a user of the command can mend: sentences for people, and a code for scripts.

The table of codes is in docs/operations.md; a code never gets another meaning.
"""

from typing import ClassVar

#: Exit statuses (specification, section 6).
FAILED = 1
BAD_USAGE = 2


class Failure(Exception):
    """Something was refused or failed; the message says what happened, where, and what to do."""

    code: ClassVar[str]
    status: ClassVar[int] = FAILED
    #: Whether the same may succeed a little later although nobody mends anything.
    may_pass: ClassVar[bool] = False
    #: Whether its lines stand below each other for a reason.
    is_verbatim: ClassVar[bool] = False


class UsageError(Failure):
    """What was asked for cannot be meant: arguments, settings, a rulebook, SQL, a name."""

    status = BAD_USAGE

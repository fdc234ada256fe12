"""An unexpected error of the system or of a package in one line: what it was and what to do."""

import errno
import shutil
import tempfile
from pathlib import Path

NEARLY_FULL_BYTES = 4_000_000  # espeak's library, which is copied there, has less


def reason_of(error: BaseException) -> str:
    """Returns an error's reason as one sentence with an advice.

    Args:
        error: of the operating system, or any other.
    """
    if not isinstance(error, OSError):
        return f"{type(error).__name__}: {error}"
    words = str(error)
    if "failed to map segment" in words:
        return (
            f"{words}: the temporary folder {tempfile.gettempdir()} lets no program run; "
            "set TMPDIR to a folder where programs may run."
        )
    if "No usable temporary directory" in words:
        return "there is no temporary folder to write into; set TMPDIR to one."
    if error.errno in (errno.ENOSPC, errno.EDQUOT) and _is_temporary(error):
        return (
            f"the temporary folder {tempfile.gettempdir()} is full; "
            "free space there, or set TMPDIR to another folder."
        )
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}; check the place and its free space."


def _is_temporary(error: OSError) -> bool:
    """Tells whether it is the temporary folder that has no space left."""
    folder = Path(tempfile.gettempdir())
    # Of a copy, the first name is the source's; the second is where no space is left.
    named = error.filename2 or error.filename
    if isinstance(named, str) and folder in Path(named).absolute().parents:
        return True
    try:
        is_full = shutil.disk_usage(folder).free < NEARLY_FULL_BYTES
    except OSError:
        return False
    return is_full and (named is None or not Path(str(named)).parent.exists())

"""A command started by a process this small, and the memory that the largest of its processes came to.

    python measured.py FILE COMMAND…

The kernel counts a child's peak from its fork, so the child of a process that once held 400 MB seems to have needed
that much itself: started by the tests, a crawl would be measured by which tests ran before it. On Linux what outlives
the command (its worker processes) is counted too. The file holds megabytes; the exit code is the command's.
"""

import os
import resource
import sys
from pathlib import Path

if sys.platform == "linux":
    import ctypes

    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
command = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
code = 1
while True:
    try:
        ended, status = os.wait()
    except ChildProcessError:
        break
    if ended == command:
        code = os.waitstatus_to_exitcode(status)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
Path(sys.argv[1]).write_text(str(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)), encoding="ascii")
sys.exit(code)

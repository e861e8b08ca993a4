"""A number that the processes of a machine share, looked at without a lock and without a system call."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

SIZE = 8


class Announced:
    """The number of the last destruction that anybody set about, beside the file of the keys.

    It is announced before it is committed, by who holds that file for writing, and may not come about. So a
    number that is not the last one committed says only: look. It says nothing to who has seen that one.
    """

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(handle).st_size < SIZE:
                os.write(handle, bytes(SIZE))
            self._memory = mmap.mmap(handle, SIZE)
        finally:
            os.close(handle)
        self._numbers = memoryview(self._memory).cast("Q")

    @property
    def number(self) -> int:
        return self._numbers[0]

    def announce(self, number: int) -> None:
        self._numbers[0] = number

    def close(self) -> None:
        self._numbers.release()
        self._memory.close()

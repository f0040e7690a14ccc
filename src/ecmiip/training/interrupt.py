"""Ctrl-C lets the running step end and its state be saved; a second Ctrl-C stops at once."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from tqdm import tqdm


class Interrupt:
    """While entered, the first SIGINT only sets ``asked``. Does nothing outside the main thread."""

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        tqdm.write("stopping after this step, to keep it; press Ctrl-C again to stop at once")

"""What the machine gives: device, number type, allocator, peak memory."""

import ctypes
import platform
import resource
import sys

import torch

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4


def device() -> torch.device:
    """The GPU if torch sees one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def number_type() -> torch.dtype:
    """bfloat16 on a GPU; float32 on a CPU, where most have no bfloat16 arithmetic worth using."""
    return torch.bfloat16 if torch.cuda.is_available() else torch.float32


def keep_freed_memory() -> None:
    """Let glibc keep freed memory for the next tensor instead of returning it to the system.

    By default each tensor of some megabytes is mapped anew, and the kernel clears its pages while
    we wait: a 1024 x 896 x 4864 product took twice as long for it (EXPERIMENTS.md).
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def give_back_memory() -> None:
    """Return what is free to the system now, for whatever runs after training."""
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def peak_memory() -> int:
    """Most bytes that this process has had in memory (on a GPU: that torch has had there)."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

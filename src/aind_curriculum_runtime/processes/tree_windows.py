"""The processes of one call on Windows: a job object, which knows all that its processes start.

Owns the system calls that Python has no module for. Imported on Windows only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
from collections.abc import Iterable
from ctypes import wintypes
from pathlib import Path
from typing import Any, Final

assert sys.platform == "win32"

__all__ = ["OPTIONS", "WindowsTree"]

_CREATE_SUSPENDED: Final = 0x4

OPTIONS: Final[dict[str, Any]] = {"creationflags": _CREATE_SUSPENDED | subprocess.CREATE_NO_WINDOW}
"""How the command is started: suspended until it is in the job, because a process that it starts before that would be
outside; and without a window, which gives it its own console, so that Ctrl-C in the launcher's does not reach it: the
client ends it."""

_TASKKILL_LIMIT: Final = 1.0
_KILL_ON_JOB_CLOSE: Final = 0x2000
_EXTENDED_LIMITS: Final = 9
_BASIC_ACCOUNTING: Final = 1


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", wintypes.DWORD),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", wintypes.DWORD),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", wintypes.DWORD),
        ("SchedulingClass", wintypes.DWORD),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("BasicLimitInformation", _BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


class _Accounting(ctypes.Structure):
    _fields_ = (
        ("Times", ctypes.c_int64 * 4),
        ("TotalPageFaultCount", wintypes.DWORD),
        ("TotalProcesses", wintypes.DWORD),
        ("ActiveProcesses", wintypes.DWORD),
        ("TotalTerminatedProcesses", wintypes.DWORD),
    )


_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.CreateJobObjectW.restype = wintypes.HANDLE
_kernel32.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
_kernel32.SetInformationJobObject.restype = wintypes.BOOL
_kernel32.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD)
_kernel32.QueryInformationJobObject.restype = wintypes.BOOL
_kernel32.QueryInformationJobObject.argtypes = (
    *(wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD),
    wintypes.LPVOID,
)
_kernel32.AssignProcessToJobObject.restype = wintypes.BOOL
_kernel32.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
_kernel32.TerminateJobObject.restype = wintypes.BOOL
_kernel32.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)
_kernel32.CloseHandle.restype = wintypes.BOOL
_kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
_ntdll = ctypes.WinDLL("ntdll")
_ntdll.NtResumeProcess.restype = ctypes.c_long
_ntdll.NtResumeProcess.argtypes = (wintypes.HANDLE,)


class WindowsTree:
    """A job object: processes that its processes start belong to it too, and closing it ends them all."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        handle = int(process._handle)  # type: ignore[attr-defined]
        self._job = _kernel32.CreateJobObjectW(None, None)
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE
        if self._job and not (
            _kernel32.SetInformationJobObject(self._job, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits))
            and _kernel32.AssignProcessToJobObject(self._job, handle)
        ):
            _kernel32.CloseHandle(self._job)
            self._job = None  # a host's own job may forbid it; `kill` then asks taskkill
        if _ntdll.NtResumeProcess(handle) < 0:
            process.kill()
            self.close()
            raise OSError("the process could not be resumed after it was started")

    def wait(self) -> int | None:
        """Wait for the command's own process; None when the host lost its exit code."""
        return self._process.wait()

    def survivors(self) -> int:
        """How many processes still run besides the command's own."""
        if not self._job:
            return 0
        found = _Accounting()
        if not _kernel32.QueryInformationJobObject(
            self._job, _BASIC_ACCOUNTING, ctypes.byref(found), ctypes.sizeof(found), None
        ):
            return 0
        return int(found.ActiveProcesses) - (self._process.poll() is None)

    def kill(self, pipes: Iterable[int] = ()) -> None:
        """End every process, also those that hold the other end of one of these pipes."""
        if self._job:
            _kernel32.TerminateJobObject(self._job, 1)
        elif self._process.poll() is None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(
                    [_system_program("taskkill.exe"), "/T", "/F", "/PID", str(self._process.pid)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    creationflags=subprocess.CREATE_NO_WINDOW,
                    timeout=_TASKKILL_LIMIT,
                    check=False,
                )
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """Free the job; the system would end what still runs in it."""
        if self._job:
            _kernel32.CloseHandle(self._job)
            self._job = None


def _system_program(name: str) -> str:
    return str(Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / name)

"""Run a function in a thread whose stack is as large as the function needs.

The server knows nothing of the thread: it blocks every signal, so that the server's handlers
keep running where they expect to run, and it has ended whenever control returns, also when an
exception comes in between.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TypeVar

from .script_error import ScriptError

Result = TypeVar("Result")

_PAGE = 4096


def call_with_stack(stack_bytes: int, function: Callable[[], Result]) -> Result:
    """Return what ``function`` returns, and raise what it raises."""
    results: list[Result] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=work, name="confiture_coord parser", daemon=True)
    interruption: BaseException | None = None
    try:
        _start(thread, stack_bytes)
    except BaseException as error:
        if thread.ident is None:
            raise
        interruption = error
    while not done.is_set() or thread.is_alive():
        try:
            done.wait()
            thread.join()
        except BaseException as error:
            interruption = error
    if interruption is not None:
        raise interruption
    if errors:
        raise errors[0]
    return results[0]


def _start(thread: threading.Thread, stack_bytes: int) -> None:
    previous_size = threading.stack_size(-(-stack_bytes // _PAGE) * _PAGE)
    # A thread inherits the mask of the one that starts it: blocking signals in the thread
    # itself would leave a moment in which a handler of the server runs on the wrong stack.
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        thread.start()
    except RuntimeError as error:
        raise ScriptError(
            "53200",
            "not enough memory to parse the schema changes",
            f"a stack of {stack_bytes >> 20} MB could not be had: {error}",
            "give shorter statements, or relax the limits on the server's memory",
        ) from error
    finally:
        threading.stack_size(previous_size)
        # Last, because a signal that came meanwhile is delivered here.
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)

"""Several acts in the same moment, each on a connection of its own: for the races on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection

from kernel.errors import Refused


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Threads past one barrier; ``done``, the refusal's code, or what else was raised, of each, sorted."""
    gate, found = threading.Barrier(len(acts)), []

    def press(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
            found.append("done")
        except Refused as refusal:
            found.append(refusal.code)
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}"[:200])
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)

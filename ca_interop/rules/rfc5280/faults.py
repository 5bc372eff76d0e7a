"""What the engine raises: one refusal with a code and a sentence, one for exhausted bounds."""

from __future__ import annotations

from collections.abc import Callable


class Fault(Exception):
    """A refusal: ``code`` is the contract's reason, ``detail`` one sentence, ``about`` the DER of the certificate
    it is about (set where it is known)."""

    about: bytes | None = None

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail

    def of(self, der: bytes) -> Fault:
        """This fault, about that certificate unless it already says which."""
        self.about = self.about or der
        return self


class Malformed(Fault):
    """Bytes or fields that are not what they should be."""

    def __init__(self, detail: str) -> None:
        super().__init__("malformed", detail)


class TooComplex(Fault):
    """The bounds of one request are used up."""

    def __init__(self, detail: str) -> None:
        super().__init__("too_complex", detail)


def never() -> float:
    """A clock that stands still: for callers that bound the work by steps alone."""
    return 0.0


MAX_NAMES = 200_000


class Budget:
    """Counts steps and, where the caller gives a monotonic clock (seconds), the time since ``start``."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = never,
        start: float | None = None,
        seconds: float = 1.4,
        steps: int = 5_000_000,
    ) -> None:
        self._clock = clock
        self._end = (clock() if start is None else start) + seconds
        self._left, self._names = steps, 0

    def names(self, count: int) -> None:
        """Raise ``TooComplex`` when the certificates looked at hold more names than the memory should."""
        self._names += count
        if self._names > MAX_NAMES:
            raise TooComplex(f"certificates with more than {MAX_NAMES} names together")

    def spend(self, steps: int = 1) -> None:
        """Raise ``TooComplex`` when steps or time are used up."""
        self._left -= steps
        if self._left < 0:
            raise TooComplex("the request needs more steps than one request may have")
        if self._clock() > self._end:
            raise TooComplex("the request needs more time than one request may have")

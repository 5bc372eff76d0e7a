"""Pairing: a code that the person reads in the terminal and types into the page; then a token for that origin alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable

from bidtool.agent.refusals import NOT_PAIRED, WRONG_CODE
from kernel.errors import Refused

#: Without letters and digits that look alike. 31^8 codes, five tries each.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH, TRIES, NOES = 8, 5, 3


class Pairing:
    """``show(code)`` is called with each new code: at the start, when one was used, after five wrong tries."""

    def __init__(self, show: Callable[[str], None], random: Callable[[str], str] = secrets.choice) -> None:
        self._show, self._random = show, random
        self._lock = threading.Lock()
        self._tokens: dict[str, str] = {}
        self._noes: dict[str, int] = {}
        self._renew()

    def shown_by(self, show: Callable[[str], None]) -> None:
        """Later codes are shown so: the address they go with is known only once the port is open."""
        self._show = show

    def _renew(self) -> None:
        self._code = "".join(self._random(ALPHABET) for _ in range(LENGTH))
        self._left = TRIES
        self._show(f"{self._code[:4]}-{self._code[4:]}")

    def pair(self, origin: str, code: str) -> str:
        """A token for ``origin``, once per code; ``Refused(agent.wrong_code)``."""
        typed = "".join(c for c in code.upper() if c in ALPHABET)
        with self._lock:
            if hmac.compare_digest(typed.encode(), self._code.encode()):
                token = secrets.token_urlsafe(32)
                self._tokens[_name(token)] = origin
                self._renew()
                return token
            self._left -= 1
            if self._left == 0:
                self._renew()
        raise Refused(WRONG_CODE())

    def check(self, origin: str, token: str) -> None:
        """The token belongs to this origin and nobody has taken it away; ``Refused(agent.not_paired)``."""
        with self._lock:
            if self._tokens.get(_name(token)) != origin:
                raise Refused(NOT_PAIRED())

    def answered(self, token: str, yes: bool) -> None:
        """Three noes one after another end a pairing: a page that keeps asking is not heard any more."""
        name = _name(token)
        with self._lock:
            self._noes[name] = 0 if yes else self._noes.get(name, 0) + 1
            if self._noes[name] >= NOES:
                self._tokens.pop(name, None)


def _name(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

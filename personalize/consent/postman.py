"""The postman: sends what waits in the outbox, in the background, and tries again where a mail server will not."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from email.message import EmailMessage
from types import ModuleType
from typing import Any

from personalize.background import Background
from personalize.consent.opt_ins import OptIns
from personalize.errors import ConfigError, PersonalizeError
from personalize.model.moments import SECOND
from personalize.model.opt_in import OptIn
from personalize.settings.tables import Mail, Security

log = logging.getLogger("personalize")
PASSWORD = "PERSONALIZE_SMTP_PASSWORD"
PAUSE = 30.0
"""Seconds between two looks into the outbox; a new wish wakes the postman at once."""
PATIENCE = 20.0
"""Seconds a mail server may take for each step."""
LEASE = 600 * SECOND
AGAIN = tuple(minutes * 60 * SECOND for minutes in (1, 5, 15, 60, 240))
"""After how long a mail is tried again, the last of them ever after."""
MOST_REFUSALS = 3
"""A mailbox that a server refuses for good is tried no more often than this."""

Compose = Callable[[OptIn], EmailMessage]


class Postman:
    """Sends the mails of one process's outbox; of several processes each mail has one at a time.

    `compose` writes a wish's mail. Without a mail server, on a developer's machine, mails go to the log.
    """

    def __init__(
        self,
        opt_ins: OptIns,
        mail: Mail,
        compose: Compose,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._opt_ins, self._mail, self._compose = opt_ins, mail, compose
        self._patience = patience
        self._woken = threading.Event()
        self._background = Background("personalize-postman", self._work)
        opt_ins.wake = self._woken.set

    def start(self) -> None:
        """Begin sending. Raises ConfigError where the package that speaks SMTP is not there."""
        if self._mail.host:
            _library()
        self._background.start()

    def stop(self) -> None:
        """End the thread when what it sends just now is sent."""
        self._opt_ins.wake = lambda: None
        self._background.ask_to_stop()
        self._woken.set()
        self._background.stop()

    def round(self) -> int:
        """Send what is due, hand over what was confirmed, forget what nobody confirmed; say how many mails it took up.

        Raises PersonalizeError where the store cannot be used.
        """
        self._opt_ins.sweep()
        self._opt_ins.hand_over()
        wishes = self._opt_ins.due(LEASE)
        if wishes and not self._mail.host:
            self._log(wishes)
        elif wishes:
            asyncio.run(self._send(wishes))
        return len(wishes)

    def _work(self) -> None:
        while not self._background.is_stopping:
            self._woken.clear()
            try:
                taken = self.round()
            except (PersonalizeError, OSError) as error:
                log.warning("The outbox waits: %s", error)
                taken = 0
            if not taken:
                self._woken.wait(PAUSE)

    def _log(self, wishes: list[OptIn]) -> None:
        for wish in wishes:
            letter = self._letter(wish)
            if letter is not None:
                shown = f"To: {letter['To']}\n{letter.get_content()}"
                log.warning("No mail server is set, so this mail is only shown here.\n%s", shown)
                self._opt_ins.sent(wish)

    def _letter(self, wish: OptIn) -> EmailMessage | None:
        """Return a wish's mail, None where what it asks is past; then nothing is sent."""
        try:
            return self._compose(wish)
        except PersonalizeError as error:
            log.warning("A mail is not sent any more: %s", error)
            self._opt_ins.sent(wish, "outdated")
            return None

    async def _send(self, wishes: list[OptIn]) -> None:
        smtp, mail = _library(), self._mail
        client = smtp.SMTP(
            hostname=mail.host,
            port=mail.port,
            use_tls=mail.security is Security.tls,
            start_tls=mail.security is Security.starttls,
            username=mail.user or None,
            password=os.environ.get(PASSWORD) if mail.user else None,
            timeout=self._patience,
        )
        for wish in wishes:
            letter = self._letter(wish)
            if letter is None:
                continue
            try:
                if not client.is_connected:
                    await client.connect()
                await client.send_message(letter)
            except (smtp.SMTPException, OSError, ValueError) as error:
                self._failed(smtp, wish, error)
            else:
                self._opt_ins.sent(wish)
        if client.is_connected:
            try:
                await client.quit()
            except (smtp.SMTPException, OSError):
                client.close()

    def _failed(self, smtp: ModuleType, wish: OptIn, error: Exception) -> None:
        """Keep a mail that could not be sent; one whose mailbox is refused for good is given up after some tries."""
        refused = isinstance(error, smtp.SMTPRecipientsRefused) and _is_final(error)
        log.warning("A mail could not be sent, it waits: %s", _reason(error))
        again = AGAIN[min(wish.tries, len(AGAIN) - 1)]
        gone = refused and wish.tries + 1 >= MOST_REFUSALS
        self._opt_ins.sent(wish, "refused" if refused else "waits", None if gone else again)


def _is_final(error: Any) -> bool:
    return all(each.code >= 500 for each in error.recipients)


def _reason(error: Exception) -> str:
    """Return what went wrong without an address: it is nobody's but the person's."""
    recipients = getattr(error, "recipients", ())
    if recipients:
        return f"the mailbox was refused ({', '.join(str(each.code) for each in recipients)})"
    code = getattr(error, "code", "")
    return f"{type(error).__name__} {code}".strip()


def _library() -> ModuleType:
    try:
        import aiosmtplib  # of the extra `mail`
    except ImportError as error:
        raise ConfigError(
            "the package aiosmtplib is not there", remedy="Run `pip install 'personalize[mail]'`", field="[mail]"
        ) from error
    return aiosmtplib

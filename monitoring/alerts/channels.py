"""The ways that alerts take: whatever Apprise knows, and a signed webhook."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Final, Protocol

import msgspec

from monitoring.alerts.messages import Message
from pipelines.settings import Alerts

#: For a webhook to take a message.
_SECONDS: Final = 10.0


class NotSent(Exception):
    """A channel did not take a message; says why, without what is secret about the channel."""


class Channel(Protocol):
    """Somebody to tell. `key` tells channels apart, `name` may be shown: neither has a secret."""

    key: str
    name: str

    def send(self, message: Message) -> None:
        """Send once. Raises NotSent."""


def channels_of(alerts: Alerts, clock: Callable[[], datetime]) -> list[Channel]:
    """All that the settings name; `clock` tells UTC without a zone."""
    found: list[Channel] = [AppriseChannel(url.get_secret_value()) for url in alerts.urls]
    if alerts.webhook:
        secret = alerts.webhook_secret.get_secret_value()
        found.append(WebhookChannel(alerts.webhook, secret, clock))
    return found


class AppriseChannel:
    """An address of Apprise: e-mail, Slack and a hundred others."""

    def __init__(self, url: str) -> None:
        import apprise

        self._apprise = apprise.Apprise()
        self.key = _key(url)
        with _apprise_log():  # it may quote the address
            self._is_known = self._apprise.add(url)
        self.name = f"{url.partition(':')[0]}:..."
        if self._is_known:
            shown: str = self._apprise[0].url(privacy=True)  # type: ignore[no-untyped-call]
            self.name = shown.partition("?")[0]

    def send(self, message: Message) -> None:
        """As plain text. Raises NotSent."""
        import apprise

        if not self._is_known:
            raise NotSent("Apprise does not know such an address, or something in it is missing.")
        kinds = {
            "alert.opened": apprise.NotifyType.FAILURE,
            "alert.recovered": apprise.NotifyType.SUCCESS,
            "alert.test": apprise.NotifyType.INFO,
        }
        with _apprise_log() as log:
            sent = self._apprise.notify(
                body=message.body,
                title=message.title,
                notify_type=kinds[message.event],
                body_format=apprise.NotifyFormat.TEXT,
            )
            if not sent:
                said = " ".join(log.getvalue().split())
                raise NotSent(said or "Apprise does not say why.")


@contextmanager
def _apprise_log() -> Iterator[StringIO]:
    """What Apprise warns of, instead of on standard error."""
    import apprise

    level = apprise.logging.WARNING
    capture = apprise.LogCapture(level=level, fmt="%(message)s")  # type: ignore[no-untyped-call]
    with capture as log:
        yield log


class WebhookChannel:
    """An address that takes JSON, signed as Standard Webhooks has it (standardwebhooks.com)."""

    def __init__(self, address: str, secret: str, clock: Callable[[], datetime]) -> None:
        self._address = address
        self._secret = secret
        self._clock = clock
        self.key = _key(address)
        # What stands after the host often is a secret.
        self.name = "/".join(address.split("/")[:3])

    def send(self, message: Message) -> None:
        """Raises NotSent, also if it leads elsewhere."""
        import httpx2
        from standardwebhooks import Webhook

        document: dict[str, Any] = {
            "type": message.event,
            "timestamp": message.at.replace(tzinfo=UTC),
            "data": {"title": message.title, "message": message.body, "place": message.place},
        }
        if message.alert is not None:
            alert = message.alert
            document["data"] |= {"kind": alert.kind, "subject": alert.subject}
            document["data"]["since"] = alert.since.replace(tzinfo=UTC)
        body = msgspec.json.encode(document).decode()
        now = self._clock()
        headers = {
            "content-type": "application/json",
            "webhook-id": message.message_id,
            "webhook-timestamp": str(int(now.replace(tzinfo=UTC).timestamp())),
            "webhook-signature": Webhook(self._secret).sign(message.message_id, now, body),
        }
        try:
            answer = httpx2.post(self._address, content=body, headers=headers, timeout=_SECONDS)
        except httpx2.HTTPError as error:
            raise NotSent(f"It cannot be reached: {error or type(error).__name__}.") from None
        if not answer.is_success:
            raise NotSent(f"It answered {answer.status_code} {answer.reason_phrase}.")


def _key(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:16]

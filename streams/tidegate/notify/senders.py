"""Make what speaks to an endpoint, by its kind."""

from __future__ import annotations

import ssl

from tidegate.notify.answer import Sender
from tidegate.notify.channels.alertmanager import alertmanager_requests
from tidegate.notify.channels.pagerduty import pagerduty_requests
from tidegate.notify.channels.request import RequestMaker
from tidegate.notify.channels.slack import slack_requests
from tidegate.notify.channels.webhook import webhook_requests
from tidegate.notify.endpoints import (
    AlertmanagerEndpoint,
    EmailEndpoint,
    Endpoint,
    HttpEndpoint,
    PagerDutyEndpoint,
    SlackEndpoint,
    WebhookEndpoint,
)
from tidegate.notify.http_sender import HttpSender
from tidegate.notify.smtp_sender import SmtpSender
from tidegate.ops.settings import WrongSettings


def sender_for(name: str, endpoint: Endpoint) -> Sender:
    """Return an endpoint's sender; inside an event loop.

    Raises:
        WrongSettings: its `ca_file` holds no certificate.
    """
    try:
        if isinstance(endpoint, EmailEndpoint):
            return SmtpSender(name, endpoint)
        return HttpSender(name, endpoint, _requests(endpoint))
    except (OSError, ssl.SSLError) as error:
        raise WrongSettings(((f"endpoints.{name}.ca_file", str(error)),)) from None


def _requests(endpoint: HttpEndpoint) -> RequestMaker:
    match endpoint:
        case WebhookEndpoint():
            return webhook_requests(endpoint)
        case SlackEndpoint():
            return slack_requests(endpoint)
        case PagerDutyEndpoint():
            return pagerduty_requests(endpoint)
        case AlertmanagerEndpoint():
            return alertmanager_requests(endpoint)

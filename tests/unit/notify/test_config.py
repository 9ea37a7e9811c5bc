"""The notifier's file: what is refused, where it stands, and that no secret is ever quoted."""

from pathlib import Path

import pytest

from tidegate.events.delivery import Channel
from tidegate.notify.config import load_config, read_config
from tidegate.notify.endpoints import WebhookEndpoint
from tidegate.ops.settings import Settings, WrongSettings

GOOD = """\
[endpoints.erp]
type = "webhook"
url = "https://hooks.example.com/x"
secrets = ["env:OLD_SECRET", "file:new"]

[endpoints.duty]
type = "pagerduty"
routing_key = "env:PD_KEY"

[[routes]]
to = ["erp"]

[[routes]]
name = "night"
to = ["duty", "erp"]
value_at_least = { USD = "1000.50" }

[routes.quiet]
from = "22:00"
to = "07:00"
zone = "Asia/Shanghai"
"""
KEY = "whsec_" + "A" * 32


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OLD_SECRET", KEY)
    monkeypatch.setenv("PD_KEY", "geheim")
    (tmp_path / "new").write_text(KEY + "\n")


def file(folder: Path, text: str) -> Path:
    path = folder / "n.toml"
    path.write_text(text)
    return path


def test_a_good_file_is_read_and_its_secrets_are_masked(tmp_path: Path) -> None:
    config = read_config(file(tmp_path, GOOD))
    erp = config.endpoints["erp"]
    assert isinstance(erp, WebhookEndpoint)
    assert erp.type is Channel.WEBHOOK
    assert [secret.get_secret_value() for secret in erp.secrets] == [KEY, KEY]
    assert config.routes[1].quiet is not None
    for text in (repr(config), str(config), config.model_dump_json()):
        assert KEY not in text
        assert "geheim" not in text


# What is put in the place of what, and what is said: line, field, reason.
WRONG = [
    ('"env:OLD_SECRET"', f'"{KEY}"', "line 4: endpoints.erp.secrets[0]: write env:NAME or file:"),
    ("env:OLD_SECRET", "env:NO_SUCH", "line 4: endpoints.erp.secrets[0]: the environment has no"),
    ("file:new", "file:none", "line 4: endpoints.erp.secrets[1]: "),
    ('["env:OLD_SECRET", "file:new"]', "[]", "line 4: endpoints.erp.secrets: "),
    ("https://hooks", "http://hooks", "line 3: endpoints.erp.url: http: only within allow_net"),
    ("hooks.example.com/x", "u:p@hooks.example.com", "line 3: endpoints.erp.url: no user or pass"),
    ("https://hooks.example.com/x", "ftp://x", "line 3: endpoints.erp.url: write a URL"),
    ('"pagerduty"', '"pager"', "line 6: endpoints.duty: "),
    ("routing_key", "rooting_key", "line 8: endpoints.duty.rooting_key: there is no such key"),
    ('to = ["erp"]', 'to = ["erp", "sms"]', "line 11: routes[0].to: there is no endpoint 'sms'"),
    ('USD = "1000.50"', 'USD = "much"', "line 16: routes[1].value_at_least.USD: not a decimal"),
    ("Asia/Shanghai", "Asia/Nowhere", "line 21: routes[1].quiet.zone: not a time zone"),
    ('from = "22:00"', 'form = "22:00"', "line 19: routes[1].quiet.form: there is no such key"),
    ('name = "night"', 'kind = ["hold"]', "line 14: routes[1].kind[0]: "),
    ("[[routes]]", "[[routes]", "not TOML"),
]


@pytest.mark.parametrize(("good", "wrong", "said"), WRONG, ids=[case[1] for case in WRONG])
def test_a_wrong_file_is_refused_with_line_and_field(
    tmp_path: Path, good: str, wrong: str, said: str
) -> None:
    assert good in GOOD
    with pytest.raises(WrongSettings) as refused:
        read_config(file(tmp_path, GOOD.replace(good, wrong, 1)))
    assert said in str(refused.value)
    assert KEY not in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_a_webhook_secret_must_be_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for weak in ("whsec_AAAA", "A" * 32, "whsec_not base64"):
        monkeypatch.setenv("OLD_SECRET", weak)
        with pytest.raises(WrongSettings, match="24 to 64 random bytes") as refused:
            read_config(file(tmp_path, GOOD))
        assert weak not in str(refused.value)


def test_without_a_file_the_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="TIDEGATE_NOTIFIER_CONFIG"):
        load_config(Settings())
    with pytest.raises(WrongSettings, match="cannot be read"):
        load_config(Settings(notifier_config=tmp_path / "none.toml"))

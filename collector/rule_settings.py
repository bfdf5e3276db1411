"""What can be set of rule files: which there are, and which messages each is for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

# In Linux' older way, with the module in the tag, and whatever program asks PAM.
_PAM: Final = (
    "*(pam_*)",
    "sshd",
    "sshd-session",
    "sudo",
    "su",
    "su-l",
    "login",
    "cron",
    "CRON",
    "crond",
    "CROND",
    "atd",
    "systemd",
    "(systemd)",
    "systemd-user",
    "gdm*",
    "lightdm*",
    "sddm*",
    "polkit*",
    "pkexec",
    "passwd",
    "chpasswd",
    "useradd",
    "usermod",
    "vsftpd",
    "proftpd",
    "dovecot*",
    "saslauthd",
    "smbd",
    "cockpit*",
    "xrdp*",
    "vlock",
)


class RuleSettings(BaseModel):
    """A rule file in liblognorm's language, and the messages that it is for: what it reads becomes fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Whether these rules are used.")
    file: Path | None = Field(
        default=None,
        description=(
            "The rule file, such as 'rules/router.rules'. A relative path starts at the folder of the "
            "configuration file. Without it the file of this name that comes with Sysledger is meant."
        ),
    )
    apps: tuple[str, ...] = Field(
        default=(),
        description=(
            "The programs whose messages these are, by app_name; '*' stands for any text and '?' for one "
            "character: 'sshd', 'postfix/*', '%ASA-*'. Without any, every message of the streams is meant."
        ),
    )
    streams: tuple[str, ...] = Field(
        default=(),
        description="The streams whose messages these are. Without any, all streams.",
    )
    contains: str = Field(
        default="",
        description=(
            "A text that every message of these rules has. Messages without it are passed over, which is "
            "quicker than trying the rules."
        ),
    )


SHIPPED: Final[Mapping[str, RuleSettings]] = {
    "sshd": RuleSettings(apps=("sshd", "sshd-session", "sshd-auth")),
    "sudo": RuleSettings(apps=("sudo", "su")),
    "login": RuleSettings(apps=("login", "systemd-logind")),
    "pam": RuleSettings(apps=_PAM),
    "postfix": RuleSettings(apps=("postfix/*", "postfix-*/*")),
    "iptables": RuleSettings(apps=("kernel", "ulogd"), contains=" SRC="),
    "dhcpd": RuleSettings(apps=("dhcpd", "dhclient")),
    "named": RuleSettings(apps=("named",)),
    "web": RuleSettings(apps=("httpd", "apache*", "nginx")),
    "haproxy": RuleSettings(apps=("haproxy",)),
    "cisco_asa": RuleSettings(apps=("%ASA-*", "%FTD-*", "%PIX-*", "%FWSM-*", "CiscoASA")),
}


def default_rules() -> dict[str, RuleSettings]:
    """Give the settings of the rule files that come with Sysledger."""
    return dict(SHIPPED)


def each_has_messages(rules: dict[str, RuleSettings]) -> dict[str, RuleSettings]:
    """Refuse rules of which nobody knows the file, or the messages."""
    for name, one in rules.items():
        if one.file is None and name not in SHIPPED:
            raise ValueError(
                f"{name}: file is missing: name a rule file, or use the name of one that comes with "
                f"Sysledger: {', '.join(SHIPPED)}"
            )
        if not one.apps and not one.streams:
            raise ValueError(
                f"{name}: apps or streams must say which messages these rules are for; "
                "apps = ['*'] means those of all programs"
            )
    return rules

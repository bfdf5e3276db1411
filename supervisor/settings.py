"""What can be set of the supervisor and of the appliance's own log."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from supervisor.monitor_settings import MonitorSettings
from supervisor.status_settings import StatusSettings

RoleName = Literal["storage", "indexer", "collector", "web", "relay", "watch"]
LogLevel = Literal["debug", "info", "warning", "error"]


class SupervisorSettings(BaseModel):
    """The processes of this box, and the appliance's own log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: tuple[RoleName, ...] = Field(
        default=(),
        description=(
            "What `sysledger run` runs on this machine, such as ['collector'] or ['storage', 'indexer', "
            "'web', 'watch']. Empty: everything, or the collector alone when collector.storage names storage "
            "on other machines."
        ),
    )
    log_level: LogLevel = Field(
        default="info", description="The least severe of our own log lines that is written."
    )
    log_to_listener: bool = Field(
        default=True,
        description=(
            "Send our own log lines to the listener 'self' as well (collector.listeners.self), so that they "
            "are kept and searchable as stream sysledger."
        ),
    )
    start_seconds: float = Field(
        default=60.0,
        ge=1,
        le=3600,
        json_schema_extra={"unit": "seconds"},
        description="How long a role may take to become ready before the start is given up.",
    )
    stop_seconds: float = Field(
        default=60.0,
        ge=1,
        le=3600,
        json_schema_extra={"unit": "seconds"},
        description=(
            "How long a role may take to stop before it is killed. Storage may need it to get everything on "
            "disk; what the journal holds is safe in any case."
        ),
    )
    restart_seconds: float = Field(
        default=0.5,
        gt=0,
        le=60,
        json_schema_extra={"unit": "seconds"},
        description="Pause before a role that died is started again. It doubles with every failure.",
    )
    restart_seconds_most: float = Field(
        default=30.0,
        ge=1,
        le=3600,
        json_schema_extra={"unit": "seconds"},
        description="The longest pause before a role that died is started again.",
    )
    monitor: MonitorSettings = Field(default_factory=MonitorSettings)
    status: StatusSettings = Field(default_factory=StatusSettings)

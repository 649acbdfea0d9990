"""What all sections of the settings file have in common."""

from pydantic import BaseModel, ConfigDict


class SettingsSection(BaseModel):
    """A section of the file: no unknown keys, no conversions, never changed after reading."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

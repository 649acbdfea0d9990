"""What all sections of the settings file have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class SettingsSection(BaseModel):
    """A section of the file: no unknown keys, no conversions, never changed after reading.

    A secret is a `SecretStr`, or a tuple of them: what tells of settings then shows a mask, and the
    variable with `_FILE` at its end is there by itself.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


def settings_of(section: type[SettingsSection], prefix: str = "") -> dict[str, FieldInfo]:
    """Every setting of a section and the sections in it by its key, like ``engine.threads``."""
    found: dict[str, FieldInfo] = {}
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, SettingsSection):
            found |= settings_of(inner, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = field
    return found

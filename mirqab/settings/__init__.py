"""What this deployment is: one table of settings, resolved default < file < environment < command line."""

from mirqab.settings.resolving import FILE_NAME, load_settings, no_contact
from mirqab.settings.table import CODE_ROOT, SETTINGS, Setting, Settings, mask_secret, origins

__all__ = [
    "CODE_ROOT",
    "FILE_NAME",
    "SETTINGS",
    "Setting",
    "Settings",
    "load_settings",
    "mask_secret",
    "no_contact",
    "origins",
]

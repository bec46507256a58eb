"""The operating system's keyring, where the package `keyring` is there to ask it: under `headcount`, by name."""

from __future__ import annotations

from headcount.errors import ConfigError

SERVICE = "headcount"


def password(name: str) -> str | None:
    """What the keyring has under this name; None too where it cannot be asked, as on a machine without a desktop."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError:
        return None


def keep_password(name: str, text: str) -> None:
    """Put a text there. Raises `ConfigError` where there is one already, or the keyring cannot be used."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise ConfigError("this needs headcount[keyring]: pip install 'headcount[keyring]'") from None
    try:
        if keyring.get_password(SERVICE, name):
            raise ConfigError(f"the keyring has {SERVICE}, {name} already, which others may need: it is left there")
        keyring.set_password(SERVICE, name, text)
    except KeyringError as error:
        raise ConfigError(
            f"this machine's keyring cannot be used ({type(error).__name__}): keep it in the environment instead"
        ) from None

"""The vault: what each connection logs in with, sealed at rest, and one renewal at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self, TypeVar

from sqlalchemy import Connection, Engine, and_, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from headcount.auth import Credential
from headcount.errors import ConfigError, HeadcountError, Held
from headcount.leases import as_moment, as_text, holder, host_of, is_free
from headcount.migrations import migrated
from headcount.sealing import MAKE, VARIABLE, Sealer, keys_told
from headcount.store import one_at_a_time, open_store, place_of, reading, store_url
from headcount.vault.tables import credentials

T = TypeVar("T")
PLACE = "HEADCOUNT_VAULT"
LEASE = timedelta(seconds=90)
"""For so long a renewal may be under way before another may begin; one whose process is no more is not waited for."""
LOOK_AGAIN = 0.03


class Keeper(Protocol):
    """Another place for credentials, such as a cloud's secret manager. It keeps each text as it is, by the
    connection's name, and what it keeps is its own to encrypt."""

    def get(self, name: str) -> str | None: ...
    def put(self, name: str, text: str) -> None: ...
    def delete(self, name: str) -> None: ...


class Vault:
    """The credentials of connections, by name. Threads and processes may share it.

    `url` is `sqlite:///file.db` or `postgresql://…`: the roster's store, or one of its own; without it
    `HEADCOUNT_VAULT`, else what `HEADCOUNT_STORE` says. `key` are the Fernet keys, with commas between them: the first
    seals, all open. Without it they come from `HEADCOUNT_KEY`, from the file that `HEADCOUNT_KEY_FILE` names, or from
    the operating system's keyring. With a `keeper` the secrets are kept there and no key is needed; the store then
    only says who is renewing one.

    Raises `ConfigError` where there is no key, the key is another than the vault's, or the store cannot be opened.
    """

    def __init__(self, url: str | None = None, *, key: str | None = None, keeper: Keeper | None = None) -> None:
        self.url = store_url(url or os.environ.get(PLACE))
        self._keeper = keeper
        keys = None if keeper else keys_told(key, keyring=True)
        if not keeper and not (keys or "").strip():
            raise ConfigError(f"a vault needs a key: set {VARIABLE}. To make one: {MAKE}")
        self._sealer = Sealer(keys)

    def __repr__(self) -> str:
        return f"<Vault in {self.place}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def place(self) -> str:
        """Where the secrets are, without a password."""
        return type(self._keeper).__name__ if self._keeper else place_of(self.url)

    @property
    def may_be_there(self) -> bool:
        """Whether something may be kept yet. To look into a file that is not there would make it."""
        path = self.url.partition("///")[2] if self.url.startswith("sqlite") else ""
        return self._keeper is not None or not path or Path(path).exists()

    def close(self) -> None:
        """Close what is open to the store."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    # -- keeping --------------------------------------------------------------------------------------

    def get(self, name: str) -> Credential | None:
        """What a connection logs in with; None where nothing is kept of it."""
        if self._keeper is not None:
            text = self._asked(lambda keeper: keeper.get(name))
            return None if text is None else Credential.of_text(text)
        with self._begin(reading(self._engine)) as db:
            sealed = db.execute(select(credentials.c.sealed).where(credentials.c.name == name)).scalar()
        return None if sealed is None else Credential.of_text(self._sealer.open(sealed, _subject(name)))

    def put(self, name: str, credential: Credential) -> None:
        """Keep it, durably, in the place of what was there. What was sealed with another key is left as it is."""
        if self._keeper is not None:
            text = credential.as_text()
            self._asked(lambda keeper: keeper.put(name, text))
        with self._begin() as db:
            one_at_a_time(db)
            sealed = None if self._keeper else self._sealer.seal(credential.as_text(), _subject(name))
            self._check_key(db, name)
            values = {"sealed": sealed, "kept_at": as_text(datetime.now(UTC))}
            if not db.execute(update(credentials).where(credentials.c.name == name).values(values)).rowcount:
                db.execute(insert(credentials).values(name=name, **values))

    def change(self, name: str, how: Callable[[Credential], Credential]) -> Credential:
        """Put what `how` makes of it, or of an empty one, in its place; nobody else changes it meanwhile."""
        with self.alone(name):
            changed = how(self.get(name) or Credential())
            self.put(name, changed)
        return changed

    def delete(self, name: str) -> None:
        """Forget it, once no renewal of it is under way. It takes no key."""
        with self.alone(name):
            if self._keeper is not None:
                self._asked(lambda keeper: keeper.delete(name))
            with self._begin() as db:
                db.execute(delete(credentials).where(credentials.c.name == name))

    def __contains__(self, name: str) -> bool:
        return name in self.names() if self._keeper is None else self.get(name) is not None

    def names(self) -> list[str]:
        """The connections of which something is kept."""
        kept = select(credentials.c.name).where(credentials.c.kept_at.is_not(None)).order_by(credentials.c.name)
        with self._begin(reading(self._engine)) as db:
            return list(db.execute(kept).scalars())

    def rotate(self) -> int:
        """Seal everything anew with the first key; how many there were. Others may use the vault meanwhile.

        Put the new key before the old one, everywhere; then rotate; then take the old one away. Raises `ConfigError`,
        and changes nothing, where one of them cannot be opened.
        """
        with self._begin() as db:
            kept = select(credentials.c.name, credentials.c.sealed).where(credentials.c.sealed.is_not(None))
            rows = db.execute(kept.with_for_update()).all()
            texts = {row.name: self._sealer.open(row.sealed, _subject(row.name)) for row in rows}
            for name, text in texts.items():
                anew = self._sealer.seal(text, _subject(name))
                db.execute(update(credentials).where(credentials.c.name == name).values(sealed=anew))
        return len(texts)

    # -- one at a time --------------------------------------------------------------------------------

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Let nobody else in who wants to be alone with this credential, in any process; wait for who is.

        Raises `Held` where that one does not come to an end.
        """
        me, begun = holder(), time.monotonic()
        while (other := self._take(name, me)) is not None:
            if time.monotonic() - begun > 2 * LEASE.total_seconds():
                raise Held(f"the credential of {name} is being renewed by {host_of(other)}; try again later")
            time.sleep(LOOK_AGAIN)
        try:
            yield
        finally:
            ours = and_(credentials.c.name == name, credentials.c.holder == me)
            with self._begin() as db:
                db.execute(delete(credentials).where(ours, credentials.c.kept_at.is_(None)))
                db.execute(update(credentials).where(ours).values(holder=None, held_until=None))

    def _take(self, name: str, me: str) -> str | None:
        """Take the lease, or say who has it."""
        now = datetime.now(UTC)
        lease = {"holder": me, "held_until": as_text(now + LEASE)}
        with self._begin() as db:
            one_at_a_time(db)
            found = db.execute(select(credentials).where(credentials.c.name == name)).first()
            if found is None:
                db.execute(insert(credentials).values(name=name, **lease))
            elif not is_free(found.holder, as_moment(found.held_until), now):
                return str(found.holder)
            else:
                db.execute(update(credentials).where(credentials.c.name == name).values(lease))
        return None

    # -- the keeper and the store -----------------------------------------------------------------------

    def _asked(self, ask: Callable[[Keeper], T]) -> T:
        """What the keeper does. Of what goes wrong only the kind is told: the words may show what it keeps."""
        assert self._keeper is not None
        try:
            return ask(self._keeper)
        except HeadcountError:
            raise
        except Exception as error:  # noqa: BLE001 - somebody else's, which may be anything
            raise ConfigError(f"the vault {self.place} cannot be used: {type(error).__name__}") from None

    def _check_key(self, db: Connection, name: str) -> None:
        """One vault has one set of keys: what is sealed must open before anything is sealed beside it."""
        own_first = (credentials.c.name == name).desc()
        some = select(credentials).where(credentials.c.sealed.is_not(None)).order_by(own_first).limit(1)
        if (row := db.execute(some).first()) is not None and self._keeper is None:
            self._sealer.open(row.sealed, _subject(row.name))

    @cached_property
    def _engine(self) -> Engine:
        engine = open_store(self.url)
        migrated(engine)
        return engine

    @contextmanager
    def _begin(self, engine: Engine | None = None) -> Iterator[Connection]:
        try:
            with (engine or self._engine).begin() as db:
                yield db
        except SQLAlchemyError as error:
            raise ConfigError(f"the vault {place_of(self.url)} cannot be used: {type(error).__name__}") from None


def _subject(name: str) -> str:
    """What a text is sealed for: moved to another connection's row it does not open."""
    return f"connection/{name}/credential"

"""The contract of a connector as a test class: inherit it, name the connector and its sandbox, and run pytest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from headcount.connector import Connector
from headcount.http import Request
from headcount.testing.bench import Bench, Subject
from headcount.testing.checking import Check, NotApplicable
from headcount.testing.checks import CHECKS

if TYPE_CHECKING:
    from headcount.sandbox import Sandbox


class ConnectorContract:
    """Every check of the kit, a test each::

        class TestAcme(ConnectorContract):
            connector = acme
            sandbox = AcmeSandbox

    Without a sandbox, `cassettes` is a folder of recordings, one file a dialect, and `settings` are those that they
    were recorded with: the checks that need no state run on these. The other names are those of `Subject`. A check is
    skipped only where the vendor has nothing that it could try, and says so.
    """

    connector: ClassVar[Connector]
    sandbox: ClassVar[type[Sandbox] | None] = None
    cassettes: ClassVar[Path | None] = None
    settings: ClassVar[Mapping[str, Any]] = {}
    spec: ClassVar[Mapping[str, Any] | None] = None
    recorded: ClassVar[tuple[tuple[Request, Any], ...]] = ()
    not_compared: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def subject(cls) -> Subject:
        """What the class names, as the kit takes it."""
        return Subject(
            connector=cls.connector,
            sandbox=cls.sandbox,
            cassettes=cls.cassettes,
            settings=cls.settings,
            spec=cls.spec,
            recorded=cls.recorded,
            not_compared=cls.not_compared,
        )

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Each check once for each dialect; one that does not depend on the dialect in the first alone."""
        check: Check | None = getattr(metafunc.function, "check", None)
        if check is not None:
            dialects = self.subject().dialects or ("no-dialect",)
            metafunc.parametrize("dialect", dialects[:1] if check.once else dialects, scope="class")


def _test(check: Check) -> Callable[[Any, str], None]:
    def test(self: ConnectorContract, dialect: str) -> None:
        import pytest

        try:
            _bench(type(self), dialect).check(check)
        except NotApplicable as reason:
            pytest.skip(str(reason))

    test.__name__ = f"test_{check.name}"
    test.__doc__ = check.protects
    test.check = check  # type: ignore[attr-defined]
    return test


def _bench(kind: type[ConnectorContract], dialect: str) -> Bench:
    """The bench of a class in a dialect: what one check has read of everybody the next one looks at too."""
    kept: dict[str, Bench] = kind.__dict__.get("_benches") or {}
    if dialect not in kept:
        kept[dialect] = Bench(kind.subject(), dialect)
        kind._benches = kept  # type: ignore[attr-defined]
    return kept[dialect]


for _check in CHECKS:
    setattr(ConnectorContract, f"test_{_check.name}", _test(_check))

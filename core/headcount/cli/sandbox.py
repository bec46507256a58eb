"""`headcount sandbox`: a vendor's emulator, by hand."""

from __future__ import annotations

import threading

import click

from headcount.errors import ConfigError
from headcount.plugins import plugins
from headcount.sandboxes import sandbox_of
from headcount.settings import environment_name


@click.command()
@click.argument("vendor")
@click.option("--people", default=50, show_default=True, type=click.IntRange(min=0), help="How many people it has.")
@click.option("--dialect", default="observed", show_default=True, type=click.Choice(["guide", "observed"]))
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Default: any free one.")
@click.option("--seed", default=1, show_default=True, help="Other people for another seed.")
def sandbox(vendor: str, people: int, dialect: str, port: int, seed: int) -> None:
    """Run a vendor's sandbox until Ctrl-C: a real HTTP server on this machine, with plausible people.

    \b
    headcount sandbox acmehr --people 500 --dialect guide --port 8080
    """
    kind = sandbox_of(plugins().connector(vendor))
    if dialect not in kind.dialects:
        raise ConfigError(f"{vendor}'s sandbox has no {dialect} dialect; it has {', '.join(kind.dialects)}")
    running = kind(people=people, dialect=dialect, port=port, seed=seed)
    try:
        running.start()
    except (OSError, SystemExit) as error:
        raise click.ClickException(f"port {port} cannot be had; choose another, or leave --port out") from error
    try:
        click.echo(f"{vendor} sandbox, {people:,} people, {dialect} dialect: {running.base_url}", err=True)
        click.echo("Read it from another terminal:\n", err=True)
        for name, value in {**running.settings, **getattr(running, "scim_settings", {})}.items():
            click.echo(f"export {environment_name(vendor, name)}={value}")
        click.echo(f"headcount employees {vendor} --no-pace")
        if plugins().connector(vendor).oauth is not None:
            click.echo(f"\nBy OAuth: `headcount connect {vendor} --oauth` with the application\n", err=True)
            for name in ("client_id", "client_secret"):
                click.echo(f"export {environment_name(vendor, name)}={running.granted_settings[name]}", err=True)
        running.webhooks.deliver_by_itself()
        click.echo("\nCtrl-C stops it.", err=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo(f"stopped after {len(running.log):,} requests", err=True)
    finally:
        running.stop()

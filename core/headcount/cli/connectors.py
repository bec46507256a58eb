"""`headcount connectors`: what can be connected to, read off the connectors themselves."""

from __future__ import annotations

import json
from typing import Any

import attrs
import click

from headcount.connector import Connector
from headcount.plugins import plugins
from headcount.settings import environment_name


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option("--plugins", "show_plugins", is_flag=True, help="The installed plugins, and why one does not load.")
def connectors(as_json: bool, show_plugins: bool) -> None:
    """What can be connected to, and what each can do."""
    found = plugins()
    if show_plugins:
        for name, _ in found.manager.list_name_plugin():
            click.echo(name)
    elif as_json:
        click.echo(json.dumps([_described(connector) for connector in found.connectors().values()], indent=2))
    else:
        for connector in found.connectors().values():
            about = _described(connector)
            click.echo(f"{connector.name} ({connector.title})")
            click.echo(f"  can      {', '.join(about['can'])}")
            for setting in about["settings"]:
                needed = "" if setting["required"] else " (optional)"
                needed = f" (or {setting['unless']})" if setting["unless"] else needed
                click.echo(f"  needs    {setting['name']}{needed}: {setting['where']}")
                click.echo(f"           {setting['environment']}")
    for name, why in found.broken.items():
        click.echo(f"headcount: the plugin {name} does not load: {why}", err=True)


def _described(connector: Connector) -> dict[str, Any]:
    settings = [
        {
            "name": field.name,
            "where": field.metadata.get("where", ""),
            "environment": environment_name(connector.name, field.name),
            "unless": field.metadata.get("unless", ""),
            "required": field.default is attrs.NOTHING,
            "secret": not field.repr,
        }
        for field in attrs.fields(connector.settings)
    ]
    return {"name": connector.name, "title": connector.title, "can": list(connector.can), "settings": settings}

"""`headcount schema`: the JSON Schema of the model, derived from its classes."""

from __future__ import annotations

from pathlib import Path

import click

from headcount.schema import PUBLISHED, text


@click.command()
@click.argument("name", required=False, type=click.Choice(sorted(PUBLISHED)))
@click.option("--write", type=click.Path(file_okay=False, path_type=Path), help="Write every schema to this folder.")
def schema(name: str | None, write: Path | None) -> None:
    """The JSON Schema of the model.

    \b
    headcount schema employee
    headcount schema --write schemas
    """
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for each in PUBLISHED:
            (write / f"{each}.json").write_text(text(each), encoding="utf-8")
        click.echo(f"wrote {len(PUBLISHED)} schemas to {write}", err=True)
    elif name is None:
        raise click.UsageError(f"name one of {', '.join(sorted(PUBLISHED))}, or --write a folder")
    else:
        click.echo(text(name), nl=False)

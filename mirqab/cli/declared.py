"""What is declared: `settings`, `outlets` and `topics`."""

from __future__ import annotations

from typing import Annotated

import typer

from mirqab.cli import deployment
from mirqab.cli.terminal import FORMAT, Column, Format, Row, print_rows


def settings(form: FORMAT = Format.TABLE) -> None:
    """Print every setting. Each with its value and where that comes from; secrets are masked."""
    from mirqab.settings import SETTINGS, origins

    values = origins(deployment.settings())
    rows: list[Row] = [
        {
            "name": setting.name,
            "value": values[setting.name][0],
            "origin": values[setting.name][1],
            "help": setting.help,
        }
        for setting in SETTINGS
    ]
    columns: list[Column] = [
        ("setting", lambda row: row["name"]),
        ("value", lambda row: "-" if row["value"] is None else row["value"]),
        ("origin", lambda row: row["origin"]),
        ("what it is", lambda row: row["help"]),
    ]
    print_rows(rows, columns, form, empty="")


def outlets(
    kind: Annotated[str | None, typer.Option(help="Only wire, newspaper, broadcaster or portal.")] = None,
    form: FORMAT = Format.TABLE,
) -> None:
    """List the declared outlets, and why one is off."""
    from mirqab.declarations import read_kind

    wanted = None if kind is None else read_kind(kind)
    rows: list[Row] = [
        {
            "id": outlet.id,
            "name": outlet.name,
            "name_en": outlet.name_en,
            "country": outlet.country,
            "kind": outlet.kind.value,
            "timezone": outlet.timezone,
            "home": outlet.home,
            "enabled": outlet.enabled,
            "reason": outlet.reason,
            "feeds": [feed.url for feed in outlet.feeds],
        }
        for outlet in deployment.outlets(deployment.settings())
        if wanted is None or outlet.kind is wanted
    ]
    columns: list[Column] = [
        ("outlet", lambda row: row["id"]),
        ("kind", lambda row: row["kind"]),
        ("country", lambda row: row["country"]),
        ("feeds", lambda row: len(row["feeds"])),
        ("state", lambda row: "on" if row["enabled"] else f"off: {row['reason'] or 'no reason given'}"),
        ("name", lambda row: f"{row['name_en']} {row['name']}"),
    ]
    print_rows(rows, columns, form, empty="No outlet is declared: add one to config/outlets.yaml.")


def topics(form: FORMAT = Format.TABLE) -> None:
    """List the topics that stories are judged by."""
    rows: list[Row] = [
        {
            "id": topic.id,
            "name": topic.name,
            "version": topic.version,
            "threshold": topic.threshold,
            "facets": list(topic.facet_names),
        }
        for topic in deployment.load_topics(deployment.settings())
    ]
    columns: list[Column] = [
        ("topic", lambda row: row["id"]),
        ("version", lambda row: row["version"]),
        ("threshold", lambda row: f"{row['threshold']:g}"),
        ("facets", lambda row: ", ".join(row["facets"])),
        ("name", lambda row: row["name"]),
    ]
    print_rows(rows, columns, form, empty="No topic is declared: add one to config/topics/.")

"""Commands that write what is read elsewhere: pages, dashboards, metrics."""

from __future__ import annotations

from typing import Annotated

import typer

from dagster_project.cli.app import app, known_home, seen_home
from dagster_project.exit_codes import UsageError


@app.command()
def docs(ctx: typer.Context) -> None:
    """Write the metric catalogue and dbt's pages of tables, columns and lineage."""
    from dagster_project.catalogue.pages import write_docs
    from dagster_project.warehouse.build.project import TransformError

    try:
        write_docs(seen_home(ctx), typer.echo)
    except TransformError as error:
        raise UsageError(str(error)) from error


@app.command()
def dashboards(
    ctx: typer.Context,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the pages to browsers on this machine.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve on; 0 takes a free one.")] = 8765,
) -> None:
    """Make the pages of the current release anew, or serve them on 127.0.0.1; they open from disk too."""
    from dagster_project.dashboards.current import current_index, make_current, serve_current

    settings = known_home(ctx)
    if not serve or current_index(settings) is None:
        make_current(settings, typer.echo)
    if serve:
        serve_current(settings, port, typer.echo)
    else:
        typer.echo(f"dashboards  {current_index(settings)}")


@app.command("export-metrics")
def export_metrics(
    ctx: typer.Context,
    output: Annotated[typer.FileTextWrite, typer.Option(help="File to write; - is standard output.")] = "-",  # type: ignore[assignment]
    days: Annotated[int, typer.Option(min=1, help="How many days of figures, counted back from the newest.")] = 7,
) -> None:
    """Write published platform and business figures as OpenMetrics, for Prometheus and Grafana."""
    from dagster_project.grafana.openmetrics import write_metrics
    from dagster_project.warehouse.release.releases import ReleaseError, open_release

    try:
        settings = known_home(ctx)
        with open_release(settings) as connection:
            write_metrics(connection, days, output, settings.reporting.reporting_timezone)
        if output.name != "<stdout>":
            typer.echo(f"metrics     {output.name}, the last {days} {'day' if days == 1 else 'days'}", err=True)
    except ReleaseError as error:
        raise UsageError(str(error)) from error

"""One day of readings a day, for Apache Airflow 3: ingest, validate, features, publish.

Only wiring. Each task is one call into `maintenance.data.daily`, which knows nothing of Airflow and publishes
a day whole or not at all. Tasks pass the day on, never data.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.sdk import CronDataIntervalTimetable, dag, task

ROOT = Path(__file__).resolve().parents[1]


@dag(
    # Runs when a day is over, and is named by that day; "@daily" would name it by the day that begins.
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,  # past days are filled in on purpose, by `airflow backfill create`
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    doc_md=__doc__,
    tags=["maintenance"],
)
def maintenance_daily() -> None:
    """Chain the four steps; a step that fails stops those after it."""

    @task
    def ingest(ds: str | None = None) -> str:
        from maintenance.data.daily import ingest_day

        if ds is None:
            raise ValueError("this run has no logical date; trigger it with the day that it is for")
        ingest_day(ROOT, ds)
        return ds

    @task(retries=0)  # readings that break the contract will not be better in five minutes
    def validate(day: str) -> str:
        from maintenance.data.daily import validate_day

        validate_day(ROOT, day)
        return day

    @task
    def features(day: str) -> str:
        from maintenance.data.daily import build_features_day

        build_features_day(ROOT, day)
        return day

    @task
    def publish(day: str) -> str:
        from maintenance.data.daily import publish_day

        return publish_day(ROOT, day)

    publish(features(validate(ingest())))


maintenance_daily()

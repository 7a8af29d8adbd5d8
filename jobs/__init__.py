"""What the desk does when nobody speaks: the whole timetable.

The database says what is due; APScheduler only rings the bell, so a restart at any moment loses nothing.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)

Job = Callable[[datetime], object]


def now() -> datetime:
    return datetime.now(UTC)


def start(timetable: dict[float, list[Job]]) -> BackgroundScheduler:
    """Ring for each job every so many seconds. The caller shuts the scheduler down."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of each bell it skips
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for seconds, jobs in timetable.items():
        for job in jobs:
            scheduler.add_job(_loud(job), "interval", seconds=seconds)
    scheduler.start()
    return scheduler


def _loud(job: Job) -> Callable[[], None]:
    """One broken job is in the log and does not stop the others; it rings again."""

    def ring() -> None:
        try:
            job(now())
        except Exception:
            log.exception("job failed")

    return ring

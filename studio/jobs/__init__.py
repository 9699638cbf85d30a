"""Long work: a job runs a service in a thread, a worker is a child process, a tool is a program.

Anything over 50 ms is a `Job`: progress, log, events, cancel, and one result or one error.
Workers speak JSON lines: the request on standard input, events on standard output.
`except Exception` stands here because this is the border at which any failure of a job becomes
its one `failed` state.
"""

from studio.jobs.job import Job, JobState
from studio.jobs.tool import run_tool
from studio.jobs.worker import run_worker, serve_worker

__all__ = ["Job", "JobState", "run_tool", "run_worker", "serve_worker"]

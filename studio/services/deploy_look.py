"""All that a page or a script asks about a project before it is built, in one answer."""

from pathlib import Path
from typing import Any

from studio.errors import StudioError
from studio.project import Project
from studio.services import boards, budget, deploy, deploy_boards, deploy_way
from studio.services.runs import run_number


def look(path: Path, *, port: str = "") -> dict[str, Any]:
    """Return what is known of a project on its way to a board.

    Returns
    -------
    dict
        `run` (empty without one) and its `number`, `board_title`, `checks` and `operators` (None
        if the run cannot be compiled) as of `deploy_way`, `budget`, `built` as of
        `deploy.latest_build`, `boards` and `ways` (remedies) as of `deploy_boards`.
    """
    with Project.open(path) as project:
        run, board = project.latest_run("train"), project.pipeline.board
        number = run_number(project, run.id) if run else 0
    try:
        operators = deploy_way.operators(path) if run and board else None
    except StudioError:
        operators = None  # why is among the checks
    return {
        "run": run.id if run else "",
        "number": number,
        "board_title": boards.board(board).title if board else "",
        "checks": deploy_way.checks(path, port=port),
        "budget": budget.budget(path),
        "built": deploy.latest_build(path) if board else None,
        "boards": deploy_boards.every_board(path),
        "operators": operators,
        "ways": deploy_boards.remedies(path),
    }

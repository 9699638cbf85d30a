"""What the table of samples asks for while it is scrolled: rows, and pictures of their signals."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.errors import StudioError
from studio.gui.pages.data_changes import PLACE
from studio.gui.pages.sample_table import SampleTable
from studio.gui.session import Session
from studio.types import Sample

if TYPE_CHECKING:
    from studio.services.label import Row
    from studio.services.thumbnails import Thumbnail

COLUMNS = 80


class Feed(QObject):
    """Reads in the background what a table has not got; a project that is gone gives nothing."""

    def __init__(self, session: Session, table: SampleTable) -> None:
        super().__init__(table)
        self._session = session
        self._table = table
        table.rows_wanted.connect(self._read_rows)
        table.pictures_wanted.connect(self._read_pictures)

    def _read_rows(self, first: int, after: int) -> None:
        path, listed = self._session.path, self._table.ids
        ids = [int(number) for number in listed[first:after]]

        def read() -> "list[Row] | None":
            from studio.services import library

            try:
                return library.rows(path, ids)
            except StudioError:
                return None

        def show(rows: "list[Row] | None") -> None:
            if rows is None or listed is not self._table.ids:
                self._table.failed()
            else:
                self._table.put(first, after, rows)

        self._session.read("rows", read, show, place=PLACE)

    def _read_pictures(self, samples: list[Sample]) -> None:
        path = self._session.path

        def read() -> "list[Thumbnail | None]":
            from studio.services import thumbnails

            try:
                return thumbnails.thumbnails(path, samples, columns=COLUMNS)
            except StudioError:
                return [None] * len(samples)

        def show(found: "list[Thumbnail | None]") -> None:
            self._table.put_pictures(samples, found)

        self._session.read("pictures", read, show, place=PLACE)

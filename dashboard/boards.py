"""The Leaderboards page's rows, from one snapshot (specification, section 4).

Paging goes by place in the list, within one snapshot: no row is skipped and none comes twice. A
page ends with its rank's last row where that is not far, and else says how many more share it.
Going back, too, nothing is skipped: the page before begins with a rank from which it reaches this
one, and ends where this one begins.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dashboard.disclosure import EVERYTHING, Disclosure
from dashboard.index.index import Board, Index, RankedRow
from dashboard.index.shards import Shard
from dashboard.models import BoardPage, BoardRow, PlaceOnBoard, RankOf, SnapshotInfo
from pipelines.boards.periods import period_name
from pipelines.published.standings import first_row_around, gaps

#: A page may be so much longer, that producers of one rank are not torn apart.
_TIED_BEYOND = 50
_PODIUM = 3


def snapshot_info(index: Index) -> SnapshotInfo:
    """Which snapshot an answer comes from."""
    row = index.row
    return SnapshotInfo(
        snapshot_id=row.snapshot_id,
        published_at=row.published_at,
        as_of=row.as_of,
        data_through=row.data_through,
        rulebook_name=row.rulebook_name,
        rulebook_version=row.rulebook_version,
        producers=row.producers,
        changed_at=index.manifest.changed_at,
    )


def rank_of(index: Index, producer_id: int, category: str, period: str) -> RankOf:
    """A producer's place on a board; never an invented number."""
    board = index.board(category, period)
    row = board.row_of(producer_id)
    return RankOf(
        category=category,
        period=period,
        rank=None if row is None else row.rank,
        score=None if row is None else row.score,
        ranked=board.ranked,
    )


class Boards:
    """The boards of one snapshot, and where everybody was on the last day's."""

    def __init__(
        self,
        index: Index,
        earlier: Index | None,
        disclosure: Disclosure = EVERYTHING,
        snapshot_gone: bool = False,
    ) -> None:
        self.index = index
        self._earlier = earlier
        self._disclosure = disclosure
        #: Whether another snapshot was asked for, which is no longer kept.
        self.snapshot_gone = snapshot_gone

    @property
    def shards(self) -> dict[str, Shard]:
        """What is mapped, by folder."""
        return self.index.shards | (self._earlier.shards if self._earlier else {})

    def only_boards(self) -> "Boards":
        """The same boards, without what they do not need of their snapshot."""
        return Boards(self.index.only_boards(), self._earlier)

    def in_place_of_one_that_is_gone(self) -> "Boards":
        """The same boards, for who asked for those of another snapshot."""
        return Boards(self.index, self._earlier, self._disclosure, snapshot_gone=True)

    def told(self, disclosure: Disclosure) -> "Boards":
        """The same boards, as they are told to somebody."""
        return Boards(self.index, self._earlier, disclosure, self.snapshot_gone)

    def hides(self, producer_id: int) -> bool:
        """Whether it is not told who a producer is."""
        return self._disclosure.hides(producer_id)

    def page(
        self,
        category: str,
        period: str,
        first: int,
        rows: int,
        viewer: int | None = None,
        until: int | None = None,
    ) -> BoardPage:
        """Rows from a place in the list (0 = the top), and the place of a producer.

        None from the place `until` on: there begins the page that these rows come before.
        """
        board = self.index.board(category, period)
        first = min(first, board.ranked)
        last = _end(board, first, rows)
        last = last if until is None else max(first, min(last, until))
        above = below = before = 0
        if first < last:
            above = first - board.of_rank(board.row(first).rank).start
            below = board.of_rank(board.row(last - 1).rank).stop - last
            before = _before(board, first, rows)
        earlier = self._compared(period)
        return BoardPage(
            snapshot=snapshot_info(self.index),
            snapshot_gone=self.snapshot_gone,
            compared_with=None if earlier is None else earlier.row.snapshot_id,
            compared_day=None if earlier is None else earlier.last_day,
            category=category,
            period=period,
            period_name=period_name(self.index.row.as_of, period),
            ranked=board.ranked,
            rows=self._rows(board, range(first, last)),
            first=first + 1 if first < last else 0,
            previous=before + 1 if 0 < first < last else None,
            next=last + 1 if last < board.ranked else None,
            more_above=above,
            more_below=below,
            place=None if viewer is None else self.place(category, period, viewer),
        )

    def columns(self) -> tuple[str, ...]:
        """The columns of a board's table: texts of ids only where they stand for some."""
        texts = ("text_id",) if self.index.has_texts else ()
        return ("rank", "producer_id", *texts, "display_name", "score")

    def table(self, category: str, period: str, first: int, rows: int) -> list[tuple[object, ...]]:
        """The rows that a page has, with `columns`; None if not told."""
        board = self.index.board(category, period)
        listed = board.rows(range(first, _end(board, first, rows)))
        found = (
            {
                "rank": row.rank,
                **identity,
                "score": self._score(category, row.producer_id, row.score),
            }
            for row, identity in zip(listed, self._identities(listed), strict=True)
        )
        columns = self.columns()
        return [tuple(row[column] for column in columns) for row in found]

    def around(self, category: str, period: str, producer_id: int, rows: int) -> BoardPage:
        """The rows around a producer; the top if not ranked, or hidden."""
        board = self.index.board(category, period)
        row = board.row_of(producer_id)
        first = 0
        if row is not None and not self.hides(producer_id):
            first = first_row_around(row.at, rows, board.ranked)
        return self.page(category, period, first, rows, producer_id)

    def place(self, category: str, period: str, producer_id: int) -> PlaceOnBoard | None:
        """Where a producer stands; None if not ranked, or hidden."""
        board = self.index.board(category, period)
        row = board.row_of(producer_id)
        if row is None or self.hides(producer_id):
            return None
        tied = board.of_rank(row.rank)
        ahead = board.row(tied.start - 1) if tied.start else None
        behind = board.row(tied.stop) if tied.stop < board.ranked else None
        to_pass, ahead_by = gaps(
            row.score,
            None if ahead is None else ahead.score,
            None if behind is None else behind.score,
        )
        tells = self._disclosure.tells_gaps(category)
        return PlaceOnBoard(
            row=self._rows(board, range(row.at, row.at + 1))[0],
            tied_with=tied.stop - tied.start - 1,
            next_rank=None if ahead is None else ahead.rank,
            to_pass=to_pass if tells else None,
            ahead_by=ahead_by if tells else None,
        )

    def _compared(self, period: str) -> Index | None:
        """The last day's snapshot, unless another month or week was ranked there."""
        if self._earlier is None:
            return None
        then, now = (period_name(index.row.as_of, period) for index in (self._earlier, self.index))
        return self._earlier if then == now else None

    def _rows(self, board: Board, at: range) -> list[BoardRow]:
        """Some rows, with where their producers were on the last day's board of this period."""
        compared = self._compared(board.period)
        listed = board.rows(at)
        ids = [row.producer_id for row in listed]
        ranks_before: list[int | None] = [None] * len(ids)
        if compared is not None:
            ranks_before = compared.board(board.category, board.period).ranks(ids)
        rows = []
        for row, identity, before in zip(
            listed, self._identities(listed), ranks_before, strict=True
        ):
            rows.append(
                BoardRow(
                    rank=row.rank,
                    hidden=identity["producer_id"] is None,
                    **identity,
                    score=self._score(board.category, row.producer_id, row.score),
                    moved=None if before is None else before - row.rank,
                    is_new=compared is not None and before is None,
                )
            )
        return rows

    def _identities(self, listed: Sequence[RankedRow]) -> Iterator[dict[str, Any]]:
        """Who the producers of some rows are, as far as it is told: id, its text, display name."""
        ids = [row.producer_id for row in listed]
        for known in zip(ids, self.index.texts(ids), self.index.names(ids), strict=True):
            told = (None, None, None) if self.hides(known[0]) else known
            yield dict(zip(("producer_id", "text_id", "display_name"), told, strict=True))

    def _score(self, category: str, producer_id: int, score: int) -> int | None:
        return score if self._disclosure.tells_score(category, producer_id) else None


@dataclass(frozen=True)
class PodiumStep:
    """A step of the podium: a producer, or several who share a rank that does not fit on it."""

    rank: int
    score: int | None
    row: BoardRow | None
    sharing: int


def podium(page: BoardPage) -> list[PodiumStep]:
    """The first three of a board's first page; who shares a rank stands there with all or none."""
    steps: list[PodiumStep] = []
    if page.first != 1:
        return steps
    for rank, group in groupby(page.rows, key=lambda row: row.rank):
        rows = list(group)
        sharing = len(rows) + (page.more_below if rows[-1] is page.rows[-1] else 0)
        if rank > _PODIUM:
            break
        if rank - 1 + sharing <= _PODIUM:
            steps += [PodiumStep(rank, row.score, row, 1) for row in rows]
        else:
            steps.append(PodiumStep(rank, rows[0].score, None, sharing))
    return steps


def _end(board: Board, first: int, rows: int) -> int:
    """Where a page that begins at a place ends: with all of its last rank, if that is near."""
    last = min(first + rows, board.ranked)
    if not last:
        return 0
    tied = board.of_rank(board.row(last - 1).rank)
    return tied.stop if tied.stop - last <= _TIED_BEYOND else last


def _before(board: Board, first: int, rows: int) -> int:
    """Where the page before a place begins: so that it reaches that place, and with a rank."""
    before = max(0, first - rows)
    tied = board.of_rank(board.row(before).rank)
    if _end(board, tied.start, rows) >= first:
        before = tied.start
    elif tied.stop < first:
        before = tied.stop
    return before

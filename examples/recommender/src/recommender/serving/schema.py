"""The GraphQL schema: what may be asked, and how it is answered.

What a caller may meet in the ordinary course of things is data, as one type of a union: an unknown user, an
unknown item. What a caller did wrong is an error with a code: BAD_INPUT, TOO_COSTLY, NOT_READY.
"""

# ruff: noqa: D101, D102, PLR0917 - the descriptions are the docstrings; callers name their arguments

from __future__ import annotations

import logging
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info
from typing_extensions import override

from . import limits, paging
from .context import Context, in_thread
from .ratings import LONGEST_ID, may_be_id

if TYPE_CHECKING:
    from graphql import GraphQLError
    from strawberry.types import ExecutionContext

    from ..params import Service
    from .predictor import Ranking

LOG = logging.getLogger("service")
Asked = Info[Context, None]


@strawberry.enum(description="Where a list comes from.")
class Strategy(Enum):
    PERSONAL = strawberry.enum_value("personal", description="from what this user has rated")
    POPULAR = strawberry.enum_value(
        "popular", description="what most have rated: too little is known of the user"
    )


@strawberry.type(description="How an item was rated, by everybody.")
class Summary:
    count: int
    mean: float | None


@strawberry.type(description="Something that can be recommended.")
class Item:
    id: strawberry.ID
    title: str
    year: int | None
    genres: list[str]

    @strawberry.field(description="Number and mean of all ratings.")
    async def summary(self, info: Asked) -> Summary:
        count, mean = await info.context.summaries.load(str(self.id))
        return Summary(count=count, mean=mean)

    @strawberry.field(description="How this user has rated it; null if not.")
    async def rating_of(self, info: Asked, user_id: strawberry.ID) -> float | None:
        return await info.context.rating_of(str(user_id), str(self.id))

    @strawberry.field(description="The items nearest to it.")
    def similar(self, info: Asked, first: int = 5) -> list[ScoredItem]:
        return _similar(info.context, str(self.id), first)


@strawberry.type(description="An item and how strongly it is meant; higher is better, within one list only.")
class ScoredItem:
    item: Item
    score: float


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="An entry of a list of recommendations.")
class RecommendationEdge:
    cursor: str
    node: Item
    score: float
    rank: int


@strawberry.type(description="Part of a list of recommendations, best first.")
class RecommendationConnection:
    edges: list[RecommendationEdge]
    page_info: PageInfo
    strategy: Strategy
    reason: str


@strawberry.type(description="An item that a user has rated.")
class RatedItem:
    item: Item
    rating: float


@strawberry.type(description="Somebody who has rated.")
class User:
    id: strawberry.ID
    rating_count: int
    cold: bool = strawberry.field(description="True: too little is known, the popular list is given.")

    @strawberry.field(description="The newest ratings first.")
    async def ratings(self, info: Asked, first: int = 10) -> list[RatedItem]:
        size = paging.page_size(first, info.context.params.service.most_first)
        history = await info.context.history(str(self.id))
        known = [
            (item, value) for item, value in history.values.items() if item in info.context.predictor.place
        ]
        return [
            RatedItem(item=_item(info.context, info.context.predictor.place[item]), rating=value)
            for item, value in reversed(known[-size:])
        ]


@strawberry.type(description="What one rated item adds to a score; negative where it counts against.")
class Reason:
    item: Item
    rating: float
    amount: float


@strawberry.type(description="Why an item has its score: start, reasons and rest add up to it.")
class Explanation:
    item: Item
    score: float
    strategy: Strategy
    start: float = strawberry.field(description="The score for somebody of whom nothing is known.")
    reasons: list[Reason] = strawberry.field(description="Strongest first.")
    rest: float = strawberry.field(description="What all other rated items add.")


@strawberry.type(description="Nobody of this id has rated anything here.")
class UnknownUser:
    user_id: strawberry.ID
    message: str


@strawberry.type(description="There is no such item.")
class UnknownItem:
    item_id: strawberry.ID
    message: str


@strawberry.type(description="No item has this genre.")
class UnknownGenre:
    genre: str
    message: str
    known: list[str]


@strawberry.type(description="This number is no rating here.")
class InvalidRating:
    rating: float
    message: str


@strawberry.type(description="The rating is kept, and counts already.")
class Rated:
    item: Item
    rating: float
    previous: float | None
    recommendations: RecommendationConnection


@strawberry.type(description="The last rating is taken back; the one before it holds again.")
class Undone:
    item: Item
    rating: float | None = strawberry.field(description="What holds now; null: not rated.")
    recommendations: RecommendationConnection


@strawberry.type(description="There is no rating that could be taken back.")
class NothingToUndo:
    message: str


RecommendationsResult = Annotated[
    RecommendationConnection | UnknownUser | UnknownGenre, strawberry.union("RecommendationsResult")
]
UserResult = Annotated[User | UnknownUser, strawberry.union("UserResult")]
ItemResult = Annotated[Item | UnknownItem, strawberry.union("ItemResult")]
ExplainResult = Annotated[Explanation | UnknownUser | UnknownItem, strawberry.union("ExplainResult")]
RateResult = Annotated[Rated | UnknownItem | InvalidRating, strawberry.union("RateResult")]
UndoResult = Annotated[Undone | NothingToUndo | UnknownItem, strawberry.union("UndoResult")]


@strawberry.type(description="Similar items, nearest first.")
class SimilarItems:
    items: list[ScoredItem]


SimilarResult = Annotated[SimilarItems | UnknownItem, strawberry.union("SimilarResult")]


@strawberry.type
class Query:
    @strawberry.field(description="What this user may like next.")
    async def recommendations(
        self,
        info: Asked,
        user_id: strawberry.ID,
        first: int = 10,
        after: str | None = None,
        exclude_seen: bool = True,
        genre: str | None = None,
    ) -> RecommendationsResult:
        context, user = info.context, str(user_id)
        if genre is not None and genre not in context.predictor.genres:
            return _unknown_genre(context, genre)
        if not (await context.history(user)).known:
            return _unknown_user(user)
        return await _list(context, user, first, after=after, exclude_seen=exclude_seen, genre=genre)

    @strawberry.field(description="The items nearest to one.")
    def similar_items(self, info: Asked, item_id: strawberry.ID, first: int = 10) -> SimilarResult:
        if str(item_id) not in info.context.predictor.place:
            return _unknown_item(str(item_id))
        return SimilarItems(items=_similar(info.context, str(item_id), first))

    @strawberry.field(description="One item.")
    def item(self, info: Asked, id: strawberry.ID) -> ItemResult:  # noqa: A002  # the schema's word
        place = info.context.predictor.place.get(str(id))
        return _unknown_item(str(id)) if place is None else _item(info.context, place)

    @strawberry.field(description="One user.")
    async def user(self, info: Asked, id: strawberry.ID) -> UserResult:  # noqa: A002  # the schema's word
        history = await info.context.history(str(id))
        if not history.known:
            return _unknown_user(str(id))
        return _user(info.context, str(id), len(history.values))

    @strawberry.field(description="Some users, by id.")
    async def users(self, info: Asked, first: int = 10) -> list[User]:
        size = paging.page_size(first, info.context.params.service.most_first)
        ids = await in_thread(info.context.ratings.users, size)
        histories = await info.context.histories.load_many(ids)
        return [
            _user(info.context, id_, len(history.values)) for id_, history in zip(ids, histories, strict=True)
        ]

    @strawberry.field(description="Every genre that an item has.")
    def genres(self, info: Asked) -> list[str]:
        return list(info.context.predictor.genres)

    @strawberry.field(description="Which of this user's items led to an item, and by how much.")
    async def explain(
        self, info: Asked, user_id: strawberry.ID, item_id: strawberry.ID, first: int = 5
    ) -> ExplainResult:
        context = info.context
        place = context.predictor.place.get(str(item_id))
        if place is None:
            return _unknown_item(str(item_id))
        history = await context.history(str(user_id))
        if not history.known:
            return _unknown_user(str(user_id))
        size = paging.page_size(first, context.params.service.most_first)
        found = context.predictor.explain(
            context.places(history), place, cold_below=context.params.service.cold_below
        )
        shown = found.reasons[:size]
        items = context.predictor.items
        return Explanation(
            item=_item(context, place),
            score=found.score,
            strategy=Strategy.PERSONAL if found.personal else Strategy.POPULAR,
            start=found.start,
            reasons=[
                Reason(
                    item=_item(context, one.item),
                    rating=history.values[items[one.item].id],
                    amount=one.amount,
                )
                for one in shown
            ],
            rest=sum(one.amount for one in found.reasons[size:]),
        )


@strawberry.type
class Mutation:
    @strawberry.mutation(
        description="Rate an item; a new user begins to exist. The list that comes back knows of it."
    )
    async def rate(
        self, info: Asked, user_id: strawberry.ID, item_id: strawberry.ID, rating: float, first: int = 10
    ) -> RateResult:
        context, user, item = info.context, _user_id(str(user_id)), str(item_id)
        paging.page_size(first, context.params.service.most_first)  # refused before anything is kept
        place = context.predictor.place.get(item)
        if place is None:
            return _unknown_item(item)
        low, high = (context.predictor.stored.metadata[end] for end in ("low", "high"))
        if not low <= rating <= high:
            return InvalidRating(rating=rating, message=f"expected {low:g} to {high:g}")
        previous = (await context.history(user)).values.get(item)
        await in_thread(context.ratings.rate, user, item, rating)
        context.forget()
        return Rated(
            item=_item(context, place),
            rating=rating,
            previous=previous,
            recommendations=await _list(context, user, first),
        )

    @strawberry.mutation(description="Take the last rating of an item back.")
    async def undo(
        self, info: Asked, user_id: strawberry.ID, item_id: strawberry.ID, first: int = 10
    ) -> UndoResult:
        context, user, item = info.context, _user_id(str(user_id)), str(item_id)
        paging.page_size(first, context.params.service.most_first)
        place = context.predictor.place.get(item)
        if place is None:
            return _unknown_item(item)
        if not await in_thread(context.ratings.undo, user, item):
            return NothingToUndo(message="no rating of this item was given here; those of the training stay")
        context.forget()
        return Undone(
            item=_item(context, place),
            rating=(await context.history(user)).values.get(item),
            recommendations=await _list(context, user, first),
        )


class _Schema(strawberry.Schema):
    """Logs what went wrong inside, without the query: it may hold somebody's id. Refusals are no errors."""

    @override
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        for error in filter(limits.is_a_bug, errors):
            LOG.error("a resolver failed", exc_info=error.original_error)


def make(settings: Service, *, development: bool = False) -> strawberry.Schema:
    """Return the schema with its guards; in development it tells what is in it."""
    return _Schema(
        query=Query,
        mutation=Mutation,
        extensions=limits.extensions(settings, development=development),
        config=StrawberryConfig(disable_field_suggestions=not development),
    )


def as_text(settings: Service) -> str:
    """Return the schema in GraphQL's own language, as schema.graphql holds it."""
    return make(settings, development=True).as_str() + "\n"


async def _list(
    context: Context,
    user: str,
    first: int,
    *,
    after: str | None = None,
    exclude_seen: bool = True,
    genre: str | None = None,
) -> RecommendationConnection:
    size = paging.page_size(first, context.params.service.most_first)
    history = await context.history(user)
    version = context.predictor.stored.version
    of_list = paging.fingerprint(user, exclude_seen, genre, version, history.state)
    skip = paging.place_after(after, of_list)
    found = context.predictor.rank(
        context.places(history),
        size,
        skip=skip,
        exclude_seen=exclude_seen,
        genre=genre,
        cold_below=context.params.service.cold_below,
    )
    return _connection(context, found, skip, of_list, len(history.values))


def _connection(
    context: Context, found: Ranking, skip: int, of_list: str, rated: int
) -> RecommendationConnection:
    edges = [
        RecommendationEdge(
            cursor=paging.cursor(skip + number, of_list),
            node=_item(context, place),
            score=score,
            rank=skip + number + 1,
        )
        for number, (place, score) in enumerate(zip(found.items, found.scores, strict=True))
    ]
    ratings = f"{rated} rating{'' if rated == 1 else 's'}"
    return RecommendationConnection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=found.more,
            has_previous_page=skip > 0,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        strategy=Strategy.PERSONAL if found.personal else Strategy.POPULAR,
        reason=f"from {ratings}" if found.personal else f"{ratings}; {_why_popular(context)}",
    )


def _why_popular(context: Context) -> str:
    if not context.predictor.model.personal:
        return "validation chose the popular list for everybody"
    return f"a list of one's own begins with {context.params.service.cold_below}"


def _similar(context: Context, item_id: str, first: int) -> list[ScoredItem]:
    size = paging.page_size(first, context.params.service.most_first)
    found = context.predictor.similar(context.predictor.place[item_id], size)
    return [
        ScoredItem(item=_item(context, place), score=score)
        for place, score in zip(found.items, found.scores, strict=True)
    ]


def _item(context: Context, place: int) -> Item:
    item = context.predictor.items[place]
    return Item(id=strawberry.ID(item.id), title=item.title, year=item.year, genres=list(item.genres))


def _user(context: Context, user_id: str, ratings: int) -> User:
    return User(
        id=strawberry.ID(user_id), rating_count=ratings, cold=ratings < context.params.service.cold_below
    )


def _user_id(text: str) -> str:
    """Return the id that a rating is kept under."""
    if not may_be_id(text):
        raise paging.bad_input("userId", f"is {text[:40]!r}; expected 1 to {LONGEST_ID} characters")
    return text


def _unknown_user(user_id: str) -> UnknownUser:
    message = "nobody of this id has rated anything; the mutation `rate` begins a history"
    return UnknownUser(user_id=strawberry.ID(user_id[:LONGEST_ID]), message=message)


def _unknown_item(item_id: str) -> UnknownItem:
    return UnknownItem(
        item_id=strawberry.ID(item_id[:LONGEST_ID]), message="no item of this id in the catalogue"
    )


def _unknown_genre(context: Context, genre: str) -> UnknownGenre:
    return UnknownGenre(
        genre=genre[:LONGEST_ID], message="no item has this genre", known=list(context.predictor.genres)
    )

"""A project's answers, found by rendering: markers show the texts, and each choice is tried.

Answers depend on each other, since one may hide the question or the lines of another, so both steps are
repeated until nothing changes, a few times at most. The template's own validators are asked each time: what
they refuse is never an answer.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.adopting.markers import Markers, Vote, forms, originals, votes_of_path, votes_of_text
from scaffolder.adopting.owned import LARGEST_TEXT, NotAdoptable, Votes
from scaffolder.adopting.questions import Question, read_questions
from scaffolder.answers import Answers
from scaffolder.engine.render import render
from scaffolder.errors import InvalidAnswer, MissingAnswer, RenderFailed, ScaffolderError, UnknownAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scaffolder.adopting.owned import Owned
    from scaffolder.engine.render import Rendered
    from scaffolder.engine.source import Tree

SURE = 0.7  # an answer, or a version, of less certainty is marked unsure
_ROUNDS = 4
_MOST_TRIES = 200  # renders of one version; then the search ends with the best so far
_MOST_RENDERS = 2 * _MOST_TRIES
_MOST_CHOICES = 24  # values of one question that are tried
_MOST_CANDIDATES = 4  # texts for one question that are tried


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """One answer and what speaks for it."""

    key: str
    value: object
    how: str  # "given", "found" (lines show it), "fits" (best of the choices), "default" (nothing shows it)
    certainty: float  # 0 where nothing shows it
    votes: Votes
    where: str = ""  # path:line that shows it

    @property
    def is_sure(self) -> bool:
        """Whether enough speaks for it."""
        return self.how == "given" or self.certainty >= SURE


@dataclass
class Inference:
    """The search for the answers of one version."""

    tree: Tree
    owned: Owned
    given: Mapping[str, object]
    folder_name: str
    questions: Mapping[str, Question] = field(init=False)
    renders: int = 0
    _made: dict[str, Rendered | ScaffolderError] = field(default_factory=dict)
    _needed: dict[str, object] = field(default_factory=dict)  # without default: what stands in for an answer
    _votes: dict[str, list[Vote]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.questions = read_questions(self.tree)

    def search(self, start: Mapping[str, object]) -> dict[str, object]:
        """Return the answers that explain the project best, without those left to their default.

        Args:
            start: of a neighbouring version; what does not fit is dropped.

        Raises:
            ScaffolderError: the template cannot be rendered.
        """
        values, _ = self.settled({**start, **self.given})
        for _ in range(_ROUNDS):
            before = dict(values)
            values = self._read_texts(values)
            values = self._try_choices(values)
            if values == before or self._is_spent():
                break
        return values

    def _is_spent(self) -> bool:
        return self.renders >= _MOST_TRIES

    # --- renders

    def render(self, values: Mapping[str, object]) -> Rendered:
        """Return what the template makes of exactly these answers and of its defaults."""
        key = json.dumps(values, sort_keys=True, default=str)
        if key not in self._made:
            if self.renders >= _MOST_RENDERS:
                why = "it has too many answers to try; give some with -d KEY=VALUE"
                raise RenderFailed(self.tree.template, why)
            self.renders += 1
            try:
                answers = Answers(self.tree.template, dict(values))
                self._made[key] = render(
                    self.tree, answers, ask=False, defaults={}, folder_name=self.folder_name
                )
            except ScaffolderError as error:
                self._made[key] = error
        found = self._made[key]
        if isinstance(found, ScaffolderError):
            raise found
        return found

    def settled(self, values: Mapping[str, object]) -> tuple[dict[str, object], Rendered]:
        """Render, without those of the answers that the template does not take.

        A question that needs an answer gets one that its validator accepts.
        """
        taken = {**self._needed, **values}
        stand_ins: dict[str, Iterator[object]] = {}
        for _ in range(_MOST_RENDERS):
            try:
                return taken, self.render(taken)
            except (InvalidAnswer, UnknownAnswer, MissingAnswer, RenderFailed) as error:
                key = self._culprit(error)
                if key is None or key in self.given:
                    raise
                if key in taken and key not in self._needed and key not in stand_ins:
                    del taken[key]
                    continue
                if isinstance(error, UnknownAnswer):
                    self._needed.pop(key, None)
                    taken.pop(key, None)
                    continue
                waiting = stand_ins.setdefault(key, iter(self._stand_ins(key)))
                try:
                    taken[key] = self._needed[key] = next(waiting)
                except StopIteration:
                    raise error from None
        raise RenderFailed(
            self.tree.template, "its questions refuse each other's answers; give some with -d KEY=VALUE"
        )

    def _culprit(self, error: ScaffolderError) -> str | None:
        """Return the question that an error is about."""
        text = str(error)
        for key in self.questions:
            if isinstance(error, RenderFailed):
                if f"question '{key}'" in text:
                    return key
            elif text.startswith((f"{key}: ", f"{key} has no default", f"no question named {key!r};")):
                return key
        return None

    def _stand_ins(self, key: str) -> Sequence[object]:
        question = self.questions[key]
        if question.choices:
            return (
                [[], *([one] for one in question.choices)] if question.kind == "several" else question.choices
            )
        return [] if question.kind == "other" else forms(list(self.questions).index(key), question.kind)

    # --- texts

    def _read_texts(self, values: dict[str, object]) -> dict[str, object]:
        values, made = self.settled(values)
        self._collect_votes(values, made)
        for key in self._texts(made):
            values = self._take_text(key, values, made)
        return values

    def _texts(self, made: Rendered) -> list[str]:
        return [key for key in made.answers.values if self._is_open(key, "text", "number")]

    def _collect_votes(self, values: Mapping[str, object], made: Rendered) -> None:
        """See what the project has where a render with these answers has texts."""
        self._votes = defaultdict(list)
        if keys := self._texts(made):
            for vote in self._all_votes(*self._marked(values, keys)):
                self._votes[vote.key].append(vote)

    def _is_open(self, key: str, *kinds: str) -> bool:
        return key in self.questions and self.questions[key].kind in kinds and key not in self.given

    def _marked(self, values: Mapping[str, object], keys: Sequence[str]) -> tuple[Markers, Rendered]:
        """Render with a marker for each of these questions, in a form that it accepts if there is one."""
        numbers = {key: number for number, key in enumerate(self.questions)}
        waiting = {key: iter(forms(numbers[key], self.questions[key].kind)) for key in keys}
        marks = {key: next(waiting[key]) for key in keys}
        while True:
            try:
                marked = self.render({**self._needed, **values, **marks})
                return Markers.of(marks, self._chosen(marked)), marked
            except (InvalidAnswer, UnknownAnswer, MissingAnswer, RenderFailed) as error:
                key = self._culprit(error)
                if key not in marks:
                    if not marks:
                        raise
                    marks.popitem()  # one of them makes the template fail elsewhere
                    continue
                following = None if isinstance(error, UnknownAnswer) else next(waiting[key], None)
                if following is None:
                    del marks[key]
                else:
                    marks[key] = following

    def _chosen(self, made: Rendered) -> dict[str, list[str]]:
        """Return for each text that was chosen all that could have been."""
        return {
            str(made.answers.values[key]): sorted(
                {str(choice) for choice in self.questions[key].choices}, key=len
            )[::-1]
            for key in made.answers.values
            if self._is_open(key, "choice") and isinstance(made.answers.values[key], str)
        }

    def _all_votes(self, markers: Markers, marked: Rendered) -> Iterator[Vote]:
        self.owned.fetch(marked.files)
        names = sorted(self.owned.entries) if any(map(markers.shown_in, marked.files)) else []
        for path, file in marked.files.items():
            places = [path] if path in self.owned.entries else []
            if path == marked.answers_file:
                continue
            if markers.shown_in(path):
                for place, votes in votes_of_path(markers, path, names):
                    places.append(place)
                    yield from votes
            if len(file.content) > LARGEST_TEXT or b"\0" in file.content:
                continue
            text = file.content.decode(errors="replace")
            if not markers.shown_in(text):
                continue
            for place in places:
                content = self.owned.content(place)
                if content is not None and b"\0" not in content:
                    there = content.decode(errors="replace").replace("\r\n", "\n")
                    yield from votes_of_text(markers, text, there, place)

    def _take_text(self, key: str, values: dict[str, object], made: Rendered) -> dict[str, object]:
        """Take the text that most places show and that the template accepts; of several the best."""
        weights = self._weights(key, str(made.answers.values.get(key, "")))
        best, best_values = None, values
        # Of two that equally many places show, the longer has more likely been added to.
        likeliest = sorted(weights, key=lambda text: (-weights[text], len(text)))
        for text in likeliest[:_MOST_CANDIDATES]:
            if self._is_spent() and best is not None:
                break
            tried = {**values, key: text}
            taken, rendered = self.settled(tried)
            if taken.get(key) != text:
                continue
            worth = (self.owned.worth(rendered), weights[text])
            if best is None or worth > best:
                best, best_values = worth, taken
        return best_values

    def _weights(self, key: str, default: str) -> dict[str, float]:
        """Return how much speaks for each text: places that show it, or something made of it."""
        weights: dict[str, float] = defaultdict(float)
        for vote in self._votes.get(key, ()):
            if not vote.change:
                weights[vote.value] += vote.weight
        for vote in self._votes.get(key, ()):
            if vote.change:
                known = sorted(weights, key=lambda text: -weights[text])
                fitting = originals(vote.value, vote.change, [*known, default])
                for text in fitting[:1] if fitting[:1] and fitting[0] in known else fitting:
                    weights[text] += vote.weight / (1 if text in known else 4)
        return dict(weights)

    # --- choices

    def _try_choices(self, values: dict[str, object]) -> dict[str, object]:
        values, made = self.settled(values)
        for key in list(made.answers.values):
            if not self._is_open(key, "choice", "several"):
                continue
            best = self.owned.worth(made)
            for other in self._others(key, made):
                if self._is_spent():
                    return values
                taken, rendered = self.settled({**values, key: other})
                if set(self._texts(rendered)) - set(self._texts(made)):  # asked only then: read them first
                    taken, rendered = self.settled(self._read_texts(taken))
                if key in taken and (worth := self.owned.worth(rendered)) > best:
                    values, made, best = taken, rendered, worth
        return values

    def _others(self, key: str, made: Rendered) -> Iterable[object]:
        """Return the values of a choice but the one that was rendered; of several, with one more or less."""
        question, current = self.questions[key], made.answers.values.get(key)
        choices = question.choices
        if len(choices) > _MOST_CHOICES:
            choices = tuple(filter(self._is_mentioned, choices))[:_MOST_CHOICES]
        if question.kind == "choice":
            return [choice for choice in choices if str(choice) != str(current)]
        chosen = list(current) if isinstance(current, list) else []
        return [[one for one in choices if (one in chosen) != (one == choice)] for choice in choices]

    def _is_mentioned(self, choice: object) -> bool:
        wanted = str(choice).encode()
        return any(wanted in (content or b"") for content in self.owned.known_contents())

    # --- what was found

    def evidence(self, values: Mapping[str, object]) -> list[FoundAnswer]:
        """Return each answer with what speaks for it.

        Raises:
            NotAdoptable: a question has no default, and nothing shows its answer.
        """
        taken, made = self.settled(values)
        self._collect_votes(taken, made)
        found = [self._evidence(key, value, taken, made) for key, value in made.answers.values.items()]
        if unknown := [one.key for one in found if one.key in self._needed and one.how == "default"]:
            why = f"{unknown[0]} has no default, and no file shows it; answer it with -d {unknown[0]}=VALUE"
            raise NotAdoptable(self.owned.path, why)
        return found

    def _evidence(self, key: str, value: object, values: dict[str, object], made: Rendered) -> FoundAnswer:
        if key in self.given:
            return FoundAnswer(key, value, "given", 1.0, Votes(0, 0))
        if self._is_open(key, "text", "number"):
            return self._shown(key, value)
        if self._is_open(key, "choice", "several"):
            return self._fitting(key, value, values, made)
        return FoundAnswer(key, value, "default", 0.0, Votes(0, 0))

    def _shown(self, key: str, value: object) -> FoundAnswer:
        votes = self._votes.get(key, [])
        text = str(value)
        agreeing = [vote for vote in votes if text in originals(vote.value, vote.change, [text])]
        direct = [vote for vote in agreeing if not vote.change and vote.value == text]
        agreeing = [vote for vote in agreeing if vote.change or vote.value == text]
        if not agreeing:
            return FoundAnswer(key, value, "default", 0.0, Votes(0, len(votes)))
        counts = Votes(len(agreeing), len(votes) - len(agreeing))
        certainty = counts.certainty if direct else min(counts.certainty, SURE - 0.05)
        return FoundAnswer(key, value, "found", certainty, counts, (direct or agreeing)[0].where)

    def _fitting(self, key: str, value: object, values: dict[str, object], made: Rendered) -> FoundAnswer:
        """Compare a choice with the next best."""
        rivals: list[tuple[int, int, Rendered]] = []
        for other in self._others(key, made):
            if self._is_spent():  # nobody compared them
                return FoundAnswer(key, value, "default", 0.0, Votes(0, 0))
            taken, rendered = self.settled({**values, key: other})
            if key in taken:
                rivals.append((self.owned.worth(rendered), len(rivals), rendered))
        if not rivals:
            return FoundAnswer(key, value, "default", 0.0, Votes(0, 0))
        rival = max(rivals, key=lambda rival: rival[:2])[2]
        votes = self.owned.votes(made, rival)
        if votes == (0, 0):
            return FoundAnswer(key, value, "default", 0.0, votes)
        return FoundAnswer(key, value, "fits", votes.certainty, votes, self.owned.shown(made, rival))

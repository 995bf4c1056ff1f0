"""What a query may ask for: depth, aliases, tokens, and cost.

A small query can ask for a great deal: `first: 100` in a list in a list is ten thousand entries. The cost of
a query is the number of fields that its answer could have, each list with as many entries as `first` says.
Fragments that spread each other twice make a small query large, too: 2^n selections from n of them.
"""

from __future__ import annotations

from collections import Counter
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
)
from strawberry.extensions import (
    AddValidationRules,
    MaskErrors,
    MaxAliasesLimiter,
    MaxTokensLimiter,
    ParserCache,
    QueryDepthLimiter,
    SchemaExtension,
    ValidationCache,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from graphql import DocumentNode, GraphQLSchema, SelectionSetNode

    from ..params import Service

_REMEMBERED = 200  # queries
UNBOUNDED = 10  # entries that a list without `first` is taken to have


def extensions(settings: Service, *, development: bool) -> list[Callable[[], SchemaExtension]]:
    """Return what guards the schema; in development one may look at the schema itself."""
    # Made once: a page sends the same few queries again and again, and a query is known to be valid only for
    # the same rules. The extensions themselves are of one request each.
    rules = [
        *MaxAliasesLimiter(max_alias_count=settings.max_aliases).validation_rules,
        *QueryDepthLimiter(max_depth=settings.max_depth).validation_rules,
        *([] if development else [NoSchemaIntrospectionCustomRule]),
    ]
    return [
        lambda: MaxTokensLimiter(max_token_count=settings.max_tokens),
        lambda: AddValidationRules(rules),
        lambda: ParserCache(maxsize=_REMEMBERED),
        lambda: ValidationCache(maxsize=_REMEMBERED),
        lambda: CostLimiter(settings.max_cost),
        lambda: MaskErrors(should_mask_error=is_a_bug, error_message="internal error"),
    ]


class CostLimiter(SchemaExtension):
    """Refuses a query whose answer could be too large, before anything is looked up."""

    def __init__(self, most: int) -> None:
        self._most = most

    def on_parse(self) -> Iterator[None]:
        """Measure the query as it is written, before any rule walks through it."""
        yield
        document = self.execution_context.graphql_document
        if document is not None and (size := written_out(document)) > self._most:
            raise self._refusal(size)

    def on_validate(self) -> Iterator[None]:
        """Measure what a valid query could answer."""
        yield
        context = self.execution_context
        document = context.graphql_document
        if document is None or context.pre_execution_errors:
            return
        schema: GraphQLSchema = context.schema._schema  # strawberry has no other way to its types
        fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        counter = _Counter(schema, fragments, context.variables or {})
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                cost = counter.cost(node.selection_set, schema.get_root_type(node.operation))
                if cost > self._most:
                    # Raised, not noted: errors are looked at before what follows `yield` runs.
                    raise self._refusal(cost)

    def _refusal(self, fields: int) -> GraphQLError:
        return GraphQLError(
            f"the query could have {fields:,} fields; at most {self._most:,} are answered: "
            "ask for fewer fields, or a smaller `first`",
            extensions={"code": "TOO_COSTLY"},
        )


def written_out(document: DocumentNode) -> int:
    """Return the number of selections, each fragment counted wherever it is spread; 0 for endless ones.

    It takes time in proportion to the document as it is written, and no recursion.

    >>> from graphql import parse
    >>> written_out(parse("{ a { ...f ...f } } fragment f on A { b ...g ...g } fragment g on A { c }"))
    13
    """
    own: Counter[str] = Counter()
    spreads: dict[str, Counter[str]] = {}
    for definition in document.definitions:
        # All operations count as one; a fragment cannot have an empty name.
        name = definition.name.value if isinstance(definition, FragmentDefinitionNode) else ""
        below = spreads.setdefault(name, Counter())
        waiting = [definition]
        while waiting:
            selections = getattr(waiting.pop(), "selection_set", None)
            for node in selections.selections if selections else ():
                own[name] += 1
                if isinstance(node, FragmentSpreadNode):
                    below[node.name.value] += 1
                else:
                    waiting.append(node)
    total: Counter[str] = Counter()
    try:
        for name in TopologicalSorter(spreads).static_order():
            within: Mapping[str, int] = spreads.get(name, {})
            total[name] = own[name] + sum(times * total[below] for below, times in within.items())
    except CycleError:
        return 0  # no valid query has a fragment within itself; validation says so
    return total[""]


class _Counter:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema, self._fragments, self._variables = schema, fragments, variables
        # By name: fragments that spread each other twice would otherwise be walked 2^n times.
        self._of_fragment: dict[str, int] = {}

    def cost(self, selections: SelectionSetNode | None, parent: Any) -> int:
        """Return the number of fields below `parent`; valid queries have no fragment within itself."""
        total = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                field = getattr(parent, "fields", {}).get(node.name.value)
                child = get_named_type(field.type) if field else None
                total += 1 + self._entries(node, field) * self.cost(node.selection_set, child)
            elif isinstance(node, FragmentSpreadNode):
                total += self._fragment(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                named = self._schema.type_map.get(condition.name.value) if condition else parent
                total += self.cost(node.selection_set, named)
        return total

    def _fragment(self, name: str) -> int:
        if name not in self._of_fragment:
            fragment = self._fragments[name]
            named = self._schema.type_map.get(fragment.type_condition.name.value)
            self._of_fragment[name] = self.cost(fragment.selection_set, named)
        return self._of_fragment[name]

    def _entries(self, node: FieldNode, field: Any) -> int:
        if field is None or "first" not in field.args:
            return 1
        wanted: Any = field.args["first"].default_value
        for argument in node.arguments or ():
            if argument.name.value == "first":
                if isinstance(argument.value, IntValueNode):
                    wanted = int(argument.value.value)
                elif isinstance(argument.value, VariableNode):
                    wanted = self._variables.get(argument.value.name.value, wanted)
        return max(1, wanted) if type(wanted) is int else UNBOUNDED


def is_a_bug(error: GraphQLError) -> bool:
    """Tell an exception of ours that nobody meant to show from what the caller did wrong."""
    return error.original_error is not None and not isinstance(error.original_error, GraphQLError)

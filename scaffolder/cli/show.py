"""`list` and `show`: the catalogue, and one template of it or of others."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING

from scaffolder.cli import options, output

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from scaffolder.catalog import Question, Template
    from scaffolder.sources import Described, Nested, Version
    from scaffolder.sources import Question as ForeignQuestion

_MOST_VERSIONS = 20
_MOST_FILES = 1000
_MOST_CHOICES = 30
_LONGEST = 400  # characters of one text of a template of others


def list_templates(
    source: options.ListedSource = None, directory: options.Directory = "", as_json: options.AsJson = False
) -> None:
    """List the templates, or the versions of one of others.

    With --source, the address of a template of others, copier's or cookiecutter's: its versions, and what
    the newest one asks. Nothing of it is run.

    Examples:
      scaffolder list
      scaffolder list --json
      scaffolder list --source gh:OWNER/REPOSITORY
      scaffolder list --source ../templates --directory library
    """
    if source is not None:
        _list_source(source, directory, as_json=as_json)
        return
    if directory:
        raise output.Misuse("--directory is for the address of a template; give it with --source")
    from scaffolder import catalog

    found = catalog.templates()
    if as_json:
        output.result_json([asdict(template) for template in found])
        return
    output.result("\n\n".join("\n".join(_describe(template)) for template in found))


def show_template(
    template: options.ShownTemplate,
    version: options.ShownVersion = None,
    directory: options.Directory = "",
    as_json: options.AsJson = False,
) -> None:
    """Show a template: its stack, questions with defaults, and files.

    Of a template of others, which its address names: engine, commit, questions, the code of its own that
    only --trust runs, and its files. Texts are shown as the template writes them; nothing of it is run.

    Examples:
      scaffolder show predictive-maintenance
      scaffolder show predictive-maintenance --json
      scaffolder show gh:OWNER/REPOSITORY
      scaffolder show https://git.example.org/template.git --version v1.2.0
    """
    from scaffolder.engine.foreign import is_address

    if is_address(template):
        _show_source(template, version, directory, as_json=as_json)
        return
    if version or directory:
        name = "--version" if version else "--directory"
        raise output.Misuse(f"{name} is for the address of a template; 'show' has the newest of ours")
    from scaffolder import catalog

    found = catalog.find(template)
    questions, files = catalog.questions(found.name), catalog.file_tree(found.name)
    if as_json:
        output.result_json(
            {**asdict(found), "questions": [asdict(question) for question in questions], "files": files}
        )
        return
    width = max((len(question.name) for question in questions), default=0)
    asked = [line for question in questions for line in _explain(question, width)]
    output.result("\n".join([*_describe(found), "", "Questions:", *asked, "", "Files:", *_tree(files)]))


def _describe(template: Template) -> list[str]:
    summary = textwrap.wrap(template.summary, 76, initial_indent="  ", subsequent_indent="  ")
    stack = textwrap.wrap(
        ", ".join(template.stack), 76, initial_indent="  stack: ", subsequent_indent="         "
    )
    return [f"{template.name}  {template.version}", f"  {template.title}", *summary, *stack]


def _explain(question: Question, width: int) -> list[str]:
    """Return the lines of one question: its name beside what it asks, its default and other choices below."""
    default = question.default if question.type != "bool" else "yes" if question.default else "no"
    others = [choice for choice in question.choices if choice != default]
    below = f"default: {default}" + (f"; or {', '.join(others)}" if others else "")
    indent = " " * (width + 4)
    first = f"  {question.name:<{width}}  "
    return [
        *textwrap.wrap(question.help, 80, initial_indent=first, subsequent_indent=indent),
        *textwrap.wrap(below, 80, initial_indent=indent, subsequent_indent=indent),
    ]


def _tree(files: tuple[str, ...]) -> list[str]:
    """Return `files` as an indented tree, each folder named once, above what it holds."""
    lines: list[str] = []
    above: list[str] = []
    for path in sorted(files, key=lambda path: [(part, depth) for depth, part in enumerate(path.split("/"))]):
        *folders, name = path.split("/")
        shared = 0
        while shared < min(len(above), len(folders)) and above[shared] == folders[shared]:
            shared += 1
        lines += [f"{'  ' * (depth + 1)}{folders[depth]}/" for depth in range(shared, len(folders))]
        lines.append(f"{'  ' * (len(folders) + 1)}{name}")
        above = folders
    return lines


# --- templates of others


def _list_source(address: str, directory: str, *, as_json: bool) -> None:
    from scaffolder import sources

    found = sources.describe(address, directory=directory)
    versions = sources.versions(address)
    _warn(found)
    if as_json:
        facts = {**_facts(found), "versions": [asdict(version) for version in versions]}
        _print_json({key: value for key, value in facts.items() if key not in ("code", "files")})
        return
    lines = [*_head(found), "", "Versions:", *_versions(versions), "", *_asked(found)]
    output.result("\n".join(lines))


def _show_source(address: str, version: str | None, directory: str, *, as_json: bool) -> None:
    from scaffolder import sources

    found = sources.describe(address, version, directory=directory)
    _warn(found)
    if as_json:
        _print_json(_facts(found))
        return
    lines = [*_head(found), "", *_asked(found), "", *_code(found), "", "Files, as they lie in the template:"]
    files = [output.plain(path) for path in found.files[:_MOST_FILES]]
    lines += [*_tree(tuple(files)), *_others(len(found.files) - _MOST_FILES)]
    output.result("\n".join(lines))


def _warn(found: Described) -> None:
    for warning in found.warnings:
        output.warning(warning)


def _facts(found: Described) -> dict[str, Any]:
    return {key: value for key, value in asdict(found).items() if key != "warnings"}


def _print_json(value: object) -> None:
    """Print JSON in which whatever could steer a terminal is escaped, so that it stays the same value."""
    import json

    text = json.dumps(value, indent=2, ensure_ascii=False)
    output.result("".join(sign if sign.isprintable() or sign == "\n" else _escaped(sign) for sign in text))


def _escaped(sign: str) -> str:
    units = sign.encode("utf-16-be", errors="surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _head(found: Described) -> list[str]:
    place = f", in {_short(found.directory)}/" if found.directory else ""
    return [
        f"{_short(found.name)}  {_short(found.tag)}",
        f"  {output.plain(found.source)}",
        f"  a template of {found.engine}{place}, commit {found.commit[:12]}",
    ]


def _versions(versions: Sequence[Version]) -> list[str]:
    if not versions:
        return ["  none is tagged; 'new' takes the newest commit"]
    shown = [
        f"  {_short(version.tag)}{'  (prerelease)' * version.prerelease}"
        for version in versions[:_MOST_VERSIONS]
    ]
    return [*shown, *_others(len(versions) - _MOST_VERSIONS)]


def _others(count: int) -> list[str]:
    return [f"  and {count:,} other{'s' * (count > 1)}; --json has them all"] if count > 0 else []


def _asked(found: Described) -> list[str]:
    lines = ["Questions:", *_questions(found.questions, "  ")]
    if not found.questions:
        lines = ["Questions: none"]
    if found.templates:
        lines += ["", "Templates, of which -d template=NAME takes one:", *_nested(found.templates, "  ")]
    return lines


def _nested(templates: Sequence[Nested], indent: str) -> list[str]:
    lines = []
    for template in templates:
        said = ": ".join(text for text in (template.title, template.summary) if text)
        lines += _wrapped(f"{_short(template.name)}  {_short(said)}".rstrip(), indent)
        lines += _wrapped(f"in {_short(template.path) or 'the top folder'}", f"{indent}  ")
        lines += _questions(template.questions, f"{indent}  ")
        lines += _nested(template.templates, f"{indent}    ")
    return lines


def _questions(questions: Sequence[ForeignQuestion], indent: str) -> list[str]:
    """Return the lines of questions: the name beside its type and what is asked, the rest below."""
    width = min(max((len(_short(question.name)) for question in questions), default=0), 24)
    lines = []
    for question in questions:
        below = f"{indent}{' ' * width}  "
        kind = f"{_short(question.type)}{', several' * question.multiselect}"
        first = f"{_short(question.name):<{width}}  ({kind}) {_short(question.help)}".rstrip()
        lines += _wrapped(first, indent, below)
        lines += _wrapped(_default(question), below)
        if question.choices_from:
            lines += _wrapped(f"choices: {_short(question.choices_from)}", below)
        if question.when:
            lines += _wrapped(f"asked when: {_short(question.when)}", below)
    return lines


def _default(question: ForeignQuestion) -> str:
    default = _value(question.default)
    said = "no default" if question.required else f"default: {default}"
    taken = question.default if isinstance(question.default, list) else [question.default]
    others = [_short(choice) for choice in question.choices if choice not in taken]
    more = len(others) - _MOST_CHOICES
    listed = ", ".join([*others[:_MOST_CHOICES], *([f"{more} others"] if more > 0 else [])])
    joint = " one of" if question.required else " or"
    return f"{said};{joint} {listed}" if others else said


def _value(value: object) -> str:
    import json

    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ("", [], {}):
        return "empty"
    return _short(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _code(found: Described) -> list[str]:
    if not found.code:
        return ["Code of its own: none"]
    from scaffolder.engine.trust import from_settings

    is_trusted = from_settings(is_given=False).covers(found.source)
    when = "runs, since your settings trust this address" if is_trusted else "runs with --trust only"
    lines = [f"Code of its own ({when}):"]
    for code in found.code:
        lines += _wrapped(f"{code.kind}  {_short(code.name)}  ({_short(code.path)})", "  ", "    ")
    return lines


def _short(text: str) -> str:
    """Return a text of a template as one harmless line that is not too long."""
    line = output.plain(text[: 4 * _LONGEST])
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 4]} ..."


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent=first, subsequent_indent=first if rest is None else rest)

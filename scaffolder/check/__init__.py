"""Rules about a portfolio repository, as a plugin of repo-review.

    portfolio     the repository as the rules see it: one object, which reads lazily
    rule          what a rule is
    guide, evidence, practice, yours     the rules, a class each, by family; questions for the interview
    plugin        what repo-review finds: the fixture, the rules, the families
    review        runs all the rules over repositories and says what came of it

A rule knows only `Portfolio`; nothing here prints.
"""

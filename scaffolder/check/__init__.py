"""Rules about a portfolio repository, as a plugin of repo-review.

    portfolio     the repository as the rules see it: one object, which reads lazily
    rule          what a rule is
    families/     the rules, a class each, one module a family; questions for the interview
    facts/        what can be read off a repository, for the rules to judge
    own_tests     a run of the repository's own tests, when that is asked for
    plugin        what repo-review finds: the fixture, the rules, the families
    installed     our rules and those of other plugins
    review        runs them over repositories and says what came of it
    page          the reports as one web page

A rule knows only `Portfolio` and facts about it; nothing here prints.
"""

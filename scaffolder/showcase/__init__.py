"""Shows projects: a static gallery and a one-page PDF, from what they say of themselves and measured.

    owner     portfolio.owner.toml: who shows, in which order
    entry     one project as it is shown: portfolio.toml, evidence, STAR, figures; excerpts of the README
    figures   pictures, checked, sized and compressed
    facts     figures and intervals as words, and as places on a scale (plot)
    site      the pages, from pages/ with Jinja2 (rendering: Markdown); feeds and sitemap beside them
    folder    the folder that is written: only what we wrote is ever replaced or deleted
    gallery   all of it: from projects and a profile to that folder
    deck      the PDF; cards: what a shared link shows; both with typst (typeset, letters)
    preview   a server on this machine; watching: the sources; publishing: the workflow for GitHub Pages

Every number comes from evidence. Nothing here prints.
"""

"""Shows projects: a static gallery and a one-page PDF, from what they say of themselves and their runs measured.

    owner     portfolio.owner.toml: who shows, in which order
    entry     one project as it is shown: portfolio.toml, evidence, STAR, parts of the README, figures
    figures   pictures, checked, sized and compressed          cards    what a shared link shows
    site      the pages, from pages/ with Jinja2; feeds and sitemap beside them
    folder    the folder that is written: only what we wrote is ever replaced or deleted
    deck      the PDF, from deck.typ with typst
    preview   a server on this machine, and watching the sources; publishing: the workflow for GitHub Pages

Every number comes from evidence. Nothing here prints.
"""

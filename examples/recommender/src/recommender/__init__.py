"""Recommend what comes next: collaborative filtering and matrix factorisation behind GraphQL.

The flow, each step a verb of `python -m recommender` and one function:

    data       data.ingestion.ingest       ratings into data/ratings.csv and items.csv, checked
    train      model.training.train        every model judged on validation, the best one into models/
    evaluate   evaluation.evaluate.run     every figure into reports/metrics.json, and the pictures
    report     portfolio.report.write      those figures into README.md, MODEL_CARD.md, reports/star.md
    serve      serving.server.serve        GraphQL and a page, over HTTP

Importing the package does nothing and is quick; each module says at its top what it owns.
"""

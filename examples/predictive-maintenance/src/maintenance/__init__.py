"""Predict machine failures from sensor readings.

The flow, each step a verb of `python -m maintenance` and one function:

    data       data.ingestion.ingest       readings into data/readings.csv, checked
    train      model.fitting.train         features, trees, threshold by cost, into models/
    evaluate   evaluation.evaluate.run     every figure into reports/metrics.json, and the pictures
    report     portfolio.report.write      those figures into README.md, MODEL_CARD.md, reports/star.md
    serve      serving.service.serve       the model behind HTTP

Importing the package does nothing and is quick; each module says at its top what it owns.
"""

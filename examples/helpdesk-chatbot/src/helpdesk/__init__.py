"""An assistant for a help desk: it answers from past tickets, cites them, and says when it does not know.

The flow, each step a verb of `python -m helpdesk` and one function:

    data       data.ingestion.ingest       tickets into data/, checked, personal data redacted
    train      model.training.train        retrieval, predictions and threshold, chosen on validation data
    evaluate   evaluation.evaluate.run     figures of the test part into reports/metrics.json
    report     portfolio.report.write      those figures into README.md, MODEL_CARD.md and reports/star.md
    serve      serving.server.serve        chat and agents' desk over HTTP
    chat       serving.terminal.run        the same in the terminal

Importing the package does nothing and is quick; each module says at its top what it owns.
"""

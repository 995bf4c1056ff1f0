"""Say whether a review is positive, with a model small enough for a serverless function.

The flow, each step a verb of `python -m sentiment` and one function:

    data       data.ingestion.ingest       reviews into data/reviews.jsonl, checked
    train      model.training.train        tokenizer, BERT, ONNX int8, neutral band, into models/
    evaluate   evaluation.evaluate.run     every figure into reports/metrics.json, and the pictures
    report     portfolio.report.write      those figures into README.md, MODEL_CARD.md, reports/star.md
    serve      serving.local.serve         the Lambda handler behind HTTP

Importing the package does nothing and is quick; each module says at its top what it owns. What serves
(`serving.handler` and below) needs onnxruntime, tokenizers and numpy, and never torch.
"""

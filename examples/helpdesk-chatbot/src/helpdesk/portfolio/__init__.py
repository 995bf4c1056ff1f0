"""What every project of a portfolio carries: evidence, report, model store, drift, and what they stand on."""

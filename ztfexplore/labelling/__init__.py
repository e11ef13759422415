"""What to label next: active learning, anomalies, possible label errors."""

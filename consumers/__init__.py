"""The way to the signatories: the relay to Kafka, the subscriber to it, the witness of the log."""

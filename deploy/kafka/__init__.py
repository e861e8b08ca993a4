"""Apache Kafka for the local stack: the broker as a child of ours, its users and who may read what."""

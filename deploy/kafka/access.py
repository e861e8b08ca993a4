"""Who may do what on the broker. Nothing is allowed until it is said here; each thing may be said again.

Kafka has no right to read *some* records of a topic: that is why every recipient has a topic of its own, and
why what `allow_recipient` gives is one READ on one literal name: its own topic, and that of the checkpoints,
which hold nothing of anybody. A topic one may not read looks like one that is not there. Our own subscriber
keeps its position in its database; the group of its name is for an agency with a reader of its own.
"""

from collections.abc import Mapping

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.errors import NoError, TopicAlreadyExistsError


class AccessNotGiven(RuntimeError):
    """The broker refused a user, a topic or an ACL."""


class Access:
    """The broker's doors, through an administrator's client, e.g. `Broker.admin()`."""

    def __init__(self, admin: KafkaAdminClient) -> None:
        self._admin = admin

    def create_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        """Have the topic, configured like this; one that is there keeps its partitions."""
        wanted = {"num_partitions": partitions, "replication_factor": -1, "configs": dict(config or {})}
        try:
            self._admin.create_topics({name: wanted}, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            if config:
                self._admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, dict(config))])

    def create_user(self, name: str, password: str) -> None:
        """Let `name` come in with `password`, from now on with no other."""
        wanted = UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, password)
        refused = self._admin.alter_user_scram_credentials([wanted])[name]
        if refused:
            raise AccessNotGiven(f"user {name}: {refused}")

    def allow_relay(self, user: str, topic_prefix: str, transactional_prefix: str) -> None:
        """Write, also in transactions, to every topic under the prefix; not read."""
        topics = ResourcePattern(ResourceType.TOPIC, topic_prefix, ACLResourcePatternType.PREFIXED)
        self._allow(user, ACLOperation.WRITE, topics)
        transactions = ResourcePattern(
            ResourceType.TRANSACTIONAL_ID,
            transactional_prefix,
            ACLResourcePatternType.PREFIXED,
        )
        self._allow(user, ACLOperation.WRITE, transactions)
        self._allow(user, ACLOperation.DESCRIBE, transactions)

    def allow_recipient(self, user: str, topic: str, group: str | None = None) -> None:
        """Read the topic of this very name, and keep a position in the group of this very name."""
        self._allow(user, ACLOperation.READ, ResourcePattern(ResourceType.TOPIC, topic))
        if group is not None:
            self._allow(user, ACLOperation.READ, ResourcePattern(ResourceType.GROUP, group))

    def forget(self, user: str) -> None:
        """Take back every right and the password; a connection that is open reads nothing from now on."""
        _no_star(user)
        anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        own = ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
        for _, _, error in self._admin.delete_acls([own]):
            if error is not NoError:
                raise AccessNotGiven(f"rights of {user}: {error.__name__}")
        if user in self._admin.describe_user_scram_credentials():
            gone = UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512)
            refused = self._admin.alter_user_scram_credentials([gone])[user]
            if refused:
                raise AccessNotGiven(f"user {user}: {refused}")

    def _allow(self, user: str, operation: ACLOperation, what: ResourcePattern) -> None:
        _no_star(user, what.resource_name)
        rule = ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, what)
        refused = self._admin.create_acls([rule])["failed"]
        if refused:
            raise AccessNotGiven(f"{rule}: {refused[0].__name__}")


def _no_star(*names: str) -> None:
    if {"", "*"} & {*names}:
        raise ValueError("to Kafka `*` is everybody or everything; nothing here means that")

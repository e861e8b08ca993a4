"""A Kafka broker of our own: Apache Kafka (KRaft, one node) from its Maven artifacts, as a child process.

Everything lies in one folder (`var/kafka`) that only we may enter: `data/` is Kafka's; the passwords, the
ports, the certificates and the `server.properties` made from them are ours. Everybody comes over TLS, shows a
password (SCRAM-SHA-512) and may do nothing that no ACL allows; `deploy/kafka/access.py` gives the ACLs.
"""

import base64
import hashlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from deploy import kept
from deploy.kafka import certificates
from deploy.supervisor import Child, end, launch, wait_until_ready

HERE = Path(__file__).parent
POM = HERE / "pom.xml"
OLDEST_JAVA = 17  # what Kafka 4 is compiled for
HOST = "127.0.0.1"
ADMIN, BROKER = "admin", "broker"  # the two super users: ours, and the broker's own when it calls itself

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listeners=CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=CLIENT://127.0.0.1:{advertised},CONTROLLER://127.0.0.1:{controller_port}
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:SASL_SSL
ssl.enabled.protocols=TLSv1.3,TLSv1.2
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required \
username="broker" password="{broker_password}";
# SCRAM passwords live in the log that the controller writes, so its own listener cannot use them.
sasl.mechanism.controller.protocol=PLAIN
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" \
password="{controller_password}" user_broker="{controller_password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:admin
allow.everyone.if.no.acl.found=false
auto.create.topics.enable=false
log.dirs={data}
# One node holds everything once.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=1
transaction.max.timeout.ms=60000
group.initial.rebalance.delay.ms=0
# After a kill -9 the node lets itself in again only when its former self has timed out: 9 s by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
# Sized for a case register on a small machine: a few messages a second.
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=16777216
log.segment.bytes=67108864
log.index.size.max.bytes=1048576
"""


class NotAvailable(RuntimeError):
    """No broker can run here; the text says why and the way out."""


class Broker:
    """The broker in `directory`; `heap` is Java's.

    `advertised` is the port that clients are told to come to, where something stands in front of it.
    """

    def __init__(self, directory: Path, heap: str = "256m", advertised: int | None = None) -> None:
        self.directory = directory.absolute()
        self.data = self.directory / "data"
        self.log = self.directory / "kafka.log"
        self.heap, self._advertised = heap, advertised
        self._started: tuple[subprocess.Popen[bytes], Child] | None = None

    @staticmethod
    def available() -> tuple[bool, str]:
        """Whether a broker can run here, and the reason in a sentence."""
        try:
            java, version = _java()
        except NotAvailable as reason:
            return False, str(reason)
        if _jars().is_dir():
            return True, f"Java {version} ({java}), Kafka in {_jars()}."
        if shutil.which("mvn"):
            return True, f"Java {version} ({java}), Kafka to be fetched with mvn."
        return False, f"Kafka is not in {_jars()} and there is no mvn to fetch it (Debian: maven)."

    @staticmethod
    def fetch_jars() -> Path:
        """The folder with Kafka's jars; Maven fetches them once per change of pom.xml."""
        jars = _jars()
        if jars.is_dir():
            return jars
        jars.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=jars.parent, prefix="new-") as fresh:
            _copy_dependencies(Path(fresh) / "jars")
            try:
                (Path(fresh) / "jars").rename(jars)
            except OSError:  # another process was faster; its jars are the same
                if not jars.is_dir():
                    raise
        return jars

    def format(self) -> None:
        """Make the data folder with the two super users; does nothing where there is one."""
        if (self.data / "meta.properties").exists():  # the last file that formatting writes
            return
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_properties()
        users = {ADMIN: self.admin_password, BROKER: self._secret("broker")}
        arguments = [
            *self._jvm(),
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            "--ignore-formatted",
            "-t",
            _new_cluster_id(),
            "-c",
            str(self._properties),
            *(f"--add-scram=SCRAM-SHA-512=[name={name},password={word}]" for name, word in users.items()),
        ]
        # Through a file, for a command line can be read by everybody.
        told = self.directory / "format.args"
        kept.write_private(told, "\n".join(_quoted(a) for a in arguments))
        try:
            done = subprocess.run([_java()[0], f"@{told}"], capture_output=True, text=True, check=False)
        finally:
            told.unlink()
        if done.returncode != 0:
            why = done.stderr.strip() or done.stdout.strip()
            raise NotAvailable(f"Kafka could not format {self.data}: {why}")

    def command(self) -> list[str]:
        """`kafka.Kafka` in the foreground, on the ports of last time if they are still free."""
        self.format()
        if self.ready():
            raise NotAvailable(f"A Kafka broker runs already in {self.directory}; stop it first.")
        self._write_properties()
        return [_java()[0], *self._jvm(), "kafka.Kafka", str(self._properties)]

    def child(self, name: str = "kafka") -> Child:
        """The broker as a supervisor runs it; SIGTERM lets it close its files, which spares a recovery."""
        return Child(name, self.command(), env=_environment(), ready=self.ready, cwd=self.directory)

    def start(self) -> None:
        """Start the broker as our child, for who has no supervisor: it ends with us, or by `stop`."""
        if self.ready():
            return
        child = self.child()
        self._started = launch(child, self.log), child
        wait_until_ready(child, self._started[0], self.log)

    def stop(self) -> None:
        """Stop the broker that `start` started."""
        if self._started is not None:
            end(*self._started)
            self._started = None

    def ready(self) -> bool:
        """Whether the administrator is let in and told of the cluster: an open port says less."""
        port = self.port
        if port is None or not _answers(port):  # kafka-python would log an error for each vain attempt
            return False
        try:
            with self.admin() as admin:
                return bool(admin.describe_cluster()["brokers"])
        except (KafkaError, OSError):
            return False

    def admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(**self.admin_config(), bootstrap_timeout_ms=5000)

    def admin_config(self) -> dict[str, Any]:
        return self.client_config(ADMIN, self.admin_password)

    def client_config(self, user: str, password: str) -> dict[str, Any]:
        """The same, for this broker."""
        return client_config(self.bootstrap, user, password, self.authority)

    @property
    def authority(self) -> Path:
        """The certificate that this broker's own is verified with (PEM)."""
        return certificates.authority(self.directory)

    @property
    def bootstrap(self) -> str:
        port = self._advertised or self.port
        if port is None:
            raise NotAvailable(f"The broker in {self.directory} was never started.")
        return f"{HOST}:{port}"

    @property
    def port(self) -> int | None:
        """The port that it listens on; None before its first start."""
        return kept.read_port(self.directory / "port")

    @property
    def admin_password(self) -> str:
        return self._secret("admin")

    @property
    def _properties(self) -> Path:
        return self.directory / "server.properties"

    def _secret(self, name: str) -> str:
        return kept.secret(self.directory / f"{name}.password")

    def _write_properties(self) -> None:
        port = kept.kept_port(self.directory / "port")
        kept.write_private(
            self._properties,
            PROPERTIES.format(
                port=port,
                advertised=self._advertised or port,
                keystore=certificates.certify(self.directory, HOST),
                authority=self.authority,
                controller_port=kept.kept_port(self.directory / "controller-port"),
                broker_password=self._secret("broker"),
                controller_password=self._secret("controller"),
                data=self.data,
            ),
        )

    def _jvm(self) -> list[str]:
        return [
            "-Xms64m",
            f"-Xmx{self.heap}",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:MaxDirectMemorySize=64m",
            "-XX:ReservedCodeCacheSize=64m",
            "-Xss512k",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            f"-Dkafka.logs.dir={self.directory}",
            f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
            "-cp",
            os.pathsep.join(str(jar) for jar in sorted(self.fetch_jars().glob("*.jar"))),
        ]


def client_config(bootstrap: str, user: str, password: str, authority: Path | None = None) -> dict[str, Any]:
    """What any kafka-python client needs to come in as `user`: consumer, producer or administrator.

    The broker's certificate must be signed by the `authority` (PEM), or by one that the system trusts.
    """
    return {
        "bootstrap_servers": bootstrap,
        "security_protocol": "SASL_SSL",
        "ssl_cafile": str(authority) if authority else None,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": user,
        "sasl_plain_password": password,
        # kafka-python's own 30 s leave a reader deaf for half a minute after the broker is back.
        "reconnect_backoff_max_ms": 1000,
    }


def _java() -> tuple[str, int]:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        where = " in JAVA_HOME" if home else ""
        raise NotAvailable(f"There is no Java{where}; Kafka needs Java {OLDEST_JAVA} or newer.")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    if found is None:
        raise NotAvailable(f"{java} does not tell its version: {told.strip()!r}")
    if int(found.group(1)) < OLDEST_JAVA:
        raise NotAvailable(f"{java} is Java {found.group(1)}; Kafka needs Java {OLDEST_JAVA} or newer.")
    return java, int(found.group(1))


def _jars() -> Path:
    pom = POM.read_bytes()
    version = re.search(rb"<kafka.version>(.+?)</kafka.version>", pom)
    assert version is not None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ambito"
    return cache / f"kafka-{version.group(1).decode()}" / hashlib.sha256(pom).hexdigest()[:12]


def _copy_dependencies(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NotAvailable("Kafka has to be fetched once and there is no mvn to fetch it (Debian: maven).")
    done = subprocess.run(
        # -C: a jar whose checksum is not the published one fails instead of warning
        [
            maven,
            "-B",
            "-q",
            "-C",
            "-f",
            str(POM),
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            f"-DoutputDirectory={folder}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotAvailable(f"mvn could not fetch Kafka: {done.stdout.strip()[-600:]}")


def _new_cluster_id() -> str:
    """Kafka's spelling of a UUID; one that starts with a dash would be read as an option."""
    while (spelt := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return spelt


def _quoted(argument: str) -> str:
    """As Java's @argument files want it."""
    return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _environment() -> dict[str, str]:
    """Not ours: JAVA_TOOL_OPTIONS, CLASSPATH or KAFKA_OPTS of the user's would reach into the broker."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}

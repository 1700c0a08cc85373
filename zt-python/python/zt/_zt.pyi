"""The extension module. Import its names from ``zt``, ``zt.crypto`` and ``zt.policy``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeAlias, final
from uuid import UUID

from typing_extensions import Buffer, Self, disjoint_base

from zt.aws import Run
from zt.crypto import AlgorithmSuite, CommitmentPolicy, RsaPadding
from zt.policy import PolicySource

__all__ = [
    "CacheStats",
    "Client",
    "Condition",
    "DataKeyCache",
    "Decision",
    "DecryptError",
    "DecryptResult",
    "DecryptionMaterials",
    "EncryptError",
    "EncryptedDataKey",
    "EncryptionMaterials",
    "Evaluator",
    "Grant",
    "HierarchicalKeyring",
    "InMemoryKms",
    "Key",
    "Keyring",
    "KeyringError",
    "KmsDiscoveryKeyring",
    "KmsError",
    "KmsKeyring",
    "LocalKeyring",
    "MessageInfo",
    "MultiKeyring",
    "Plan",
    "PlanError",
    "PlanRequest",
    "PlanRun",
    "Policy",
    "PolicyError",
    "RawAesKeyring",
    "RawEcdhKeyring",
    "RawRsaKeyring",
    "Reason",
    "Request",
    "RequiredEncryptionContext",
    "RunEnd",
    "RunError",
    "Statement",
    "Step",
    "StaticBranchKeys",
    "StreamResult",
    "TemporaryAccess",
    "Unknown",
    "ZtError",
    "__version__",
    "algorithm_suites",
    "catalog_action",
    "catalog_action_facts",
    "catalog_condition_key",
    "catalog_resource_types",
    "catalog_resource_types_of",
    "catalog_service",
    "catalog_service_keys",
    "catalog_services",
    "catalog_source",
    "commitment_policies",
    "did_you_mean",
    "did_you_mean_key",
    "expand",
    "inspect",
    "shrink",
]

__version__: Final[str]

class _Readable(Protocol):
    def read(self, size: int, /) -> Buffer: ...

class _Writable(Protocol):
    def write(self, data: bytes, /) -> int | None: ...

_Source: TypeAlias = str | PathLike[str] | _Readable
_Sink: TypeAlias = str | PathLike[str] | _Writable
_Context: TypeAlias = Mapping[str, str]
_Progress: TypeAlias = Callable[[int, int | None], object]
_Seconds: TypeAlias = float | timedelta
_Principal: TypeAlias = str | dict[str, str] | dict[str, list[str]] | dict[str, str | list[str]]

class ZtError(Exception):
    """The root of all errors of this package."""

    code: str
    """A stable name such as ``NOT_AUTHENTIC``. Compare this, not the text."""
    retryable: bool
    """Whether the same call may succeed later without any change."""

class DecryptError(ZtError):
    """A message could not be opened.

    Which of wrong key, wrong context or altered message it was is not said: ``NOT_AUTHENTIC``.
    """

    message_keys: Sequence[str]
    """With ``NO_MATCHING_KEY``: the names of the keys that the message was encrypted under."""
    configured_keys: Sequence[str]
    """With ``NO_MATCHING_KEY``: the names of the keys that the keyring has."""

class EncryptError(ZtError):
    """A request to encrypt cannot be met."""

class KmsError(ZtError):
    """KMS refused, answered wrongly, or was not reached."""

    service_code: str | None
    """KMS's own code, such as ``AccessDeniedException``; None when KMS did not answer."""
    operation: str
    """``GenerateDataKey``, ``Encrypt`` or ``Decrypt``."""
    key_id: str
    """The key that KMS was asked for."""

class KeyringError(ZtError):
    """A keyring cannot be used as it was set up."""

class PolicyError(ZtError):
    """A policy cannot be used."""

    pointer: str | None
    """The place as a JSON pointer (RFC 6901); None when the text is not JSON."""
    line: int | None
    """The line, from 1; None when there was no text."""
    column: int | None
    """The column, from 1; None when there was no text."""
    expected: str
    """What would be right there."""
    found: str | None
    """What is there."""
    suggestion: str | None
    """The nearest right spelling."""

class PlanError(ZtError):
    """A plan cannot be made."""

    step: str | None
    """The id of the step that is wrong, if one is."""
    place: str | None
    """The place in the step or plan: ``call.input.RoleName``."""
    expected: str
    """What would be right there."""
    found: str | None
    """What is there."""
    suggestion: str | None
    """A name that may have been meant."""

class RunError(ZtError):
    """A plan cannot be run, or its run failed."""

    run: Run | None
    """How the run ended, when there was one: where it failed and what remains."""

@final
class Plan:
    """Calls of AWS APIs as data: checked, printed, run by :class:`zt.aws.Runner`. It never changes."""

    @staticmethod
    def from_json(json: str | bytes | dict[str, Any]) -> Plan:
        """Reads a plan, and checks it again.

        :raises PlanError: with the step, the place, and what was expected there.
        """

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema (2020-12) of plans: their form. The rest is checked when one is read."""

    def to_json(self) -> str:
        """The plan as JSON on one line."""

    def to_dict(self) -> dict[str, Any]:
        """The plan as dicts and lists."""

    def to_text(self) -> str:
        """The plan for people. Secrets are their names."""

    def to_mermaid(self) -> str:
        """The steps as a Mermaid flowchart."""

    def changes_since(self, earlier: Plan) -> str:
        """What is different in this plan from an earlier one, a line each; empty when nothing is."""

    def required_policy(
        self, account_id: str, region: str, *, phase: Literal["run", "undo", "both"] = "run"
    ) -> Policy:
        """The least privilege under which exactly this plan can run, be undone, or both."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def title(self) -> str:
        """What it is for."""

    @property
    def account(self) -> str:
        """The account it runs in."""

    @property
    def region(self) -> str:
        """The Region it runs in; ``aws-global`` when it calls only IAM and STS."""

    @property
    def not_after(self) -> datetime | None:
        """The instant after which it must not be run."""

    @property
    def secrets(self) -> list[str]:
        """Names of the secrets that must be supplied when it runs."""

    @property
    def digest(self) -> str:
        """SHA-256 of its JSON: equal exactly for equal plans."""

    @property
    def steps(self) -> list[Step]:
        """Its steps, in the order in which they run."""

@final
class Step:
    """One call of a plan."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def reason(self) -> str:
        """Why it is made."""

    @property
    def service(self) -> str:
        """The service: ``iam``."""

    @property
    def operation(self) -> str:
        """The operation: ``CreateRole``."""

    @property
    def input(self) -> dict[str, Any]:
        """The input; references and secrets as in the plan's JSON."""

    @property
    def irreversible(self) -> str | None:
        """Why it cannot be undone."""

    @property
    def costs(self) -> str | None:
        """What it costs."""

    @property
    def cuts_off(self) -> str | None:
        """Whom it cuts off."""

@final
class PlanRun:
    """The state machine of a run, for drivers. Use :class:`zt.aws.Runner`."""

    @staticmethod
    def start(plan: Plan, account: str, region: str) -> PlanRun:
        """Starts a run."""

    @staticmethod
    def dry_run(plan: Plan, account: str, region: str) -> PlanRun:
        """Reads only, and says how far the account is from the plan."""

    @staticmethod
    def resume(plan: Plan, journal: str, account: str, region: str) -> tuple[PlanRun, int]:
        """Goes on; with how many bytes of the journal are whole lines."""

    @staticmethod
    def roll_back(plan: Plan, journal: str, account: str, region: str) -> tuple[PlanRun, int]:
        """Undoes; with how many bytes of the journal are whole lines."""

    def next(self, now: datetime) -> str | float | PlanRequest | RunEnd:
        """A line to write, seconds to wait, a call to make, or the end."""

    def answer(self, json: str) -> None:
        """The answer to the call in hand."""

    def refused(self, code: str) -> None:
        """The service answered with an error of this code."""

    def lost(self, why: str) -> None:
        """Nobody knows whether the call took effect."""

    def cancel(self) -> None:
        """Stops after the call in hand."""

    def outputs(self) -> dict[str, Any]:
        """The outputs of the plan that are known by now."""

@final
class PlanRequest:
    """A call to make."""

    @property
    def step(self) -> str:
        """The id of the step."""

    @property
    def progress(self) -> tuple[int, int]:
        """The number of the step, from 1, and how many there are."""

    @property
    def service(self) -> str:
        """The service."""

    @property
    def operation(self) -> str:
        """The operation."""

    def input(self, secrets: Mapping[str, str]) -> dict[str, Any]:
        """The input with secrets filled in: do not log it."""

@final
class RunEnd:
    """How a run ended."""

    @property
    def status(self) -> str:
        """How."""

    @property
    def step(self) -> str | None:
        """The step that failed."""

    @property
    def service_code(self) -> str | None:
        """Why."""

    @property
    def remains(self) -> list[str]:
        """Steps that are done or may be, and not undone."""

    @property
    def drift(self) -> list[tuple[str, str, str | None]]:
        """Of a dry run: step, state and note."""

@final
class TemporaryAccess:
    """Permissions for one user or role, for a time.

    The end is a date on every Allow, an explicit Deny of everything after it, and a date in the
    trust policy: nothing has to run for the access to end.

    :param duration: a minute to a year.
    :param external_id: for third parties only, whose account is another one; it is no secret.
    :param account_id: the account of the role. Default: the principal's.
    :param scheduled_deletion: the ARN of a role that EventBridge Scheduler may assume to delete the
        policy at the end and the role five minutes later, and a Region. Default: none; the role
        stays, without rights, until it is swept.
    :raises PlanError: a parameter cannot be one.
    """

    def __new__(
        cls,
        principal_arn: str,
        policy: PolicySource,
        duration: _Seconds,
        *,
        starts_at: datetime | None = None,
        permissions_boundary: str | None = None,
        conditions: Sequence[Condition] | None = None,
        external_id: str | None = None,
        account_id: str | None = None,
        scheduled_deletion: tuple[str, str] | None = None,
    ) -> Self: ...
    def plan(
        self,
        *,
        now: datetime | None = None,
        plan_id: str | None = None,
        not_after: datetime | None = None,
    ) -> Plan:
        """The plan that gives the access.

        :raises PlanError: the start is past, or IAM would not take the policies.
        """

@final
class Grant:
    """A grant that a plan has made: the account and the name of its role."""

    def __new__(cls, account_id: str, role: str) -> Self: ...
    @staticmethod
    def of(plan: Plan) -> Grant | None:
        """The grant that a plan of :class:`TemporaryAccess` makes; None for other plans."""

    @property
    def role(self) -> str:
        """The name of the role."""

    def revoke(self) -> Plan:
        """The plan that ends the access now, with the sessions that have been given out."""


@disjoint_base
class Client:
    def __new__(
        cls,
        keyring: Keyring | RequiredEncryptionContext,
        *,
        algorithm_suite: AlgorithmSuite | str | None = None,
        commitment_policy: CommitmentPolicy | str | None = None,
        frame_length: int | None = None,
        max_encrypted_data_keys: int | None = None,
        cache: DataKeyCache | None = None,
    ) -> Self: ...
    def encrypt(self, plaintext: Buffer, encryption_context: _Context | None = None) -> bytes:
        """The message: ``plaintext`` encrypted under a new data key.

        :param encryption_context: pairs that are authenticated and not secret; they stand in the
            message in the clear.
        :raises EncryptError: what is asked for cannot be met, such as a reserved context key.
        :raises KmsError: KMS did not give a data key.
        :raises KeyringError: the keyring cannot encrypt.
        """

    def decrypt(self, message: Buffer, encryption_context: _Context | None = None) -> DecryptResult:
        """The plaintext of ``message``, all of it authenticated.

        :param encryption_context: every pair is checked: against the message's header where it
            is there, through the header's authentication where it is not. The message may have more.
        :raises DecryptError: not a message, not for this keyring, not authentic.
        :raises KmsError: KMS did not unwrap the data key.
        """

    def encrypt_stream(
        self,
        source: _Source,
        sink: _Sink,
        encryption_context: _Context | None = None,
        progress: _Progress | None = None,
    ) -> int:
        """Encrypts ``source`` into ``sink``, each a path or a binary file; gives the number of
        plaintext bytes.

        A file named by a path appears only when it is whole. After an error, what a file object
        was given is not a message.

        :param progress: called with the number of bytes read so far and the whole number, or None
            where that is not known. What it raises ends the work.
        """

    def decrypt_stream(
        self,
        source: _Source,
        sink: _Sink,
        encryption_context: _Context | None = None,
        progress: _Progress | None = None,
    ) -> StreamResult:
        """Decrypts ``source`` into ``sink``, each a path or a binary file.

        A file named by a path appears only when the message was whole and authentic. A file object
        gets each frame when that is authentic: after an error, discard what it was given. The
        plaintext of a signed message is given to a file object only once the signature is verified,
        and held in memory until then.

        :param progress: as in :meth:`encrypt_stream`.
        """

@final
class DataKeyCache:
    """Keeps data keys, so that a client asks KMS once for many messages.

    To encrypt, messages with the same encryption context share a data key until a limit is reached;
    to decrypt, those with the same encrypted data keys and context cost one call. For each key at
    most one request is in flight, however many callers want it: the others wait. Shortly before its
    age is over a key in use is replaced by one caller, while the others use what is there.

    Clients may share a cache and its limits; each sees only its own entries. Data keys are wiped
    when evicted.

    :param max_entries: how many data keys are kept; the least recently used goes first.
    :param max_age: seconds or a timedelta; how long a data key is used, and so **how long a revoked
        key still works**.
    :param max_messages: how many messages are encrypted under a data key, 1 to 2**32.
    :param max_bytes: how many bytes are, 1 to 2**63 - 1. A longer message has a key of its own.
    :raises KeyringError: a limit is out of its range (code ``CACHE_LIMIT``).
    """

    def __new__(
        cls,
        max_entries: int = 1000,
        max_age: timedelta | float = 300,
        max_messages: int = 4294967296,
        max_bytes: int = 9223372036854775807,
    ) -> Self: ...
    @property
    def stats(self) -> CacheStats:
        """What the cache did so far."""

    def clear(self) -> None:
        """Wipes all data keys, as when somebody's access has been revoked."""

@final
class CacheStats:
    """What a :class:`DataKeyCache` did since it was made. Every look-up is a hit, a miss or a
    refresh."""

    @property
    def hits(self) -> int:
        """Look-ups that found a data key, or had waited for one."""

    @property
    def misses(self) -> int:
        """Look-ups that had a data key made or unwrapped."""

    @property
    def refreshes(self) -> int:
        """Look-ups that had a data key replaced before its time was over."""

    @property
    def bypassed(self) -> int:
        """Messages that could not be cached: without key derivation, of unknown length, or over a
        limit on their own."""

    @property
    def kms_calls_saved(self) -> int:
        """Calls to KMS that hits would have cost without the cache."""

    @property
    def entries(self) -> int:
        """Data keys held at that moment."""

@final
class DecryptResult:
    """A message that was opened."""

    @property
    def plaintext(self) -> bytes:
        """The plaintext. Python cannot wipe it."""

    @property
    def encryption_context(self) -> dict[str, str]:
        """The whole encryption context, authenticated."""

    @property
    def algorithm_suite(self) -> AlgorithmSuite:
        """The suite that the message was written with."""

@final
class StreamResult:
    """What is known of a message that was opened into a sink."""

    @property
    def encryption_context(self) -> dict[str, str]:
        """The whole encryption context, authenticated."""

    @property
    def algorithm_suite(self) -> AlgorithmSuite:
        """The suite that the message was written with."""

@disjoint_base
class Keyring:
    """Wraps and unwraps data keys.

    Subclass it for a keyring of your own: ``on_encrypt`` calls
    :meth:`EncryptionMaterials.data_key_or_generate` and
    :meth:`EncryptionMaterials.add_encrypted_data_key`; ``on_decrypt`` gives the data key, or None.
    It is called from whichever thread uses the client.
    """

    def __new__(cls, *_args: object, **_kwargs: object) -> Self: ...
    def on_encrypt(self, materials: EncryptionMaterials) -> None:
        """Wraps the data key of ``materials``, which it makes when there is none."""

    def on_decrypt(self, materials: DecryptionMaterials) -> Buffer | None:
        """The data key, or None when no encrypted data key is this keyring's."""

@final
class EncryptionMaterials:
    """What a keyring is given to encrypt with. Of use only within ``on_encrypt``."""

    @property
    def algorithm_suite(self) -> AlgorithmSuite:
        """The suite to be written: it says how long the data key is."""

    @property
    def encryption_context(self) -> dict[str, str]:
        """The encryption context."""

    @property
    def data_key(self) -> bytes | None:
        """The data key, or None when no keyring has made one yet. Python cannot wipe it."""

    @property
    def encrypted_data_keys(self) -> list[EncryptedDataKey]:
        """The wrapped forms of the data key so far."""

    def data_key_or_generate(self) -> bytes:
        """The data key; made from the operating system's random bytes when there is none."""

    def set_data_key(self, data_key: Buffer) -> None:
        """For a keyring whose service makes the data key.

        :raises KeyringError: a length that the suite does not have.
        """

    def add_encrypted_data_key(
        self, provider_id: str, provider_info: Buffer, ciphertext: Buffer
    ) -> None:
        """Adds a wrapped form of the data key to the message."""

@final
class DecryptionMaterials:
    """What a keyring is given to decrypt with."""

    @property
    def algorithm_suite(self) -> AlgorithmSuite:
        """The suite of the message."""

    @property
    def encryption_context(self) -> dict[str, str]:
        """The encryption context. Not authenticated yet."""

    @property
    def encrypted_data_keys(self) -> list[EncryptedDataKey]:
        """The wrapped forms of the data key."""

@final
class RawAesKeyring(Keyring):
    """Wraps data keys with an AES key of yours.

    :param key_namespace: with ``key_name``, what the message calls the key. Not secret.
    :param wrapping_key: 16, 24 or 32 bytes.
    :raises KeyringError: another length, or a namespace that begins with ``aws-kms``.
    """

    def __new__(cls, key_namespace: str, key_name: str, wrapping_key: Buffer) -> Self: ...

@final
class RawRsaKeyring(Keyring):
    """Wraps data keys with an RSA key of yours, of 2048 to 8192 bits.

    :param padding: choose ``RsaPadding.OAEP_SHA256`` unless something asks for another.
    :param public_key_pem: to encrypt with.
    :param private_key_pem: to decrypt with, and to encrypt with when there is no public key.
    """

    def __new__(
        cls,
        key_namespace: str,
        key_name: str,
        padding: RsaPadding | str,
        public_key_pem: str | Buffer | None = None,
        private_key_pem: str | Buffer | None = None,
    ) -> Self: ...

@final
class RawEcdhKeyring(Keyring):
    """Agrees on wrapping keys with an elliptic-curve key (P-256, P-384 or P-521) of yours."""

    @staticmethod
    def discovery(private_key_pem: str | Buffer) -> RawEcdhKeyring:
        """Decrypts what was encrypted for this key, by anybody."""

    @staticmethod
    def ephemeral(recipient_public_key_pem: str | Buffer) -> RawEcdhKeyring:
        """Encrypts for the recipient, with a new key pair for each message."""

    @staticmethod
    def static(
        sender_private_key_pem: str | Buffer, recipient_public_key_pem: str | Buffer
    ) -> RawEcdhKeyring:
        """Encrypts and decrypts between two parties, each with a key pair."""

@final
class StaticBranchKeys:
    """Branch keys given once: ``{"<branch key id>": ("<version uuid>", key_bytes)}``. For tests."""

    def __new__(cls, keys: Mapping[str, tuple[str | UUID, Buffer]]) -> Self: ...
    def insert(self, branch_key_id: str, version: str | UUID, key: Buffer) -> None:
        """Adds a version of 32 bytes, and makes it the active one."""

@final
class HierarchicalKeyring(Keyring):
    """Wraps data keys under a branch key that is kept for a while.

    :param branch_key_id: which branch key; or a callable that gives it from the encryption context.
    :param ttl: how long a branch key is kept, in seconds. A revoked one still works for so long.
    """

    def __new__(
        cls,
        branch_keys: StaticBranchKeys,
        branch_key_id: str | Callable[[dict[str, str]], str],
        *,
        ttl: _Seconds,
    ) -> Self: ...

@final
class KmsKeyring(Keyring):
    """Wraps data keys with a key in AWS KMS.

    :param key_id: the key's ARN. An alias or a bare id encrypts and cannot decrypt.
    :param client: a boto3 KMS client, or anything of its shape. Made from boto3's default session
        when None: the extra ``zt-python[boto3]``.
    :param region: for a client that is made; the one of the ARN when None.
    :param endpoint_url: for a client that is made.
    :param multi_region_aware: also decrypts what a replica of this multi-Region key encrypted.
    """

    def __new__(
        cls,
        key_id: str,
        *,
        client: Any = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        grant_tokens: Sequence[str] = (),
        multi_region_aware: bool = False,
    ) -> Self: ...

@final
class KmsDiscoveryKeyring(Keyring):
    """Decrypts under whichever KMS key a message names, within a filter. It cannot encrypt.

    :param account_ids: the accounts whose keys are accepted.
    """

    def __new__(
        cls,
        *,
        account_ids: Sequence[str],
        partition: str = "aws",
        client: Any = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        multi_region_aware: bool = False,
    ) -> Self: ...
    @classmethod
    def unfiltered(
        cls,
        *,
        client: Any = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        multi_region_aware: bool = False,
    ) -> KmsDiscoveryKeyring:
        """Accepts messages under anybody's key: whoever sent one may have chosen the key."""

@final
class MultiKeyring(Keyring):
    """Wraps a data key under several keyrings: any one of them opens the message.

    :param generator: makes the data key.
    :param children: wrap it too.
    """

    def __new__(
        cls, generator: Keyring | None = None, children: Sequence[Keyring] = ()
    ) -> Self: ...

@final
class LocalKeyring(Keyring):
    """Wraps data keys with a key in a file: no AWS account needed."""

    @staticmethod
    def open(
        path: str | PathLike[str],
        *,
        passphrase: Buffer | Callable[[], Buffer] | None = None,
        create: bool = False,
    ) -> LocalKeyring:
        """Opens a key file.

        :param passphrase: the file's passphrase, or a callable that gives it.
        :param create: makes the file when it is not there.
        :raises KeyringError: not there, not readable, open to other users, or another passphrase.
        """

    def rotate(self) -> str:
        """Adds a key and encrypts with it from now on. The older keys still decrypt."""

    @property
    def active_key_id(self) -> str:
        """The id of the key that encrypts."""

    @property
    def key_ids(self) -> list[str]:
        """The ids of all keys in the file."""

    @property
    def path(self) -> Path:
        """Where the file is."""

@final
class RequiredEncryptionContext:
    """A keyring whose messages need these keys in their encryption context.

    The pairs are bound to the message and do not stand in it: who reads it has to give them.
    Only for a client; it cannot be part of a :class:`MultiKeyring`.
    """

    def __new__(cls, keyring: Keyring, required_keys: Sequence[str]) -> Self: ...
    @property
    def keyring(self) -> Keyring:
        """The keyring."""

    @property
    def required_keys(self) -> tuple[str, ...]:
        """The keys."""

def inspect(message: Buffer) -> MessageInfo:
    """The header of a message, read without a key. Nothing of it is authenticated.

    :raises DecryptError: not a message, or cut off within its header.
    """

@final
class MessageInfo:
    """The header of a message. Anybody can write one: decide nothing by it."""

    @property
    def algorithm_suite(self) -> AlgorithmSuite:
        """The suite."""

    @property
    def encryption_context(self) -> dict[str, str]:
        """The pairs that stand in the header."""

    @property
    def encrypted_data_keys(self) -> list[EncryptedDataKey]:
        """The wrapped forms of the data key: one for each key that opens the message."""

    @property
    def message_id(self) -> bytes:
        """Random bytes that name the message: 16 or 32."""

    @property
    def version(self) -> int:
        """The version of the message format: 1 or 2."""

    @property
    def header_length(self) -> int:
        """Where the body begins, in bytes."""

    @property
    def frame_length(self) -> int | None:
        """Plaintext bytes in a frame. None for a body without frames."""

    @property
    def authenticated(self) -> Literal[False]:
        """Always False."""

@final
class EncryptedDataKey:
    """A data key, wrapped by one key."""

    @property
    def provider_id(self) -> str:
        """``aws-kms``, or a key namespace."""

    @property
    def provider_info(self) -> bytes:
        """A key ARN, or a key name and what else its keyring needs."""

    @property
    def ciphertext(self) -> bytes:
        """The wrapped data key."""

    @property
    def key_name(self) -> str:
        """Provider and key, readable."""

@disjoint_base
class InMemoryKms:
    def __new__(cls) -> Self: ...
    def add_key(self, region: str = "us-east-1", account_id: str = "111122223333") -> str:
        """Makes a symmetric key; gives its ARN."""

    def add_multi_region_key(
        self, region: str = "us-east-1", account_id: str = "111122223333"
    ) -> str:
        """Makes a multi-Region key; gives its ARN."""

    def replicate_key(self, key_arn: str, region: str) -> str:
        """The ARN of the replica in another Region."""

    def add_alias(self, alias: str, key_arn: str) -> None:
        """Makes an alias."""

    def disable(self, key_arn: str) -> None:
        """Disables a key."""

    def fail_next(self, code: str, message: str) -> None:
        """The next call fails with this code."""

    @property
    def calls(self) -> list[str]:
        """The operations called so far."""

    def carry(
        self,
        operation: str,
        key_id: str,
        encryption_context: Mapping[str, str] | None,
        number_of_bytes: int | None = None,
        blob: Buffer | None = None,
    ) -> tuple[str | None, bytes | None, bytes | None, str | None]:
        """For :class:`zt.crypto.testing.InMemoryKms`."""

@final
class Policy:
    """An IAM policy: parsed, or built from statements. It never changes.

    :raises PolicyError: the statements make no policy.
    """

    def __new__(cls, statements: Sequence[Statement]) -> Self: ...
    @staticmethod
    def parse(json: str | bytes | dict[str, Any]) -> Policy:
        """Reads a policy. Elements that the grammar does not have are refused.

        :raises PolicyError: with the place as JSON pointer, line and column, and what was expected.
        """

    def to_json(self, indent: int | None = None) -> str:
        """The policy as JSON, the elements in the order they were given in."""

    def to_dict(self) -> dict[str, Any]:
        """The policy as dicts and lists."""

    @property
    def id(self) -> str | None:
        """The ``Id`` element."""

    @property
    def version(self) -> str:
        """``2012-10-17``, or ``2008-10-17``, which is what a document that does not say has."""

    @property
    def statements(self) -> list[Statement]:
        """The statements."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Statement:
    """One statement of a policy. Every method gives a new one."""

    @staticmethod
    def allow(sid: str | None = None) -> Statement:
        """A statement that allows."""

    @staticmethod
    def deny(sid: str | None = None) -> Statement:
        """A statement that denies."""

    @property
    def sid(self) -> str | None:
        """The ``Sid`` element."""

    @property
    def effect(self) -> str:
        """``Allow`` or ``Deny``."""

    def actions(self, *actions: str) -> Statement:
        """``Action``: these actions, such as ``s3:Get*``."""

    def not_actions(self, *actions: str) -> Statement:
        """``NotAction``: every action but these."""

    def resources(self, *resources: str) -> Statement:
        """``Resource``: these ARNs, or ``*``."""

    def any_resource(self) -> Statement:
        """``Resource: *``."""

    def not_resources(self, *resources: str) -> Statement:
        """``NotResource``: every resource but these."""

    def principal(self, *principals: _Principal) -> Statement:
        """``Principal``: ``"*"``, an ARN, an account id, or ``{"Service": "ec2.amazonaws.com"}``."""

    def not_principal(self, *principals: _Principal) -> Statement:
        """``NotPrincipal``: every principal but these."""

    def when(self, *conditions: Condition) -> Statement:
        """``Condition``: all of these hold."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Condition:
    """One comparison of a statement. Make it from a key: ``keys.aws.source_ip.is_in(...)``.

    The constructor is for operators and keys that this package does not know.
    """

    def __new__(cls, operator: str, key: str, values: object) -> Self: ...
    @property
    def operator(self) -> str:
        """The operator as the policy has it, such as ``BoolIfExists``."""

    @property
    def key(self) -> str:
        """The key, such as ``aws:SourceIp``."""

    @property
    def values(self) -> list[str]:
        """The values as text."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@disjoint_base
class Key:
    """A condition key and its type. Use the classes of :mod:`zt.policy.keys`."""

    def __new__(cls, name: str, kind: str, multivalued: bool = False) -> Self: ...
    @property
    def name(self) -> str:
        """The key's name."""

    def compare(
        self, method: str, values: object, *, if_exists: bool = False, set_operator: str = ""
    ) -> Condition:
        """The condition; ``set_operator`` is ``any``, ``all`` or empty."""

    def is_absent(self) -> Condition:
        """``Null: true``."""

    def is_present(self) -> Condition:
        """``Null: false``."""

@final
class Request:
    """Who asks to do what to which resource, and in which circumstances.

    :param principal: an ARN, an account id, ``"*"`` (anonymous), or a dict of one kind:
        ``Service``, ``Federated`` or ``CanonicalUser``.
    :param action: one action, such as ``s3:GetObject``.
    :param resource: an ARN, or ``*`` for actions that have no resource.
    :param resource_account: the account that owns the resource, where its ARN does not say.
    :param role_arn: the role of a session whose role has a path.
    :param context: condition keys: str, bool, number, datetime, bytes, a list of these, or
        ``UNKNOWN``. A key that is not there is known to be absent. The ``aws:Principal*`` and
        ``aws:Resource*`` keys that follow from the rest are added; given values win.
    """

    def __new__(
        cls,
        principal: _Principal,
        action: str,
        resource: str,
        *,
        resource_account: str | None = None,
        role_arn: str | None = None,
        context: dict[str, Any] | None = None,
    ) -> Self: ...
    @property
    def action(self) -> str:
        """The action."""

    @property
    def resource(self) -> str:
        """The resource."""

@final
class Unknown:
    """The type of ``UNKNOWN``."""

    def __new__(cls) -> Self: ...

@final
class Evaluator:
    """Policies, compiled once to decide many requests. Safe to share between threads.

    :param identity: policies of the principal, and of its groups.
    :param resource: the policy of the resource.
    :param scps: service control policies, level by level: root, each OU, account.
    :param rcps: resource control policies, level by level.
    :param boundaries: permissions boundaries.
    :param session: session policies.
    :param endpoint: the policy of the VPC endpoint.
    """

    def __new__(
        cls,
        *,
        identity: Iterable[PolicySource] | None = None,
        resource: PolicySource | None = None,
        scps: Iterable[Iterable[PolicySource]] | None = None,
        rcps: Iterable[Iterable[PolicySource]] | None = None,
        boundaries: Iterable[PolicySource] | None = None,
        session: Iterable[PolicySource] | None = None,
        endpoint: PolicySource | None = None,
    ) -> Self: ...
    def evaluate(self, request: Request) -> Decision:
        """Decides a request."""

    def evaluate_many(self, requests: Iterable[Request]) -> list[Decision]:
        """Decides each request, in order."""

@final
class Decision:
    """What was decided, and why. ``str()`` of it is the whole story."""

    @property
    def outcome(self) -> Literal["allowed", "explicit_deny", "implicit_deny", "unknown"]:
        """``unknown``: a context value that matters is not known."""

    @property
    def allowed(self) -> bool:
        """Whether the outcome is ``allowed``."""

    @property
    def reasons(self) -> list[Reason]:
        """Why, in sentences."""

    @property
    def unknown_keys(self) -> list[str]:
        """The keys that decide when the outcome is ``unknown``."""

    def __bool__(self) -> bool: ...

@final
class Reason:
    """One sentence of why, and the statement it is about."""

    @property
    def policy_type(self) -> str:
        """``identity``, ``resource``, ``scp`` and so on."""

    @property
    def policy(self) -> str | None:
        """Which policy of that type."""

    @property
    def statement(self) -> str | None:
        """The statement's Sid, or its place."""

    @property
    def effect(self) -> str | None:
        """``Allow`` or ``Deny``; None where no statement decided."""

    @property
    def text(self) -> str:
        """The sentence."""

def catalog_source() -> str:
    """Name, version and licence of the source."""

def catalog_services() -> list[str]:
    """The prefixes of all services."""

def catalog_service(prefix: str) -> tuple[str, str, bool] | None:
    """Prefix, name, whether resource control policies apply."""

def catalog_action(name: str) -> str | None:
    """The name of an action as AWS spells it."""

def catalog_action_facts(
    name: str,
) -> tuple[str, list[tuple[tuple[str, str, str, list[str]], bool, list[str]]], list[str]]:
    """Access level, resources, condition keys."""

def catalog_resource_types(prefix: str) -> list[tuple[str, str, str, list[str]]]:
    """The types of resources of a service."""

def catalog_resource_types_of(arn: str) -> list[tuple[str, str, str, list[str]]]:
    """The types of resources that an ARN can be of."""

def catalog_service_keys(prefix: str) -> list[str]:
    """The condition keys of a service."""

def catalog_condition_key(name: str) -> tuple[str, str, bool] | None:
    """Name, type, whether there are several values."""

def expand(pattern: str) -> list[str]:
    """The actions that fit a pattern."""

def shrink(actions: Sequence[str]) -> list[str]:
    """Few patterns instead of many actions."""

def did_you_mean(name: str) -> list[str]:
    """Actions or services with a name close to a misspelt one, the closest first, three at most."""

def did_you_mean_key(name: str) -> list[str]:
    """Condition keys with a name close to a misspelt one, the closest first, three at most."""

def algorithm_suites() -> list[tuple[str, int]]:
    """The name and the id of every algorithm suite."""

def commitment_policies() -> list[str]:
    """The name of every commitment policy."""

"""The extension module. Import its names from ``zt``, ``zt.crypto`` and ``zt.policy``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeAlias, final
from uuid import UUID

from typing_extensions import Buffer, Self, disjoint_base

from zt.crypto import AlgorithmSuite, CommitmentPolicy, RsaPadding
from zt.policy import (
    Context,
    Kind,
    NamedPolicy,
    Outcome,
    Policies,
    PolicySource,
    Principal,
    Severity,
    SizeLimit,
)

__all__ = [
    "AccessMatrix",
    "CacheStats",
    "Choice",
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
    "Equivalence",
    "Evaluator",
    "Finding",
    "Guardrail",
    "HierarchicalKeyring",
    "InMemoryKms",
    "JointDecision",
    "Key",
    "Keyring",
    "KeyringError",
    "KmsDiscoveryKeyring",
    "KmsError",
    "KmsKeyring",
    "LocalKeyring",
    "MessageInfo",
    "MultiKeyring",
    "Policy",
    "PolicyError",
    "RawAesKeyring",
    "RawEcdhKeyring",
    "RawRsaKeyring",
    "Reason",
    "Request",
    "RequiredEncryptionContext",
    "RestrictAccess",
    "Rule",
    "Statement",
    "StaticBranchKeys",
    "StreamResult",
    "Suggestion",
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
    "backends",
    "choices",
    "commitment_policies",
    "did_you_mean",
    "did_you_mean_key",
    "equivalent",
    "expand",
    "global_services",
    "inspect",
    "key_administration",
    "key_use",
    "kms_key_policy",
    "outliving_actions",
    "require_mfa",
    "restrict_access",
    "rules",
    "shrink",
    "temporary_access",
    "trust_oidc",
    "trust_principal",
    "trust_saml",
    "trust_service",
    "trust_service_without_source",
    "trust_third_party",
    "validate",
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
_Instant: TypeAlias = datetime | str
_Range: TypeAlias = str | IPv4Address | IPv4Network | IPv6Address | IPv6Network

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
        threads: int | None = None,
        backend: Literal["aws-lc-rs", "ring"] | None = None,
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
        """The data key, or None when no encrypted data key is this keyring's.

        It is copied. What a keyring of this package gives is a ``bytearray``, overwritten with zeros
        once your ``on_decrypt`` is done; a ``bytearray`` of your own is yours to wipe.
        """

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
    def data_key(self) -> bytearray | None:
        """A copy of the data key, or None when no keyring has made one yet.

        It is overwritten with zeros when ``on_encrypt`` is done.
        """

    @property
    def encrypted_data_keys(self) -> list[EncryptedDataKey]:
        """The wrapped forms of the data key so far."""

    def data_key_or_generate(self) -> bytearray:
        """A copy of the data key; made from the operating system's random bytes when there is none.

        It is overwritten with zeros when ``on_encrypt`` is done.
        """

    def set_data_key(self, data_key: Buffer) -> None:
        """For a keyring whose service makes the data key. It is copied: a ``bytearray`` is yours to wipe.

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

@disjoint_base
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

    def normalize(self) -> Policy:
        """The canonical form: it decides every request alike, and differs from another policy's only in meaning.

        Elements, statements, values and operators are sorted; nothing is given twice; one value has no brackets;
        numbers and booleans are quoted. ``Sid`` and ``Id`` stay.
        """

    def minimize(self) -> Policy:
        """A shorter policy that decides every request alike: what others cover is dropped, what differs in one list is merged."""

    def split(self, limit: SizeLimit) -> list[Policy]:
        """Policies that each fit the limit, and together decide as this one does. Try :meth:`minimize` first.

        :raises PolicyError: ``NOT_SPLITTABLE``: there can be only one of this kind; ``TOO_LARGE``: a statement
            with one action and one resource does not fit; ``UNKNOWN_NAME``: no such limit.
        """

    def size(self, limit: SizeLimit) -> int:
        """The size as it counts towards the limit, in characters or bytes.

        :raises PolicyError: ``UNKNOWN_NAME``: no such limit.
        """

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

    def to_dict(self) -> dict[str, Any]:
        """The statement as dicts and lists."""

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

    def principal(self, *principals: Principal) -> Statement:
        """``Principal``: ``"*"``, an ARN, an account id, or ``{"Service": "ec2.amazonaws.com"}``."""

    def not_principal(self, *principals: Principal) -> Statement:
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
    :param context: condition keys: str, bool, number, datetime, bytes, an address, a list of these, or
        ``UNKNOWN``. A key that is not there is known to be absent. These follow from the rest unless given:
        ``aws:PrincipalArn``, ``aws:PrincipalAccount``, ``aws:PrincipalType``, ``aws:PrincipalIsAWSService``,
        ``aws:PrincipalServiceName`` and ``aws:ResourceAccount``.
    """

    def __new__(
        cls,
        principal: Principal,
        action: str,
        resource: str,
        *,
        resource_account: str | None = None,
        role_arn: str | None = None,
        context: Context | None = None,
    ) -> Self: ...
    def for_each(self, resources: Iterable[str]) -> list[Request]:
        """The same request for each of several resources: what :meth:`Evaluator.evaluate_all` decides together."""

    def with_context(self, context: Context) -> Request:
        """The same request with more condition keys; later values replace earlier ones."""

    def without_derived_keys(self) -> Request:
        """The same request with the condition keys that were given and no others: for replaying recorded requests."""

    @property
    def principal(self) -> str | dict[str, str]:
        """Who makes the request: a str, or a dict of one kind."""

    @property
    def action(self) -> str:
        """The action."""

    @property
    def resource(self) -> str:
        """The resource."""

    @property
    def context(self) -> dict[str, str | list[str] | Unknown]:
        """Every condition key with its value as IAM compares it, given and derived."""

    def to_dict(self) -> dict[str, Any]:
        """The request as dicts and lists; a value that is not known is None."""

@final
class Unknown:
    """The type of ``UNKNOWN``."""

    def __new__(cls) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Evaluator:
    """Policies, compiled once to decide many requests. Safe to share between threads.

    Where several policies go, each may be a pair of a name and the policy: explanations use the name.

    :param identity: policies of the principal, and of its groups.
    :param resource: the policy of the resource.
    :param scps: service control policies, level by level: root, each OU, account.
    :param rcps: resource control policies, level by level.
    :param boundaries: permissions boundaries. Each must allow.
    :param session: session policies. One of them must allow.
    :param endpoint: the policy of the VPC endpoint.
    :raises PolicyError: ``INVALID_POLICY``, or ``TOO_MANY_STATEMENTS``: more than 1,000,000.
    """

    def __new__(
        cls,
        *,
        identity: Policies | None = None,
        resource: PolicySource | None = None,
        scps: Iterable[Iterable[NamedPolicy]] | None = None,
        rcps: Iterable[Iterable[NamedPolicy]] | None = None,
        boundaries: Policies | None = None,
        session: Policies | None = None,
        endpoint: PolicySource | None = None,
    ) -> Self: ...
    def evaluate(self, request: Request) -> Decision:
        """Decides a request."""

    def evaluate_many(self, requests: Iterable[Request]) -> list[Decision]:
        """Decides each request, in order, with the interpreter released. Reasons are worked out when they are asked for."""

    def evaluate_all(self, requests: Iterable[Request]) -> JointDecision:
        """Decides an operation on several resources, such as ``ec2:RunInstances``: all must be allowed.

        See :meth:`Request.for_each`.
        """

@final
class Decision:
    """What was decided, and why. ``str()`` of it is the whole story."""

    @property
    def outcome(self) -> Outcome:
        """``unknown``: a context value that matters is not known."""

    @property
    def allowed(self) -> bool:
        """Whether the outcome is ``allowed``."""

    @property
    def reasons(self) -> list[Reason]:
        """Why, in sentences."""

    @property
    def choices(self) -> list[Choice]:
        """Where AWS's documentation leaves open what AWS would do, and it mattered."""

    @property
    def unknown_keys(self) -> list[str]:
        """The keys that decide when the outcome is ``unknown``."""

    @property
    def request(self) -> Request:
        """The request that was decided."""

    def to_dict(self) -> dict[str, Any]:
        """``outcome``, ``allowed``, ``text``, ``reasons`` and ``unknown_keys``, as dicts and lists."""

    def __bool__(self) -> bool: ...

@final
class Reason:
    """One sentence of why, and the statement it is about."""

    @property
    def policy_type(
        self,
    ) -> Literal["identity", "resource", "scp", "rcp", "boundary", "session", "endpoint"]:
        """The type of the policy, or of the policies that are missing."""

    @property
    def policy(self) -> str | None:
        """The name that was given for the policy, or its ``Id``, or ``#1`` for the first of its type."""

    @property
    def statement(self) -> str | None:
        """The statement's Sid, or its place."""

    @property
    def effect(self) -> Literal["Allow", "Deny"] | None:
        """What the statement does; None where no statement decided."""

    @property
    def choices(self) -> list[Choice]:
        """The choices that took part: AWS's documentation leaves it open whether AWS would do the same."""

    @property
    def text(self) -> str:
        """The sentence."""

    def to_dict(self) -> dict[str, Any]:
        """The reason as a dict; choices by their id."""

@final
class JointDecision:
    """What was decided about an operation on several resources."""

    @property
    def outcome(self) -> Outcome:
        """``allowed`` when every resource is; otherwise what the resources that failed say."""

    @property
    def allowed(self) -> bool:
        """Whether every resource is allowed. Without any resource, nothing is."""

    @property
    def decisions(self) -> list[Decision]:
        """The decision about each resource, in the order of the requests."""

    @property
    def failed(self) -> list[Decision]:
        """The decisions that are not ``allowed``."""

    def to_dict(self) -> dict[str, Any]:
        """``outcome``, ``allowed``, ``text`` and ``decisions``, as dicts and lists."""

    def __bool__(self) -> bool: ...

@final
class AccessMatrix:
    """Principals x actions x resources, each decided. ``str()`` of it is a table.

    :param principals: for each its name in the table, who it is, and the policies that apply to it.
    :param resource_accounts: the accounts of resources whose ARN does not say.
    :param context: condition keys of every request.
    """

    def __new__(
        cls,
        principals: Iterable[tuple[str, Principal, Evaluator]],
        actions: Iterable[str],
        resources: Iterable[str],
        *,
        resource_accounts: Mapping[str, str] | None = None,
        context: Context | None = None,
    ) -> Self: ...
    @property
    def principals(self) -> list[str]:
        """The names of the principals."""

    @property
    def actions(self) -> list[str]:
        """The actions."""

    @property
    def resources(self) -> list[str]:
        """The resources."""

    def decision(self, principal: int, action: int, resource: int) -> Decision:
        """The decision for a principal, an action and a resource, each by its place from 0.

        :raises IndexError: there is none.
        """

    def entries(self) -> list[tuple[str, Decision]]:
        """Every decision with the name of its principal: by principal, then resource, then action."""

    def to_dict(self) -> dict[str, Any]:
        """``principals``, ``actions``, ``resources``, and ``entries`` with the outcome of each."""

    def to_markdown(self) -> str:
        """The table as Markdown: a row for each principal and resource, a column for each action."""

@final
class Choice:
    """A question that AWS's documentation leaves open, and the answer taken here."""

    @property
    def id(self) -> str:
        """The name: short, stable, for searching."""

    @property
    def question(self) -> str:
        """What is not documented."""

    @property
    def answer(self) -> str:
        """What is done."""

    @property
    def because(self) -> str:
        """Why that and nothing else."""

    def to_dict(self) -> dict[str, str]:
        """The choice as a dict."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

def choices() -> list[Choice]:
    """Every question that AWS's documentation leaves open, and what the evaluator does about it."""

def validate(
    policy: PolicySource,
    kind: Kind = "identity",
    *,
    now: _Instant | None = None,
    account_id: str | None = None,
    size_limit: SizeLimit | None = None,
) -> list[Finding]:
    """Checks a policy against every rule that its kind has. Findings come in the order of the document.

    :param kind: what the policy is attached to, which decides what its grammar allows.
    :param now: the time to compare dates with. Without it no date is in the past.
    :param account_id: the account that the policy is in: its own principals are not strangers.
    :param size_limit: the limit on the size, where it is not the usual one of the kind.
    :raises PolicyError: the JSON is no policy, or ``UNKNOWN_NAME``: no such kind or limit.
    """

def rules() -> list[Rule]:
    """Every rule of :func:`validate`, with why it is one and where that is written."""

@final
class Finding:
    """One thing that a rule found in a policy. ``str()`` of it is a line for people."""

    @property
    def code(self) -> str:
        """The rule's code, which does not change between versions: ``unknown-action``."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""

    @property
    def pointer(self) -> str:
        """Where: a JSON pointer (RFC 6901) into the policy."""

    @property
    def message(self) -> str:
        """What, in a sentence."""

    @property
    def suggestion(self) -> Suggestion | None:
        """An edit that mends it, where there is one that is surely meant."""

    @property
    def rule(self) -> Rule:
        """The rule, with why it is one."""

    def to_dict(self) -> dict[str, Any]:
        """``code``, ``severity``, ``pointer``, ``message`` and ``suggestion``, as dicts and lists."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Suggestion:
    """An edit at a place of a policy. ``str()`` of it is a phrase."""

    @property
    def pointer(self) -> str:
        """Where, as a JSON pointer."""

    @property
    def action(self) -> Literal["replace", "remove", "rename", "move_to", "insert", "append"]:
        """What to do there."""

    @property
    def name(self) -> str | None:
        """The name or operator that is put there, where one is."""

    @property
    def value(self) -> Any:
        """The value that is put there, where one is."""

    def apply(self, policy: PolicySource) -> Policy:
        """The policy with the edit made. Everything else keeps its order and form.

        :raises PolicyError: ``NO_SUCH_PLACE``, or ``INVALID_POLICY``: the edit is of another policy.
        """

    def to_dict(self) -> dict[str, Any]:
        """``pointer``, ``action``, ``name``, ``value`` and ``text``."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Rule:
    """A rule of :func:`validate`."""

    @property
    def code(self) -> str:
        """What findings are told apart by."""

    @property
    def severity(self) -> Severity:
        """How bad its findings are; in kinds of policies where AWS is less strict, one may be less so."""

    @property
    def title(self) -> str:
        """What it finds, as a phrase."""

    @property
    def why(self) -> str:
        """Why that is worth finding."""

    @property
    def source(self) -> str:
        """Where that is written, by name."""

    def to_dict(self) -> dict[str, str]:
        """The rule as a dict."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

def equivalent(a: PolicySource, b: PolicySource) -> Equivalence:
    """Whether two policies decide every request alike. The answer is never a guess."""

@final
class Equivalence:
    """What :func:`equivalent` found."""

    @property
    def equal(self) -> bool | None:
        """Whether the policies mean the same; None: neither was shown."""

    @property
    def witness(self) -> Request | None:
        """A request that they decide differently."""

    def __bool__(self) -> bool: ...

@disjoint_base
class Guardrail(Policy):
    """A ready policy, and what it does not cover."""

    @property
    def limits(self) -> list[str]:
        """What the policy does not cover, in sentences."""

def require_mfa(
    *,
    partition: str | None = None,
    password_change: bool | None = None,
    max_age: timedelta | int | None = None,
) -> Guardrail:
    """Denies everything without a second factor, except what a person needs to enrol their own.

    IAM User Guide, *Allows MFA-authenticated IAM users to manage their own MFA device*; tightened so that what
    is exempt from the second factor is exempt on the caller's own user only. For groups of IAM users.

    :param partition: the partition of the ARNs. Default: ``aws``.
    :param password_change: whether a person may change their own password before they have a second factor.
        Default: no, because whoever stole a password may too.
    :param max_age: how long a second factor counts, as timedelta or in seconds. Default: as long as the session.
    :raises PolicyError: a parameter cannot be one.
    """

def restrict_access(
    *,
    actions: Iterable[str] | None = None,
    resources: Iterable[str] | None = None,
    principals: Iterable[Principal] | None = None,
    source_ips: Iterable[_Range] | None = None,
    source_vpces: Iterable[str] | None = None,
    source_vpcs: Iterable[str] | None = None,
    via_aws_services: bool | None = None,
    principal_orgs: Iterable[str] | None = None,
    resource_orgs: Iterable[str] | None = None,
    regions: Iterable[str] | None = None,
    exempt_from_regions: Iterable[str] | None = None,
    not_before: _Instant | None = None,
    not_after: _Instant | None = None,
    require_tls: bool | None = None,
    require_mfa: bool | None = None,
) -> RestrictAccess:
    """Conditional access: what must be true of a request, as an Allow and as its Deny twin.

    :param actions: the actions. Default: all. An Allow needs them; a Deny of some leaves all others alone.
    :param resources: the resources. Default: all.
    :param principals: makes it the policy of a resource, for these. Default: none.
    :param source_ips: address ranges that requests may come from. Give IPv6 ranges as well where callers have IPv6.
    :param source_vpces: VPC endpoints (``vpce-...``) that requests may come through.
    :param source_vpcs: VPCs (``vpc-...``) that requests may come through.
    :param via_aws_services: whether services that call on the caller's behalf are exempt from the network conditions.
        Default: yes.
    :param principal_orgs: organisations (``o-...``) that callers must belong to.
    :param resource_orgs: organisations (``o-...``) that resources must belong to.
    :param regions: Regions whose endpoints may be called.
    :param exempt_from_regions: more actions that a Deny by Region exempts. Default: none.
    :param not_before: the first instant of access, with a time zone. Default: none.
    :param not_after: the instant at which access ends. Default: none.
    :param require_tls: whether requests must come over TLS. Default: no.
    :param require_mfa: whether callers must have proved a second factor. Default: no.
    """

@final
class RestrictAccess:
    """Conditional access: an Allow and its Deny twin."""

    def allow(self) -> Guardrail:
        """The policy that allows, when every condition holds: one statement for each way in.

        :raises PolicyError: there are no actions or no conditions, or a parameter cannot be one.
        """

    def deny(self) -> Guardrail:
        """The policy that denies, when any condition does not hold: one statement for each condition.

        :raises PolicyError: there are no conditions, or a parameter cannot be one.
        """

    @property
    def limits(self) -> list[str]:
        """What the policies do not cover, in sentences."""

def kms_key_policy(
    account_id: str,
    *,
    administrators: Iterable[str] | None = None,
    users: Iterable[str] | None = None,
    service_users: Iterable[str] | None = None,
    services: Iterable[str] | None = None,
    key_use: Literal["encryption", "signing", "authentication", "agreement"] | None = None,
    encryption_context: Mapping[str, str] | None = None,
    multi_region: bool | None = None,
    partition: str | None = None,
    require_mfa_to_destroy: bool | None = None,
    statements: Iterable[Statement] | None = None,
) -> Guardrail:
    """The policy of a KMS key that keeps administering and using apart, even for principals who may ``kms:*``.

    :param administrators: ARNs of users and roles that manage the key. At least one.
    :param users: ARNs of users and roles that encrypt and decrypt by calling KMS themselves. Of any account.
    :param service_users: ARNs of users and roles that use the key only through ``services``.
    :param services: such as ``s3.eu-central-1.amazonaws.com``.
    :param key_use: what using the key means. Default: ``encryption``.
    :param encryption_context: pairs that ``users`` must name when they encrypt and decrypt. Default: none.
    :param multi_region: whether administrators make replicas of the key in other Regions. Default: no.
    :param partition: the partition of the account. Default: ``aws``.
    :param require_mfa_to_destroy: whether deleting or disabling the key, and changing its policy, takes a second
        factor. Default: no.
    :param statements: statements of one's own. Nothing checks here what they undo.
    :raises PolicyError: a parameter cannot be one, or is missing.
    """

def temporary_access(
    permissions: PolicySource, not_after: _Instant, *, not_before: _Instant | None = None
) -> TemporaryAccess:
    """The permissions of a policy until an instant, and nothing from then on. Nothing has to run for that.

    :param not_after: the instant at which access ends, with a time zone.
    :param not_before: the first instant of access. Default: at once.
    :raises PolicyError: the end is not after the start; an Allow has ``NotAction``, or allows by a wildcard an
        action whose effects stay.
    """

@final
class TemporaryAccess(Guardrail):
    """Permissions that end."""

    def trust(
        self,
        principal_arn: str,
        *,
        require_mfa: bool = False,
        require_source_identity: bool = False,
        when: Iterable[Condition] | None = None,
    ) -> Guardrail:
        """The trust policy of a role for this access: this user or role may assume it until the same instant."""

def trust_service(
    name: str,
    source_account: str,
    *,
    source_arn: str | None = None,
    require_mfa: bool = False,
    require_source_identity: bool = False,
    not_before: _Instant | None = None,
    not_after: _Instant | None = None,
    when: Iterable[Condition] | None = None,
) -> Guardrail:
    """An AWS service, acting for a resource in this account: nobody else can make it assume the role for them.

    :param name: such as ``lambda.amazonaws.com``.
    :param source_account: the account of the resource.
    :param source_arn: the resource that a service acts for, exactly or as a pattern.
    :param require_mfa: only callers who proved a second factor, which sessions of roles cannot.
    :param require_source_identity: callers must say who they are (``sts:SourceIdentity``).
    :param not_before: the first instant at which the role can be assumed. Default: at once.
    :param not_after: the instant from which it cannot be assumed any more. Default: never.
    :param when: more conditions.
    :raises PolicyError: a parameter cannot be one.
    """

def trust_service_without_source(
    name: str,
    *,
    source_arn: str | None = None,
    require_mfa: bool = False,
    require_source_identity: bool = False,
    not_before: _Instant | None = None,
    not_after: _Instant | None = None,
    when: Iterable[Condition] | None = None,
) -> Guardrail:
    """An AWS service that sends no source, such as ``ec2.amazonaws.com``. For others use ``service``.

    :param name: such as ``ec2.amazonaws.com``.
    :param source_arn: the resource that a service acts for, exactly or as a pattern.
    :param require_mfa: only callers who proved a second factor, which sessions of roles cannot.
    :param require_source_identity: callers must say who they are (``sts:SourceIdentity``).
    :param not_before: the first instant at which the role can be assumed. Default: at once.
    :param not_after: the instant from which it cannot be assumed any more. Default: never.
    :param when: more conditions.
    :raises PolicyError: a parameter cannot be one.
    """

def trust_principal(
    arn: str,
    *,
    source_arn: str | None = None,
    require_mfa: bool = False,
    require_source_identity: bool = False,
    not_before: _Instant | None = None,
    not_after: _Instant | None = None,
    when: Iterable[Condition] | None = None,
) -> Guardrail:
    """One user or role, of any account that you run.

    :param arn: its ARN.
    :param source_arn: the resource that a service acts for, exactly or as a pattern.
    :param require_mfa: only callers who proved a second factor, which sessions of roles cannot.
    :param require_source_identity: callers must say who they are (``sts:SourceIdentity``).
    :param not_before: the first instant at which the role can be assumed. Default: at once.
    :param not_after: the instant from which it cannot be assumed any more. Default: never.
    :param when: more conditions.
    :raises PolicyError: a parameter cannot be one.
    """

def trust_third_party(
    account: str,
    external_id: str,
    *,
    source_arn: str | None = None,
    require_mfa: bool = False,
    require_source_identity: bool = False,
    not_before: _Instant | None = None,
    not_after: _Instant | None = None,
    when: Iterable[Condition] | None = None,
) -> Guardrail:
    """The account of somebody else, who works for several customers.

    :param account: their account id.
    :param external_id: the one they use for you alone.
    :param source_arn: the resource that a service acts for, exactly or as a pattern.
    :param require_mfa: only callers who proved a second factor, which sessions of roles cannot.
    :param require_source_identity: callers must say who they are (``sts:SourceIdentity``).
    :param not_before: the first instant at which the role can be assumed. Default: at once.
    :param not_after: the instant from which it cannot be assumed any more. Default: never.
    :param when: more conditions.
    :raises PolicyError: a parameter cannot be one.
    """

def trust_oidc(
    provider_arn: str,
    audience: str,
    subjects: Iterable[str],
    *,
    source_arn: str | None = None,
    require_mfa: bool = False,
    require_source_identity: bool = False,
    not_before: _Instant | None = None,
    not_after: _Instant | None = None,
    when: Iterable[Condition] | None = None,
) -> Guardrail:
    """An OpenID Connect provider: tokens for this audience, of these subjects.

    :param provider_arn: the ARN of the provider in IAM.
    :param audience: the ``aud`` claim.
    :param subjects: ``sub`` claims; patterns such as ``repo:owner/name:ref:refs/heads/*``, but not for every tenant.
    :param source_arn: the resource that a service acts for, exactly or as a pattern.
    :param require_mfa: only callers who proved a second factor, which sessions of roles cannot.
    :param require_source_identity: callers must say who they are (``sts:SourceIdentity``).
    :param not_before: the first instant at which the role can be assumed. Default: at once.
    :param not_after: the instant from which it cannot be assumed any more. Default: never.
    :param when: more conditions.
    :raises PolicyError: a parameter cannot be one.
    """

def trust_saml(
    provider_arn: str,
    *,
    source_arn: str | None = None,
    require_mfa: bool = False,
    require_source_identity: bool = False,
    not_before: _Instant | None = None,
    not_after: _Instant | None = None,
    when: Iterable[Condition] | None = None,
) -> Guardrail:
    """A SAML provider, for signing in to AWS.

    :param provider_arn: the ARN of the provider in IAM.
    :param source_arn: the resource that a service acts for, exactly or as a pattern.
    :param require_mfa: only callers who proved a second factor, which sessions of roles cannot.
    :param require_source_identity: callers must say who they are (``sts:SourceIdentity``).
    :param not_before: the first instant at which the role can be assumed. Default: at once.
    :param not_after: the instant from which it cannot be assumed any more. Default: never.
    :param when: more conditions.
    :raises PolicyError: a parameter cannot be one.
    """

def key_administration() -> list[str]:
    """See :data:`zt.policy.guardrails.KEY_ADMINISTRATION`."""

def key_use() -> list[str]:
    """See :data:`zt.policy.guardrails.KEY_USE`."""

def global_services() -> list[str]:
    """See :data:`zt.policy.guardrails.GLOBAL_SERVICES`."""

def outliving_actions() -> list[str]:
    """See :data:`zt.policy.guardrails.OUTLIVING_ACTIONS`."""

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

def backends() -> list[str]:
    """The names of the backends, for tests."""

def commitment_policies() -> list[str]:
    """The name of every commitment policy."""

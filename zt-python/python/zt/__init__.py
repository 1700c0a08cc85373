"""Zero trust on AWS as a library.

* :mod:`zt.crypto`: envelope encryption in the AWS Encryption SDK's message format.
* :mod:`zt.policy`: IAM policies, typed to write, exact to read, decided offline.
* :mod:`zt.actions`: every action as a constant; :mod:`zt.catalog`: what AWS defines.

The distribution is called ``zt-python``.
"""

from zt import actions, catalog, crypto, policy
from zt._zt import (
    DecryptError,
    EncryptError,
    KeyringError,
    KmsError,
    PolicyError,
    ZtError,
    __version__,
)

__all__ = [
    "DecryptError",
    "EncryptError",
    "KeyringError",
    "KmsError",
    "PolicyError",
    "ZtError",
    "__version__",
    "actions",
    "catalog",
    "crypto",
    "policy",
]

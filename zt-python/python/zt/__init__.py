"""Zero trust on AWS as a library.

* :mod:`zt.crypto`: envelope encryption in the AWS Encryption SDK's message format.
* :mod:`zt.policy`: IAM policies, typed to write, exact to read, decided offline.
* :mod:`zt.plan`: calls of AWS APIs as data; :mod:`zt.aws`: runs them with boto3.
* :mod:`zt.access`: access that ends by itself.
* :mod:`zt.actions`: every action as a constant; :mod:`zt.catalog`: what AWS defines.

The distribution is called ``zt-python``.
"""

from zt import access, actions, aws, catalog, crypto, plan, policy
from zt._zt import (
    DecryptError,
    EncryptError,
    KeyringError,
    KmsError,
    PlanError,
    PolicyError,
    RunError,
    ZtError,
    __version__,
)

__all__ = [
    "DecryptError",
    "EncryptError",
    "KeyringError",
    "KmsError",
    "PlanError",
    "PolicyError",
    "RunError",
    "ZtError",
    "__version__",
    "access",
    "actions",
    "aws",
    "catalog",
    "crypto",
    "plan",
    "policy",
]

//! Customer managed keys of AWS KMS: of a kind that fits their use, under a policy that is proven before it is returned.
//!
//! ```
//! use zt_core::keys::CustomerManagedKey;
//!
//! let key = CustomerManagedKey::builder("orders", "111122223333", "eu-central-1")
//!     .administrators(["arn:aws:iam::111122223333:role/KeyAdmin"])
//!     .users(["arn:aws:iam::111122223333:role/Orders"])
//!     .service_users(["arn:aws:iam::111122223333:role/Backup"], ["s3", "rds"])
//!     .encryption_context("tenant", "a")
//!     .alias("alias/orders")
//!     .build()?;
//! assert_eq!(key.create_input()["KeySpec"], "SYMMETRIC_DEFAULT");
//! assert_eq!(
//!     key.proof().statements()[0],
//!     "`arn:aws:iam::111122223333:role/KeyAdmin` administers the key, and cannot use it or let others by a grant."
//! );
//! # Ok::<(), zt_core::keys::KeyError>(())
//! ```
//!
//! # What is proven
//!
//! Each of these is decided by [`evaluate`](mod@crate::evaluate), for principals whose own policies allow `kms:*` on `*`. What is
//! refused is refused whatever values the condition keys have that the policy looks at.
//!
//! - administrators manage the key, and neither use it nor make grants;
//! - users use it, in their encryption context where one is asked for, and neither manage it nor make grants;
//! - users through services use it through those services, and make grants for services only;
//! - nobody else does anything, of the account or of another;
//! - the root user of the account can change the policy: the owner is not locked out.
//!
//! A [statement](CustomerManagedKeyBuilder::statement) of one's own that breaks this is refused, with who may do what by which
//! statement: the usual one that allows the account `kms:*` does.
//!
//! # What is not
//!
//! An administrator may change the policy, and with it who may use the key; [`limits`](CustomerManagedKey::limits) says so. Grants that
//! exist already, and the policies of an organisation, are not looked at.

mod key;
mod proof;
mod spec;

pub use self::key::{CustomerManagedKey, CustomerManagedKeyBuilder, KeyDeletion};
pub use self::proof::Proof;
pub use self::spec::{AgreementSpec, EncryptionSpec, KeyType, MacSpec, SigningSpec};

use crate::evaluate::EvaluateError;
use crate::guardrails::GuardrailError;

/// Why a key was refused.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// A setting that cannot be one.
    #[error("{parameter}: expected {expected}, found `{found}`")]
    Invalid {
        /// Which setting, in words.
        parameter: &'static str,
        /// What was expected.
        expected: String,
        /// What was given.
        found: String,
    },
    /// A role, account or service that cannot be one.
    #[error(transparent)]
    Guardrail(#[from] GuardrailError),
    /// The policy is too large to decide.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    /// Somebody may do more or less than the roles say.
    #[error("key policy: `{principal}` {} `{action}`: {decision}", if *should { "should be allowed" } else { "must not be allowed" })]
    NotProven {
        /// The ARN of who.
        principal: String,
        /// What they may or may not do.
        action: String,
        /// Whether they should be allowed to.
        should: bool,
        /// How the evaluator decided, and why.
        decision: String,
    },
}

impl KeyError {
    fn invalid(parameter: &'static str, expected: impl Into<String>, found: impl ToString) -> Self {
        Self::Invalid { parameter, expected: expected.into(), found: found.to_string() }
    }

    fn not_proven(principal: &str, action: &str, should: bool, decision: String) -> Self {
        Self::NotProven {
            principal: principal.to_owned(),
            action: action.to_owned(),
            should,
            decision,
        }
    }
}

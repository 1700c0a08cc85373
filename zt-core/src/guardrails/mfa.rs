//! Nothing without a second factor, except enrolling one's own.

use super::values::{self, GuardrailError};
use crate::action;
use crate::policy::keys::aws;
use crate::policy::{Policy, Statement, Variable};

/// A policy that denies everything without a second factor, except what a person needs to enrol their own.
///
/// IAM User Guide, *Allows MFA-authenticated IAM users to manage their own MFA device*; tightened so that what is exempt from the
/// second factor is exempt on the caller's own user only.
///
/// ```
/// use zt_core::guardrails::require_mfa;
///
/// let policy = require_mfa().build()?;
/// assert!(policy.to_json().contains("user/${aws:username}"));
/// # Ok::<(), zt_core::guardrails::GuardrailError>(())
/// ```
#[must_use]
pub fn require_mfa() -> RequireMfa {
    RequireMfa { partition: "aws".to_owned(), password: false, max_age: None }
}

/// Parameters of [`require_mfa`].
#[derive(Clone, Debug)]
pub struct RequireMfa {
    partition: String,
    password: bool,
    max_age: Option<u32>,
}

impl RequireMfa {
    /// The partition of the ARNs. Default: `aws`.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.partition = partition.into();
        self
    }

    /// Whether a person may change their own password before they have a second factor, which they must when an
    /// administrator gave them one that is good for one sign-in. Default: no, because whoever stole a password may too.
    #[must_use]
    pub fn password_change(mut self, allowed: bool) -> Self {
        self.password = allowed;
        self
    }

    /// How many seconds a second factor counts. Default: as long as the session lives (up to 36 hours for users).
    ///
    /// Calls that AWS services make on the person's behalf (`aws:ViaAWSService`) are exempt from the age, not from the factor.
    #[must_use]
    pub fn max_age(mut self, seconds: u32) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// The policy, for groups of people who sign in as IAM users.
    ///
    /// # Errors
    ///
    /// When the partition cannot be one.
    pub fn build(&self) -> Result<Policy, GuardrailError> {
        values::partition(&self.partition)?;
        let mut policy = Policy::builder()
            .statement(
                Statement::allow("AllowListDevices")
                    .actions([action!("iam:ListVirtualMFADevices")])
                    .any_resource(),
            )
            .statement(
                Statement::allow("AllowCreateDevice")
                    .actions([action!("iam:CreateVirtualMFADevice")])
                    .resources([self.devices()]),
            )
            .statement(
                Statement::allow("AllowEnrolOwnDevice")
                    .actions(OWN_USER)
                    .resources(self.own_user()),
            )
            .statement(
                Statement::allow("AllowRemoveOwnDeviceWithMfa")
                    .actions([action!("iam:DeactivateMFADevice")])
                    .resources(self.own_user())
                    .when(aws::multi_factor_auth_present().is(true)),
            )
            .statement(
                Statement::allow("AllowDeleteDeviceWithMfa")
                    .actions([action!("iam:DeleteVirtualMFADevice")])
                    .resources([self.devices()])
                    .when(aws::multi_factor_auth_present().is(true)),
            );
        if self.password {
            policy = policy
                .statement(
                    Statement::allow("AllowReadPasswordRules")
                        .actions([action!("iam:GetAccountPasswordPolicy")])
                        .any_resource(),
                )
                .statement(
                    Statement::allow("AllowChangeOwnPassword")
                        .actions([action!("iam:ChangePassword")])
                        .resources(self.own_user()),
                );
        }
        policy = policy
            .statement(
                Statement::deny("DenyAllExceptEnrolmentWithoutMfa")
                    .not_actions(self.exempt())
                    .any_resource()
                    .when(aws::multi_factor_auth_present().if_exists().is(false)),
            )
            .statement(
                // Another policy may allow these on every user; a stolen password must not enrol a device for somebody else.
                Statement::deny("DenyEnrolmentForOthersWithoutMfa")
                    .actions(self.on_own_user())
                    .not_resources(self.own_user())
                    .when(aws::multi_factor_auth_present().if_exists().is(false)),
            );
        if let Some(seconds) = self.max_age {
            policy = policy.statement(
                Statement::deny("DenyOldMfa")
                    .not_actions(self.exempt())
                    .any_resource()
                    .when(aws::multi_factor_auth_age().if_exists().greater_than(seconds))
                    .when(aws::multi_factor_auth_present().is(true))
                    .when(aws::via_aws_service().if_exists().is(false)),
            );
        }
        Ok(policy.build()?)
    }

    /// What the policy does not cover.
    #[must_use]
    pub fn limits(&self) -> Vec<&'static str> {
        values::sentences([
            (
                true,
                "Whoever holds a person's long-term access key, or a password without a device yet, can enrol a device of their own: give people no long-term access keys, and watch iam:EnableMFADevice.",
            ),
            (
                true,
                "It is for IAM users. Sessions of roles and of IAM Identity Center have no MFA context, so attached to those it denies everything; it must not become a service control policy.",
            ),
            (
                true,
                "It denies access keys of programs as well, because their requests have no MFA context: attach it to groups of people only.",
            ),
            (
                true,
                "It does not ask for a device that resists phishing, such as a passkey: any registered device counts.",
            ),
            (
                true,
                "Resource policies that allow from other accounts, or without a principal, are not affected.",
            ),
            (
                self.password,
                "A stolen password can be changed without a second factor, which locks its owner out.",
            ),
            (self.max_age.is_none(), "A second factor counts for as long as the session lives."),
        ])
    }

    fn exempt(&self) -> Vec<crate::policy::Action> {
        let mut exempt = vec![
            action!("iam:CreateVirtualMFADevice"),
            action!("iam:ListVirtualMFADevices"),
            action!("sts:GetSessionToken"),
        ];
        exempt.extend(OWN_USER);
        if self.password {
            exempt.push(action!("iam:ChangePassword"));
            exempt.push(action!("iam:GetAccountPasswordPolicy"));
        }
        exempt
    }

    fn on_own_user(&self) -> Vec<crate::policy::Action> {
        let mut actions = OWN_USER.to_vec();
        if self.password {
            actions.push(action!("iam:ChangePassword"));
        }
        actions
    }

    /// The caller's own user, with a path or without. Names are unique in an account whatever their path.
    fn own_user(&self) -> [String; 2] {
        let name = Variable::new("aws:username");
        ["user/", "user/*/"].map(|path| format!("arn:{}:iam::*:{path}{name}", self.partition))
    }

    fn devices(&self) -> String {
        format!("arn:{}:iam::*:mfa/*", self.partition)
    }
}

/// What enrolling takes, on the caller's own user.
const OWN_USER: [crate::policy::Action; 5] = [
    action!("iam:EnableMFADevice"),
    action!("iam:GetMFADevice"),
    action!("iam:GetUser"),
    action!("iam:ListMFADevices"),
    action!("iam:ResyncMFADevice"),
];

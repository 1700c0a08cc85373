//! What a principal is: user, session, root, service, and what follows from it.

use super::context::Derived;
use super::request::ContextValue;
use super::template::Arn;
use crate::policy::Principal;

/// The maker of a request.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) kind: CallerKind,
    pub(super) account: Option<String>,
    /// The principal's own ARN or name.
    pub(super) name: String,
    /// The role of a session, or a role itself.
    pub(super) role: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CallerKind {
    Root,
    User,
    /// A session of a role, or the role itself, which stands for any of its sessions.
    Role {
        service_linked: bool,
    },
    FederatedUser,
    /// An AWS principal whose form is not known: a unique id, say.
    Other,
    Service,
    Federated,
    CanonicalUser,
    Anonymous,
}

impl Caller {
    pub(super) fn new(principal: &Principal, role_arn: Option<&str>) -> Self {
        let (kind, text) = match principal {
            Principal::Aws(text) if text == "*" => (CallerKind::Anonymous, text.as_str()),
            Principal::Aws(text) => return Self::aws(text, role_arn),
            Principal::Anyone => (CallerKind::Anonymous, "*"),
            Principal::Service(text) => (CallerKind::Service, text.as_str()),
            Principal::Federated(text) => (CallerKind::Federated, text.as_str()),
            Principal::CanonicalUser(text) => (CallerKind::CanonicalUser, text.as_str()),
        };
        Self { kind, account: None, name: text.to_owned(), role: None }
    }

    fn aws(text: &str, role_arn: Option<&str>) -> Self {
        if is_account(text) {
            return Self {
                kind: CallerKind::Root,
                account: Some(text.to_owned()),
                name: format!("arn:aws:iam::{text}:root"),
                role: None,
            };
        }
        let Some(arn) = Arn::new(text) else {
            return Self {
                kind: CallerKind::Other,
                account: None,
                name: text.to_owned(),
                role: None,
            };
        };
        let account = Some(arn.account()).filter(|account| !account.is_empty());
        let mut parts = arn.resource().splitn(2, '/');
        let (first, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let mut role = None;
        let kind = match (arn.service(), first) {
            ("iam", "root") => CallerKind::Root,
            ("iam", "user") => CallerKind::User,
            ("iam", "role") => {
                role = Some(text.to_owned());
                CallerKind::Role { service_linked: is_service_linked(rest) }
            }
            ("sts", "assumed-role") => {
                let name = rest.split('/').next().unwrap_or_default();
                let own = || format!("arn:{}:iam::{}:role/{name}", arn.partition(), arn.account());
                let of_session = role_arn.map_or_else(own, str::to_owned);
                let path = Arn::new(&of_session)
                    .map_or("", |arn| arn.resource().trim_start_matches("role/"));
                let service_linked =
                    is_service_linked(path) || name.starts_with("AWSServiceRoleFor");
                role = Some(of_session);
                CallerKind::Role { service_linked }
            }
            ("sts", "federated-user") => CallerKind::FederatedUser,
            _ => CallerKind::Other,
        };
        Self { kind, account: account.map(str::to_owned), name: text.to_owned(), role }
    }

    /// Whether this is a principal of an account, with policies of its own.
    pub(super) fn has_identity(&self) -> bool {
        matches!(
            self.kind,
            CallerKind::Root
                | CallerKind::User
                | CallerKind::Role { .. }
                | CallerKind::FederatedUser
                | CallerKind::Other
        )
    }

    /// Whether this is a session of a role that a service made for itself: organisations do not restrict it.
    pub(super) fn is_service_linked(&self) -> bool {
        matches!(self.kind, CallerKind::Role { service_linked: true })
    }

    /// The condition keys that follow.
    pub(super) fn keys(&self) -> impl Iterator<Item = (Derived, ContextValue)> {
        let arn = self.role.as_ref().unwrap_or(&self.name).as_str();
        let (arn, kind, is_service) = match self.kind {
            CallerKind::Root => (Some(arn), Some("Account"), Some("false")),
            CallerKind::User => (Some(arn), Some("User"), Some("false")),
            CallerKind::Role { .. } => (Some(arn), Some("AssumedRole"), Some("false")),
            CallerKind::FederatedUser => (Some(arn), Some("FederatedUser"), Some("false")),
            CallerKind::Anonymous => (None, Some("Anonymous"), None),
            CallerKind::Service => (None, None, Some("true")),
            CallerKind::Other | CallerKind::Federated | CallerKind::CanonicalUser => {
                (None, None, None)
            }
        };
        let service = (self.kind == CallerKind::Service).then_some(self.name.as_str());
        [
            (("aws:PrincipalAccount", "aws:principalaccount"), self.account.as_deref()),
            (("aws:PrincipalArn", "aws:principalarn"), arn),
            (("aws:PrincipalIsAWSService", "aws:principalisawsservice"), is_service),
            (("aws:PrincipalServiceName", "aws:principalservicename"), service),
            (("aws:PrincipalType", "aws:principaltype"), kind),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?.into())))
    }
}

/// Twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The path that AWS reserves for roles of its services (IAM User Guide, *Service-linked roles*).
fn is_service_linked(path: &str) -> bool {
    path.starts_with("aws-service-role/")
}
